"""Every multiplier family: one line each; contract tests and ``hwgen list`` read this."""

from typing import Annotated, get_args

from pydantic import Field

from hwgen.arith.drum import DrumMultiplier
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.mitchell import MitchellMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.arith.roba import RobaMultiplier
from hwgen.arith.static_segment import StaticSegmentMultiplier

Multiplier = Annotated[
    ExactMultiplier
    | DrumMultiplier
    | StaticSegmentMultiplier
    | MitchellMultiplier
    | RobaMultiplier,
    Field(discriminator="kind"),
]
"""The families as a pydantic type, told apart by ``kind``."""

MULTIPLIERS: tuple[type[MultiplierFamily], ...] = get_args(get_args(Multiplier)[0])
