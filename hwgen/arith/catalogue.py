"""Every multiplier family: one line each; contract tests and ``hwgen list`` read this."""

from typing import Annotated

from pydantic import Field

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily

MULTIPLIERS: tuple[type[MultiplierFamily], ...] = (ExactMultiplier,)

Multiplier = Annotated[ExactMultiplier, Field()]
"""The families as a pydantic type, told apart by ``kind``."""
