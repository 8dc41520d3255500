"""What each cell of an FPGA family, or each gate, costs; and the area that cells add up to."""

import operator
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self, SupportsIndex


class Cost(NamedTuple):
    """What one cell takes; the fields are those of `Area`."""

    luts: int = 0
    ffs: int = 0
    carries: int = 0
    dsps: int = 0
    brams: int = 0
    gates: int = 0


def _each(names: Iterable[str], **cost: int) -> dict[str, Cost]:
    """One cost for several cells."""
    return dict.fromkeys(names, Cost(**cost))


_ICE40_RESETS = ("", "R", "S", "SR", "SS")
_ICE40 = {
    "SB_LUT4": Cost(luts=1),
    "SB_CARRY": Cost(carries=1),
    "SB_MAC16": Cost(dsps=1),
    **_each((f"SB_RAM40_4K{edge}" for edge in ("", "NR", "NW", "NRNW")), brams=1),
    **_each((f"SB_DFF{ne}{r}" for ne in ("", "N", "E", "NE") for r in _ICE40_RESETS), ffs=1),
}
_ECP5 = {
    "LUT4": Cost(luts=1),
    "CCU2C": Cost(luts=2, carries=1),
    "TRELLIS_DPR16X4": Cost(luts=6),  # 4 hold the data, 2 are lost to the write port
    **_each(("PFUMX", "L6MUX21")),
    "TRELLIS_FF": Cost(ffs=1),
    "MULT18X18D": Cost(dsps=1),
    **_each(("DP16KD", "PDPW16KD"), brams=1),
}
_GOWIN = {
    **_each(("LUT1", "LUT2", "LUT3", "LUT4"), luts=1),
    "ALU": Cost(luts=1, carries=1),
    **_each(("RAM16SDP1", "RAM16SDP2", "RAM16SDP4"), luts=6),  # as on ECP5, whatever the width
    **_each(("MUX2_LUT5", "MUX2_LUT6", "MUX2_LUT7", "MUX2_LUT8", "GND", "VCC")),
    **_each(
        (f"DFF{n}{r}{e}" for n in ("", "N") for r in ("", "R", "S", "P", "C") for e in ("", "E")),
        ffs=1,
    ),
    **_each(("MULT9X9", "MULT18X18", "MULT36X36"), dsps=1),
    **_each(("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9"), brams=1),
}
_XILINX7 = {
    **_each(("LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "LUT6_2", "INV"), luts=1),
    **_each(("SRL16E", "SRLC16E", "SRLC32E", "RAM32X1S", "RAM64X1S"), luts=1),
    **_each(("RAM32X1D", "RAM64X1D", "RAM128X1S"), luts=2),
    **_each(("RAM32M", "RAM64M", "RAM128X1D", "RAM256X1S"), luts=4),
    "CARRY4": Cost(carries=1),
    **_each(("MUXF7", "MUXF8", "GND", "VCC")),
    **_each((f"FD{r}E{n}" for r in "RSCP" for n in ("", "_1")), ffs=1),
    "DSP48E1": Cost(dsps=1),
    "RAMB18E1": Cost(brams=1),
    "RAMB36E1": Cost(brams=2),
}
_GATES = {
    "$_NOT_": Cost(),
    **_each((f"$_{g}_" for g in ("AND", "NAND", "OR", "NOR", "ANDNOT", "ORNOT")), gates=1),
    **_each(("$_XOR_", "$_XNOR_"), gates=2),
    **_each((f"$_DFF_{c}_" for c in ("P", "N", "PP0", "PP1", "NP0", "NP1")), ffs=1),
    "$_DFFE_PP_": Cost(ffs=1),  # this and memories where modules stay apart
    "$mem_v2": Cost(brams=1),
}
CELLS = {
    "ice40": _ICE40,
    "ecp5": _ECP5,
    "gowin": _GOWIN,
    "xilinx7": _XILINX7,
    "gates": _GATES,
}
"""Family to cell type to cost. A cell that is not here is an error, never a silent zero."""

_NOTES = ("$scopeinfo",)  # what flattening leaves behind: names, not hardware


@dataclass(frozen=True)
class Area:
    """What a flattened design takes, before placement. Areas of one family add and multiply.

    Members
    -------
    luts
        ice40: SB_LUT4. ecp5: LUT4 + 2 CCU2C. gowin: LUT1 to LUT4 + ALU. xilinx7: LUT1 to LUT6,
        inverters and shift registers. On all of them, the LUTs distributed RAM takes or blocks.
        Wide muxes (PFUMX, L6MUX21, MUX2_LUT5.., MUXF7..) come with their LUTs and count nothing.
    ffs
        Flip-flops; registers inside DSP and RAM blocks are part of the block.
    carries
        Carry cells: SB_CARRY and ALU are 1 bit, CCU2C 2 bits, CARRY4 4 bits. An SB_CARRY that
        shares no logic cell with an SB_LUT4 takes a cell of its own when placed, and a carry
        chain's ends and Xilinx route-throughs take LUTs; `luts` leaves all of these out.
    dsps
        Multiplier blocks, whatever their width.
    brams
        Block RAMs: of 18 kb on xilinx7, elsewhere of the family's only size.
    gates
        For the family "gates", else None: the unit-gate model (Tyagi 1993). A two-input AND,
        NAND, OR or NOR, with an input inverted or not, is 1; XOR or XNOR 2; an inverter 0. Clock
        enables and synchronous resets are gates; flip-flops count in `ffs` alone.
    cells
        Cell type to count, black boxes left out.
    recipe
        The synthesis recipe that won; "mixed" in a sum over several.
    tried
        Recipe to its `size`, for each that was run; empty in a sum or a product.
    """

    family: str
    dsp: bool
    luts: int = 0
    ffs: int = 0
    carries: int = 0
    dsps: int = 0
    brams: int = 0
    gates: int | None = None
    cells: Mapping[str, int] = field(default_factory=dict, hash=False)
    recipe: str = ""
    tried: Mapping[str, int] = field(default_factory=dict, hash=False)

    @classmethod
    def of_cells(
        cls, family: str, dsp: bool, cells: Mapping[str, int], boxes: Container[str] = ()
    ) -> Self:
        """The area of `cells` (type to count), leaving out the `boxes`.

        Raises
        ------
        KeyError : with the type of a cell whose cost is not known, as its only argument.
        """
        kept = {
            name: count for name, count in sorted(cells.items())
            if name not in boxes and name not in _NOTES
        }
        costs = CELLS[family]
        sums = (sum(costs[name][i] * kept[name] for name in kept) for i in range(len(Cost._fields)))
        return cls(family, dsp)._with(Cost(*sums), kept, "")

    @property
    def size(self) -> int:
        """What recipes compete on: gates where they are counted, else LUTs."""
        return self.luts if self.gates is None else self.gates

    def __add__(self, other: Self) -> Self:
        return self._combined(other, operator.add)

    def __sub__(self, other: Self) -> Self:
        """What remains; a count below zero says that ``other`` was no part of this area."""
        return self._combined(other, operator.sub)

    def _combined(self, other: Self, operation: Callable[[int, int], int]) -> Self:
        if (self.family, self.dsp) != (other.family, other.dsp):
            raise ValueError(
                f"areas must be of one family and DSP setting, not {self.family} dsp={self.dsp} "
                f"and {other.family} dsp={other.dsp}"
            )
        names = sorted({*self.cells, *other.cells})
        cells = {name: operation(self.cells.get(name, 0), other.cells.get(name, 0))
                 for name in names}
        recipes = {self.recipe, other.recipe} - {""}
        counts = Cost(*map(operation, self._counts(), other._counts()))
        return self._with(counts, cells, _joint(recipes))

    def __mul__(self, times: SupportsIndex) -> Self:
        n = operator.index(times)
        if n < 0:
            raise ValueError(f"times must be at least 0, not {n!r}")
        cells = {name: count * n for name, count in self.cells.items()}
        return self._with(Cost(*(count * n for count in self._counts())), cells, self.recipe)

    __rmul__ = __mul__

    def to_json(self) -> dict[str, Any]:
        """Plain values, which `from_json` takes back."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The area that `to_json` gave; TypeError if the fields are not those of an area."""
        return cls(**values)

    def _counts(self) -> Cost:
        return Cost(self.luts, self.ffs, self.carries, self.dsps, self.brams, self.gates or 0)

    def _with(self, counts: Cost, cells: Mapping[str, int], recipe: str) -> Self:
        """Another area of this family and DSP setting."""
        fields: dict[str, Any] = counts._asdict()
        if self.family != "gates":
            fields["gates"] = None
        return type(self)(self.family, self.dsp, **fields, cells=cells, recipe=recipe)


def _joint(recipes: set[str]) -> str:
    """The name of several recipes together."""
    return "mixed" if len(recipes) > 1 else "".join(recipes)
