"""A whole array: its spec, golden and top-level component."""

from functools import cached_property
from typing import Annotated

import numpy as np
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from pydantic import AfterValidator, Field, model_validator

from hwgen.arith.accumulator import Requantizer
from hwgen.array.keywords import KEYWORDS
from hwgen.array.output_stationary import OutputStationary
from hwgen.array.random import Draws, RandomSource
from hwgen.array.schedule import Schedule
from hwgen.array.step_bits import StepBits, Told
from hwgen.array.stream import BeatLayout
from hwgen.array.weight_stationary import WeightStationary
from hwgen.lfsr import SEED_BITS
from hwgen.number import Codes, Fixed
from hwgen.pe.catalogue import PE
from hwgen.pe.parallel import ParallelPE
from hwgen.spec import InputError, Int, Spec

MAX_SIDE = 256

Dataflow = Annotated[OutputStationary | WeightStationary, Field(discriminator="kind")]
DATAFLOWS = (OutputStationary, WeightStationary)


def _no_keyword(name: str) -> str:
    if name in KEYWORDS:
        raise ValueError(f"value must be no keyword of Verilog, not {name!r}; choose another")
    return name


class ArraySpec(Spec):
    """A systolic array of R x C PEs that multiplies ``(M, K) x (K, N)`` integer codes.

    Parameters
    ----------
    name : prefix of every emitted module; a Verilog identifier in lower case.
    rows, columns : PEs, 1 to 256 each.
    dataflow : what stays in the PEs.
    pe : operand formats, lanes, multiplier and accumulator of every PE.
    output : the result format and how a sum gets there; the accumulator's own when left out.
    random : where stochastic rounding draws its bits.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64),
                    AfterValidator(_no_keyword)]
    rows: Int = Field(8, ge=1, le=MAX_SIDE)
    columns: Int = Field(8, ge=1, le=MAX_SIDE)
    dataflow: Dataflow = OutputStationary()
    pe: PE = ParallelPE()
    output: Requantizer | None = None
    random: RandomSource = RandomSource()

    @model_validator(mode="after")
    def _parts_agree(self) -> "ArraySpec":
        source = self.pe.result_format
        fault = self.requantizer.fault(source.frac, source.width, "accumulator")
        if fault:
            raise ValueError(f"output.{fault}")
        fault = self.dataflow.fault(self)
        if fault:
            raise ValueError(fault)
        return self

    @property
    def requantizer(self) -> Requantizer:
        """``output``, or the identity on the accumulator."""
        total = self.pe.result_format
        return self.output or Requantizer(width=total.width, signed=total.signed)

    @property
    def result_draw_bits(self) -> int:
        """Random bits of each result's conversion, 0 without stochastic rounding."""
        return self.requantizer.draw_bits(self.pe.result_format.frac)

    @property
    def draws(self) -> bool:
        """Whether anything is rounded stochastically."""
        return bool(self.pe.draw_bits or self.result_draw_bits)

    @property
    def source_rows(self) -> int:
        """Rows of sources for the PEs' steps: R, or one that all rows share."""
        return self.rows if self.random.sharing == "pe" else 1

    @property
    def own_draws(self) -> bool:
        """Whether every PE has a source of its own for its steps."""
        return self.random.sharing == "pe" and self.pe.draw_bits > 0

    @property
    def seeding_cycles(self) -> int:
        """Cycles after a reset in which no operand is accepted; 0 unless something is drawn."""
        return self.random.seeding_cycles(self)

    @property
    def result(self) -> Fixed:
        """The format of the result codes."""
        return self.requantizer.format(self.pe.result_format.frac)

    @property
    def latency(self) -> int:
        """Cycles from an accepted beat of ``a`` to the first result beat that needs it.

        Of a step of a cycle; with a bit-serial PE each further cycle of the step adds one.
        """
        return self.pe.fetch_cycles + self.wave_cycles

    @property
    def wave_cycles(self) -> int:
        """Cycles from a step's last operands at the edge to the first result beat of them."""
        return self.rows + self.columns + 1 + self.finish_cycles

    @property
    def finish_cycles(self) -> int:
        """Cycles from the operands of a PE's last step to its finished sum."""
        return self.pe.latency + self.dataflow.fold_cycles(self)

    @property
    def run_ahead(self) -> int:
        """Beats by which a row may be ahead of the next."""
        return self.pe.run_ahead

    @property
    def varies(self) -> bool:
        """Whether the cycles of a product depend on its values, or on what its beats tell."""
        return self.pe.is_told or self.pe.is_dynamic

    @property
    def multipliers(self) -> int:
        """Multipliers in the array."""
        return self.rows * self.columns * self.pe.lanes

    @cached_property
    def streams(self) -> dict[str, BeatLayout]:
        """Beat layouts of the streams: operands ``a`` and ``b``, results ``o``."""
        return self.dataflow.streams(self)

    @cached_property
    def signature(self) -> wiring.Signature:
        """The top-level ports: streams ``a`` and ``b`` in, ``o`` out, and ``seed`` if it draws."""
        shapes = {name: stream.Signature(layout.shape) for name, layout in self.streams.items()}
        return wiring.Signature({
            "a": In(shapes["a"]), "b": In(shapes["b"]), "o": Out(shapes["o"]),
            **({"seed": In(SEED_BITS)} if self.draws else {}),
            **({"error": Out(1)} if self.pe.is_told else {}),
        })

    @property
    def module_name(self) -> str:
        return self.name

    def create(self) -> wiring.Component:
        return self.dataflow.create(self)

    @property
    def max_depth(self) -> int | None:
        """Largest K of a product; None when any K will do."""
        return self.dataflow.max_depth(self)

    def golden(self, a: Codes, b: Codes, seed: int | None = None,
               precision: Told | None = None) -> Codes:
        """The product ``(M, K) x (K, N) -> (M, N)`` as the hardware computes it, int64 codes.

        K is filled up with zero codes to whole steps (output-stationary) or whole tiles.

        Parameters
        ----------
        seed : of stochastic rounding, for the first product after a reset; ``random.seed`` when
            left out.
        precision : with run-time precision, the bits to take of the codes of A and of B, the
            others being ignored; all when left out.

        Raises
        ------
        InputError
            If the shapes do not match, or a code, the seed or a precision lies outside its range.
        """
        bits, (a_codes, b_codes) = StepBits(self, precision), self._padded(a, b)
        return self._golden(a_codes, b_codes, seed, bits)[: a.shape[0], : b.shape[1]]

    def _golden(self, a: Codes, b: Codes, seed: int | None, bits: StepBits) -> Codes:
        if self.pe.is_told:
            a, b = bits.taken("a", a), bits.taken("b", b)
        draws = Draws(self, self.random.chosen(seed))
        sums = self.dataflow.golden(self, a, b, draws)
        draw: Codes | int = 0
        if self.result_draw_bits:
            m, n = sums.shape
            drawn = draws.results(m * n // self.columns)
            draw = self.dataflow.collect(self, drawn, m, n).astype(sums.dtype)
        return self.requantizer.golden(self.pe.result_format, sums, draw).astype(np.int64)

    def beats(self, a: Codes, b: Codes, seed: int | None = None,
              precision: Told | None = None) -> dict[str, dict[str, Codes]]:
        """Every beat of the product ``(M, K) x (K, N)``: stream, field, ``(beats, count)`` codes.

        Streams ``a`` and ``b`` are what to send, ``o`` is what the golden says will come.
        """
        bits, (a, b) = StepBits(self, precision), self._padded(a, b)
        beats = self.dataflow.operands(self, a, b)
        count = len(beats["a"]["codes"])
        beats["a"] |= {name: np.full(count, value) for name, value in bits.fields.items()}
        beats["o"] = self.dataflow.results(self, self._golden(a, b, seed, bits), a.shape[1])
        return beats

    def collect(self, codes: Codes, m: int, n: int) -> Codes:
        """The ``(m, n)`` product from the codes of all result beats, ``(beats, C)``."""
        return self.dataflow.collect(self, codes, m, n)

    def schedule(self, m: int, k: int, n: int, precision: Told | None = None) -> Schedule:
        """Cycles of an ``(m, k) x (k, n)`` product; at most, if they depend on its values."""
        return self.dataflow.schedule(self, m, k, n, StepBits(self, precision))

    def schedule_of(self, a: Codes, b: Codes, precision: Told | None = None) -> Schedule:
        """Cycles of the product of these codes."""
        bits, (padded_a, padded_b) = StepBits(self, precision), self._padded(a, b)
        macs = a.shape[0] * a.shape[1] * b.shape[1]
        return self.dataflow.schedule_of(self, padded_a, padded_b, bits, macs)

    def _padded(self, a: Codes, b: Codes) -> tuple[Codes, Codes]:
        for name, codes, operand in (("A", a, self.pe.a), ("B", b, self.pe.b)):
            if codes.ndim != 2 or 0 in codes.shape or codes.dtype.kind not in "iu":
                raise InputError(f"{name} must be a matrix of integer codes with at least one row "
                                 f"and column, not {codes.dtype} of shape {codes.shape}")
            if not operand.contains(codes):
                raise InputError(f"{name} must hold codes of {operand.minimum} to "
                                 f"{operand.maximum}, not {codes.min()} to {codes.max()}")
        if a.shape[1] != b.shape[0]:
            raise InputError(f"A's columns must equal B's rows, not {a.shape} x {b.shape}")
        self.schedule(a.shape[0], *b.shape)  # refuses a K that the array cannot sum up
        m, k, n = self.dataflow.granularity(self)
        return _fill_up(a, m, k), _fill_up(b, k, n)


def _fill_up(codes: Codes, rows: int, columns: int) -> Codes:
    """``codes`` as int64 with zeros up to multiples of ``rows`` and ``columns``."""
    padding = [(0, -size % unit) for size, unit in zip(codes.shape, (rows, columns), strict=True)]
    return np.pad(codes.astype(np.int64), padding)
