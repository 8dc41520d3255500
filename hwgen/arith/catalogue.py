"""Every multiplier family: one line each; contract tests and ``hwgen list`` read this."""

from typing import Annotated, get_args

from pydantic import Field

from hwgen.arith.booth_truncated import BoothTruncatedMultiplier
from hwgen.arith.drum import DrumMultiplier
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.lower_or import LowerOrMultiplier
from hwgen.arith.masked import BrokenArrayMultiplier, MaskedMultiplier, TruncatedMultiplier
from hwgen.arith.mitchell import MitchellMultiplier
from hwgen.arith.multiplier import MultiplierFamily
from hwgen.arith.netlist import NetlistMultiplier
from hwgen.arith.perforated import PerforatedMultiplier
from hwgen.arith.recursive import RecursiveMultiplier
from hwgen.arith.roba import RobaMultiplier
from hwgen.arith.static_segment import StaticSegmentMultiplier
from hwgen.arith.table import TableMultiplier

Multiplier = Annotated[
    ExactMultiplier
    | MaskedMultiplier
    | TruncatedMultiplier
    | BrokenArrayMultiplier
    | PerforatedMultiplier
    | RecursiveMultiplier
    | LowerOrMultiplier
    | BoothTruncatedMultiplier
    | DrumMultiplier
    | StaticSegmentMultiplier
    | MitchellMultiplier
    | RobaMultiplier
    | TableMultiplier
    | NetlistMultiplier,
    Field(discriminator="kind"),
]
"""The families as a pydantic type, told apart by ``kind``."""

MULTIPLIERS: tuple[type[MultiplierFamily], ...] = get_args(get_args(Multiplier)[0])
