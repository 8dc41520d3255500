"""How many bits of each operand a bit-serial PE takes in a step: all, as told, as needed."""

from typing import Annotated, Literal

from pydantic import Field

from hwgen.arith.group_precision import Form
from hwgen.spec import Int, Spec


class FixedPrecision(Spec):
    """Every step takes all bits of the operands (Stripes, Loom at their widest)."""

    kind: Literal["fixed"] = "fixed"


class RunTimePrecision(Spec):
    """The bits to take come with the operands, in fields of stream ``a``.

    Codes count modulo ``2**precision``: of each its low bits are taken, in the operand's sign.  A
    precision of 0, or above the operand's width, raises the port ``error``.
    """

    kind: Literal["run-time"] = "run-time"


class DynamicPrecision(Spec):
    """The array takes no more bits than the codes of a step use (Delmas et al., DPRed).

    Parameters
    ----------
    form : how the bits in use are counted, as by
        :class:`~hwgen.arith.group_precision.GroupPrecision`.
    run_ahead : beats of ``a`` by which a row of a weight-stationary array may be ahead of the next,
        0 to 8: each row takes as long as its own codes ask, and registers hold what the rows below
        have not come to.  With 0 all rows take as long as the widest.
    """

    kind: Literal["dynamic"] = "dynamic"
    form: Form = "twos-complement"
    run_ahead: Int = Field(0, ge=0, le=8)


Precision = Annotated[FixedPrecision | RunTimePrecision | DynamicPrecision,
                      Field(discriminator="kind")]
"""Where the number of bits comes from."""
