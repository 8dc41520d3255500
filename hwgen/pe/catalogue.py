"""The PEs that an array can have, by kind."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from hwgen.pe.parallel import ParallelPE
from hwgen.pe.serial import ActivationSerialPE, BothSerialPE

PES = (ParallelPE, ActivationSerialPE, BothSerialPE)


def _parallel_unless_told(value: Any) -> Any:
    return {"kind": "parallel", **value} if isinstance(value, dict) else value


PE = Annotated[ParallelPE | ActivationSerialPE | BothSerialPE, Field(discriminator="kind"),
               BeforeValidator(_parallel_unless_told)]
"""Any PE; one without a ``kind`` is parallel."""
