"""The self-checking bench in plain Verilog, with its vectors, for users without cocotb."""

from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.array.stream import BeatLayout, Words
from hwgen.flow.templates import render
from hwgen.lfsr import SEED_BITS
from hwgen.number import random_codes

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec

_TILES = 2


def bench_files(array: "ArraySpec") -> dict[str, str]:
    """File name to text: ``<name>_tb.v`` and one hex file a stream.

    The operands are random over their whole range, extremes included, for two tiles each way.
    """
    unit_m, unit_k, unit_n = array.dataflow.granularity(array)
    m, k, n = max(_TILES * unit_m, array.rows + 1), array.max_depth or _TILES * unit_k + 1, unit_n
    rng = np.random.default_rng(int(array.config_hash, 16))
    beats = array.beats(random_codes(rng, array.pe.a, (m, k)),
                        random_codes(rng, array.pe.b, (k, _TILES * n)))
    words = {name: array.streams[name].pack(fields) for name, fields in beats.items()}
    files = {f"{array.name}_{name}.hex": _hex(array.streams[name], lines)
             for name, lines in words.items()}
    described = [_describe(name, array.streams[name], len(lines)) for name, lines in words.items()]
    files[f"{array.name}_tb.v"] = render(
        "testbench.v.j2",
        top=array.name,
        inputs=[entry for entry in described if entry["name"] != "o"],
        o=described[-1],
        seed=f"{SEED_BITS}'d{array.random.seed}" if array.draws else None,
        error=array.pe.is_told,
        timeout=(1000 + 20 * array.pe.most_step_cycles * sum(map(len, words.values()))
                 + array.seeding_cycles),
    )
    return files


def _describe(name: str, layout: BeatLayout, beats: int) -> dict[str, Any]:
    """What the template needs of a stream; ``index`` selects the counter's bits that it uses."""
    index = f"[{(beats - 1).bit_length() - 1}:0]" if beats > 2 else "[0]"
    return {"name": name, "bits": layout.bits, "beats": beats, "index": index}


def _hex(layout: BeatLayout, words: Words) -> str:
    digits = -(-layout.bits // 4)
    lines = ("".join(f"{word:08x}" for word in beat[::-1])[-digits:] for beat in words)
    return "\n".join(lines) + "\n"

