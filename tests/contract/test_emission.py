"""What every multiplier family keeps in Verilog: plain names, and nothing for a linter to say."""

from pathlib import Path

import pytest

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.arith.multiplier import MultiplierFamily, Operands
from hwgen.array.mesh import ArraySpec
from hwgen.flow import verilator
from hwgen.flow.design import generate
from tests.contract.test_multipliers import operands

FORMATS = [operands("s8", "u6"), operands("u5", "u8"), operands("s4", "s7")]


@pytest.mark.parametrize("formats", FORMATS, ids=str)
@pytest.mark.parametrize("family", MULTIPLIERS, ids=lambda family: family.__name__)
def test_verilog_is_clean(family: type[MultiplierFamily], formats: Operands,
                          tmp_path: Path) -> None:
    specs = list(family.examples(formats))
    assert specs
    for index, spec in enumerate(specs):
        array = ArraySpec.parse({
            "name": f"dut{index}", "rows": 1, "columns": 1,
            "pe": {"multiplier": spec.model_dump(mode="json"),
                   "a": formats.a.model_dump(), "b": formats.b.model_dump()},
        })
        design = generate(array, tmp_path)
        assert "\\" not in design.verilog.read_text()
        assert verilator.lint([design.verilog], design.top) == ""
