"""Accumulator bank: keeps the sums of a weight-stationary column between tiles of K."""

from dataclasses import dataclass

from amaranth import Module, Mux, Signal
from amaranth.lib import memory, wiring

from hwgen.arith.accumulator import Requantizer
from hwgen.array.random import SeededCell, own_draw
from hwgen.array.skew import eastward
from hwgen.number import Fixed
from hwgen.pe.dot_product import DotProductPE


@dataclass(frozen=True)
class BankCell(SeededCell):
    """The foot of a column: adds a tile's sums to those kept of earlier tiles, and requantizes.

    Row ``r`` of every tile goes to word ``r``.  The flags of a row come one cycle before its sum,
    because the bank's read takes a cycle.

    Parameters
    ----------
    pe : tells format and overflow of the sums that are kept.
    tile : format of a tile's sums.
    bank_rows : words.
    mesh_rows : rows of PEs above.
    """

    pe: DotProductPE
    tile: Fixed
    requantizer: Requantizer
    bank_rows: int
    mesh_rows: int

    @property
    def module_name(self) -> str:
        return "bank"

    @property
    def source_bits(self) -> int:
        return self.requantizer.draw_bits(self.pe.result_format.frac)

    @property
    def west(self) -> dict[str, int]:
        flags = {"step": 1, "start": 1, "row": max(1, (self.bank_rows - 1).bit_length())}
        return flags | ({"send": 1, **self.seeds} if self.source_bits else {})

    @property
    def north(self) -> dict[str, int]:
        return {"sum": self.tile.width}

    @property
    def south(self) -> dict[str, int]:
        return {"code": self.requantizer.width}

    def create(self) -> wiring.Component:
        return BankCellUnit(self)


class BankCellUnit(wiring.Component):
    """Hardware of :class:`BankCell`; latency 1 cycle from sum to code."""

    def __init__(self, spec: BankCell):
        self.spec = spec
        super().__init__(spec.signature)

    def elaborate(self, platform) -> Module:
        m = Module()
        spec, pe = self.spec, self.spec.pe
        m.submodules.bank = bank = memory.Memory(shape=pe.result_format.shape, depth=spec.bank_rows,
                                                 init=[])
        write = bank.write_port()
        # Rows of one address come at least mesh_rows cycles apart: only a mesh of one row can read
        # a word in the cycle that writes it, or one whose steps differ in length.
        at_once = spec.mesh_rows == 1 or pe.flags
        read = bank.read_port(transparent_for=(write,) if at_once else ())
        step, start = eastward(m, self, "step"), eastward(m, self, "start")
        row = Signal(len(self.w_row), reset_less=True)
        code = Signal(len(self.s_code), reset_less=True)
        tile = self.spec.tile.rtl(self.n_sum)
        total = Signal(pe.result_format.shape)
        draw = None
        if spec.source_bits:
            draw = own_draw(m, platform, self, eastward(m, self, "send"))
        with m.If(self.en):
            m.d.sync += row.eq(self.w_row)
            m.d.sync += code.eq(spec.requantizer.rtl(pe.result_format, total, draw))
        m.d.comb += [
            total.eq(pe.accumulator.rtl_join(Mux(start, 0, read.data), tile)),
            read.addr.eq(self.w_row), read.en.eq(self.en),
            write.addr.eq(row), write.data.eq(total), write.en.eq(self.en & step),
            self.e_row.eq(row), self.s_code.eq(code),
        ]
        return m
