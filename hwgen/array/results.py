"""The way out of a mesh: one requantizer a column, deskew, and the result stream."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amaranth import Module, Signal
from amaranth.lib import wiring

from hwgen.arith.accumulator import Requantizer
from hwgen.array.grid import Grid
from hwgen.array.random import SeededCell, own_draw
from hwgen.array.skew import eastward, skewed
from hwgen.number import Fixed
from hwgen.place import place

if TYPE_CHECKING:
    from hwgen.array.mesh import ArraySpec


@dataclass(frozen=True)
class RequantizerCell(SeededCell):
    """The foot of a column: converts each sum and registers it."""

    requantizer: Requantizer
    source: Fixed

    @property
    def module_name(self) -> str:
        return "requantize"

    @property
    def source_bits(self) -> int:
        return self.requantizer.draw_bits(self.source.frac)

    @property
    def west(self) -> dict[str, int]:
        return {"send": 1, **self.seeds} if self.source_bits else {}

    @property
    def north(self) -> dict[str, int]:
        return {"sum": self.source.width}

    @property
    def south(self) -> dict[str, int]:
        return {"code": self.requantizer.width}

    def create(self) -> wiring.Component:
        return RequantizerCellUnit(self)


class RequantizerCellUnit(wiring.Component):
    """Hardware of :class:`RequantizerCell`; latency 1 cycle.

    ``w_send`` tells that the sum is a result; it uses up a draw.
    """

    def __init__(self, spec: RequantizerCell):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec = self.spec
        total = spec.source.rtl(self.n_sum)
        code = Signal(len(self.s_code), reset_less=True)
        draw = None
        if spec.source_bits:
            draw = own_draw(m, platform, self, self.w_send)
            eastward(m, self, "send")
        with m.If(self.en):
            m.d.sync += code.eq(spec.requantizer.rtl(spec.source, total, draw))
        m.d.comb += self.s_code.eq(code)
        return m


def requantizers(array: "ArraySpec", source: Fixed) -> Grid:
    """One :class:`RequantizerCell` a column, for sums of format ``source``."""
    cell = RequantizerCell(requantizer=array.requantizer, source=source)
    return Grid.of(cell, 1, array.columns)


class ResultStream:
    """Joins a mesh to its result stream; ``en`` holds the whole mesh while a result waits."""

    def __init__(self, m: Module, platform: Any, array: "ArraySpec", o: Any):
        self._m, self._platform, self._array, self._o = m, platform, array, o
        self.en = Signal(name="en")
        self.valid = Signal(name="o_valid")
        m.d.comb += [self.en.eq(~self.valid | o.ready), o.valid.eq(self.valid)]

    def requantized(self, feet: Grid, sums: Any, **inputs: Any) -> Any:
        """The columns' ``sums`` as result codes, one cycle later."""
        row = place(self._m, self._platform, "feet", feet, en=self.en, n_sum=sums, **inputs)
        return row.s_code

    def send(self, codes: Any, valid: Any, last: Any) -> None:
        """Deskew and send ``codes``; column c's come c cycles after column 0's.

        ``valid`` is high one cycle before the last column's code, ``last`` together with it.
        """
        m, array, en = self._m, self._array, self.en
        deskewed = skewed(m, self._platform, "deskew", en, codes, array.columns, "falling")
        with m.If(en):
            m.d.sync += self.valid.eq(valid)
        m.d.comb += [
            self._o.payload.codes.eq(deskewed), self._o.payload.last.eq(last),
        ]
