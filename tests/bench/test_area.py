"""The composed area against flat synthesis of the same Verilog, at 8 x 8 on every target."""

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.flow.area import TARGETS, size
from hwgen.flow.design import verilog_text
from hwgen.flow.yosys import Job, synthesise_many

pytestmark = pytest.mark.bench


def test_composed_area_is_that_of_flat_synthesis(figure):
    """Both mapped by the recipe that is best for the cell; within 2 % in LUTs (or gates)."""
    array = ArraySpec(name="bench8")
    composed = [sized.array for sized in size(array)]
    text = verilog_text(array)
    flat = synthesise_many([Job(text, array.name, *target, recipes=(area.recipe,))
                            for target, area in zip(TARGETS, composed, strict=True)])
    for kind, count in (("LUTs (gates)", lambda area: area.size), ("FFs", lambda area: area.ffs)):
        ratios = [f"{area.family}{' + DSP' if area.dsp else ''} {count(area) / count(whole):.3f}"
                  for area, whole in zip(composed, flat, strict=True)]
        figure(f"composed over flat, output-stationary 8x8, {kind}", ", ".join(ratios),
               "target 0.98 to 1.02")
    for area, whole in zip(composed, flat, strict=True):
        assert abs(area.size / whole.size - 1) <= 0.02
        assert abs(area.ffs / whole.ffs - 1) <= 0.02
