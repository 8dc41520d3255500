"""Bit-serial PEs alone: a step's planes, with pauses between them, give what the golden says."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Value

from hwgen.array.mesh import ArraySpec
from hwgen.array.planes import pairs
from hwgen.number import Codes, random_codes
from hwgen.pe.serial import ActivationSerialPE, BothSerialPE, SerialPE
from hwgen.spec import InputError
from tests.streams import simulate

KINDS = {"activation-serial": ActivationSerialPE, "both-serial": BothSerialPE}
STEPS = 4


def pe_of(kind: str, **values: Any) -> SerialPE:
    return KINDS[kind].model_validate({"kind": kind, **values})


def planes(pe: SerialPE, a: Codes, b: Codes) -> Iterator[dict[str, int]]:
    """What the PE takes cycle by cycle for a step on L codes each."""
    b_bits = pe.b.width if "b" in pe.sides else 1
    order = list(pairs(pe.a.width, b_bits))
    for index, pair in enumerate(order):
        sign_a = pe.a.signed and pair.a == pe.a.width - 1
        sign_b = "b" in pe.sides and pe.b.signed and pair.b == b_bits - 1
        words = b >> pair.b & 1 if "b" in pe.sides else b & (1 << pe.b.width) - 1
        yield {
            "run": 1, "negate": sign_a != sign_b, "double": pair.double,
            "step": index == len(order) - 1,
            "a": sum(int(bit) << lane for lane, bit in enumerate(a >> pair.a & 1)),
            "b": sum(int(word) << lane * pe.word_bits for lane, word in enumerate(words)),
        }


def sums(pe: SerialPE, a: Codes, b: Codes, draws: Codes, pause: float) -> list[int]:
    """The accumulator after each step on rows of ``a`` and ``b``, from the PE."""
    dut, rng, found = pe.create(), np.random.default_rng(0), list[int]()

    async def testbench(ctx: Any) -> None:
        acc, due = 0, list[int]()
        ctx.set(dut.en, 1)
        cycles = [inputs | {"draw": int(draw)}
                  for left, right, draw in zip(a, b, draws, strict=True)
                  for inputs in planes(pe, left, right)]
        while cycles or due:
            held = not cycles or rng.random() < pause
            inputs = dict.fromkeys(cycles[0], 0) if held and cycles else (
                cycles.pop(0) if cycles else {"run": 0, "step": 0})
            for name, value in inputs.items():
                if name in pe.signature.members:
                    ctx.set(Value.cast(getattr(dut, name)), value)
            due = [left - 1 for left in due] + ([pe.latency] if inputs["step"] else [])
            if due and due[0] == 0:
                due.pop(0)
                ctx.set(dut.acc_i, acc)
                acc = ctx.get(dut.acc_o)
                found.append(acc)
            await ctx.tick()

    simulate(dut, testbench)
    return found


def expect_steps(pe: SerialPE, pause: float = 0.3) -> None:
    rng = np.random.default_rng(1)
    a, b = (random_codes(rng, operand, (STEPS, pe.lanes)) for operand in (pe.a, pe.b))
    a[0], b[0] = pe.a.minimum, pe.b.minimum  # the greatest size of all sums
    draws = rng.integers(0, 1 << pe.draw_bits, STEPS)
    expected, acc = [], np.int64(0)
    for left, right, draw in zip(a, b, draws, strict=True):
        acc = pe.golden_step(acc, left, right, draw)
        expected.append(int(acc))
    assert sums(pe, a, b, draws, pause) == expected


def on_kinds(test: Any) -> Any:
    return pytest.mark.parametrize("kind", KINDS)(test)


@on_kinds
@pytest.mark.parametrize("signs", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize(("a_width", "b_width", "lanes"), [
    (1, 1, 1), (1, 4, 3), (4, 1, 3), (3, 5, 2), (8, 8, 5), (16, 3, 1), (2, 16, 2)])
def test_formats(kind: str, signs: tuple[bool, bool], a_width: int, b_width: int,
                 lanes: int) -> None:
    a, b = ({"width": width, "signed": signed}
            for width, signed in zip((a_width, b_width), signs, strict=True))
    expect_steps(pe_of(kind, a=a, b=b, lanes=lanes))


@on_kinds
@pytest.mark.parametrize("pipeline", range(6))
@pytest.mark.parametrize("accumulator", [
    {"width": 10}, {"width": 9, "overflow": "saturate"},
    {"width": 7, "frac": -3, "rounding": "nearest_even", "overflow": "saturate"},
    {"width": 9, "frac": -4, "rounding": "stochastic"}], ids=str)
def test_accumulators_behind_every_pipeline(kind: str, accumulator: dict[str, Any],
                                            pipeline: int) -> None:
    expect_steps(pe_of(kind, a={"width": 4}, b={"width": 4}, lanes=5, pipeline=pipeline,
                       accumulator=accumulator))


@on_kinds
def test_256_lanes(kind: str) -> None:
    expect_steps(pe_of(kind, a={"width": 2}, b={"width": 2}, lanes=256), pause=0.0)


@pytest.mark.parametrize(("values", "message"), [
    ({"a": {"width": 17}}, "pe.a.width must be at most 16, not 17"),
    ({"b": {"width": 0}}, "pe.b.width must be at least 1, not 0"),
    ({"lanes": 257}, "pe.lanes must be at most 256, not 257"),
    ({"lanes": 0}, "pe.lanes must be at least 1, not 0"),
    ({"pipeline": 6}, "pe.pipeline must be at most 5, not 6"),
    ({"multiplier": {"kind": "drum", "segment_bits": 3}},
     "pe.multiplier.kind must be 'exact', not 'drum'"),
    ({"precision": {"kind": "guessed"}}, "pe.precision must be of a kind among 'fixed', "
     "'run-time', 'dynamic', not 'guessed'"),
    ({"precision": {"kind": "dynamic", "run_ahead": 9}},
     "pe.precision.run_ahead must be at most 8, not 9"),
    ({"precision": {"kind": "dynamic", "run_ahead": 1}},
     "pe.precision.run_ahead must be 0 in an output-stationary array, whose rows share the "
     "operands of b, not 1"),
], ids=lambda value: str(value)[:40])
@on_kinds
def test_faults(kind: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as error:
        ArraySpec.parse({"name": "mac", "pe": {"kind": kind, **values}})
    assert message in str(error.value)
