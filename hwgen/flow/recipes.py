"""How Yosys maps a design to each FPGA family, or to gates: the recipes, and their commands.

A recipe is "plain", or some of these joined by "+". What they did with Yosys 0.70 to four PEs and
13 bare multipliers, without DSPs, says which are tried:

- booth: multipliers as Booth rows of radix 4, in LUTs even where DSPs are allowed. 38 to 50 % off
  a signed PE, but a loss on constants and on narrow operands (4 x 4 unsigned, 12 x 4 signed).
  Tried wherever there is a multiplier and no DSP can take it.
- nowidelut: no muxes that join LUTs. Never a LUT more on ECP5 and Gowin, and up to three times
  fewer: always used there. On Xilinx 7 it changes a PE by one LUT, a bare multiplier by 10 %
  either way: tried only for those who ask.
- fast: ABC9 maps once and optimises nothing. Up to 6 % more LUTs on those PEs, in a third of the
  time from 16 x 16 bits on. Only for those who ask: long carry chains in a row, as in a 32 x 17
  bit requantiser, take 2 s instead of 150 s.
"""

from typing import NamedTuple


class Flow(NamedTuple):
    """How Yosys maps one family.

    `command` always flattens and adds no I/O pads; `soft` and `hard` are its options without and
    with DSPs. Arithmetic is still whole at the label `whole`. `memory` are the labels around a
    stage for memories that takes seconds even without one. `finish` are commands to end with.
    `recipes` are those worth their time, `others` those that a caller can ask for.
    `apart` is what `Job.apart` changes: options that keep memories out of blocks, and on gates the
    label to stop at, before memories become flip-flops, and `finish`.
    """

    command: str
    soft: str
    hard: str
    whole: str
    recipes: tuple[str, ...]
    others: tuple[str, ...] = ()
    memory: tuple[str, str] | None = None
    finish: tuple[str, ...] = ()
    apart: tuple[str, str, tuple[str, ...]] = ("-nobram -nolutram", "", ())


_WIDE = ("plain", "booth")
_FAST = ("fast", "booth+fast")
_NARROW = ("nowidelut", "booth+nowidelut")
_NARROW_FAST = ("nowidelut+fast", "booth+nowidelut+fast")
FLOWS = {
    "ice40": Flow("synth_ice40", "", "-dsp -device u", "flatten", _WIDE, _FAST,
                  apart=("-nobram", "", ())),
    "ecp5": Flow("synth_ecp5", "-nodsp", "", "coarse", _NARROW, (*_WIDE, *_NARROW_FAST)),
    "gowin": Flow(
        "synth_gowin -noiopads", "-nodsp", "", "coarse", _NARROW, (*_WIDE, *_NARROW_FAST),
    ),
    "xilinx7": Flow(
        "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf", "-nodsp", "", "prepare",
        _WIDE, (*_NARROW, *_FAST), memory=("map_memory", "map_ffram"),
        apart=("-nobram -nolutram -nosrl", "", ()),
    ),
    "gates": Flow(
        "synth -flatten -noabc", "", "", "coarse", _WIDE,
        finish=(
            "dfflegalize -cell $_DFF_?_ 01 -cell $_DFF_?P?_ 01", "simplemap", "abc -g gates",
            "opt_clean",
        ),
        apart=("", "fine", (
            "opt -fast -full", "opt -undriven -fine", "techmap", "opt -fast", "dffunmap -srst-only",
            "dfflegalize -cell $_DFF_?_ 01 -cell $_DFFE_PP_ 01 -cell $_DFF_?P?_ 01", "simplemap",
            "abc -g gates", "opt_clean",
        )),
    ),
}
FAMILIES = tuple(FLOWS)
_BOOTH = (
    "proc", "flatten", "opt_expr", "opt_clean", "opt -nodffe -nosdff", "wreduce", "peepopt",
    "opt_clean", "booth",
)  # as synth_* begin, so that booth meets multipliers of their true width


class Survey(NamedTuple):
    """What a design holds that decides how it is synthesised."""

    multipliers: bool
    memories: bool


def mapping(family: str, dsp: bool, top: str, recipe: str, holds: Survey, *,
            stop: str = "check", apart: bool = False) -> list[str]:
    """Commands that map the design read before by ``recipe``, as far as the label ``stop``."""
    flow, parts = FLOWS[family], recipe.split("+")
    wide = "-nowidelut" if "nowidelut" in parts else ""
    to_blocks = dsp and holds.multipliers and "booth" not in parts
    blocks = flow.hard if to_blocks else flow.soft
    memory, last, finish = flow.apart if apart else ("", "", ())
    command = f"{flow.command} {blocks} {wide} {memory} -top {top}"
    spans = [(flow.whole, last or stop)]
    if flow.memory and not holds.memories:
        spans = [(flow.whole, flow.memory[0]), (flow.memory[1], stop)]
    return [
        *(["scratchpad -copy abc9.script.default.fast abc9.script"] if "fast" in parts else ()),
        f"{command} -run begin:{flow.whole}",
        *(_BOOTH if "booth" in parts else ()),
        *(f"{command} -run {start}:{end}" for start, end in spans),
        *(finish or flow.finish),
    ]
