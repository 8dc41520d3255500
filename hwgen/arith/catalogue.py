"""Every multiplier family: one line each; contract tests and ``hwgen list`` read this."""

from typing import Annotated, get_args

from pydantic import Field

from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.arith.netlist import NetlistMultiplier
from hwgen.arith.table import TableMultiplier

Multiplier = Annotated[
    ExactMultiplier
    | TableMultiplier
    | NetlistMultiplier,
    Field(discriminator="kind"),
]
"""The families as a pydantic type, told apart by ``kind``."""

MULTIPLIERS: tuple[type[MultiplierFamily], ...] = get_args(get_args(Multiplier)[0])
