"""The composed area against flat synthesis of the same Verilog, at 8 x 8 on every target."""

import resource

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


@pytest.mark.parametrize("dsp", [False, True])
def test_composing_is_faster_than_flat_synthesis(dsp, tmp_path, monkeypatch, figure):
    """CPU time of 16 x 16 int8, each from an empty cache.

    The flat array is mapped by one recipe alone, the one that composing found the best.
    """
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path))
    array = ArraySpec(name="bench16", rows=16, columns=16)
    start = cpu_s()
    (sized,) = size(array, [("ecp5", dsp)], workers=1)
    composed_s = cpu_s() - start
    job = Job(verilog_text(array), array.name, "ecp5", dsp, recipes=(sized.array.recipe,),
              timeout_s=7200)
    start = cpu_s()
    (flat,) = synthesise_many([job], workers=1)
    flat_s = cpu_s() - start
    blocks = " with DSPs" if dsp else ""
    figure(f"composed 16x16 int8 on ecp5{blocks}: times faster than flat; LUTs, FFs over flat",
           f"{flat_s / composed_s:.0f}; {sized.array.luts / flat.luts:.3f}, "
           f"{sized.array.ffs / flat.ffs:.3f}",
           f"targets 20; 0.98 to 1.02; composed in {composed_s:.1f} CPU s")


def cpu_s():
    """Of this process and all that it has waited for."""
    return sum(sum(resource.getrusage(who)[:2])
               for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
