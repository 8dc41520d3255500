"""How a multiplier adds up its rows, whatever the family adds with: in a line or in a tree."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from hwgen.fabric.logic import ZERO, Function
from hwgen.fabric.netlist import Chain, Netlist
from hwgen.fabric.products import PartialProducts
from hwgen.fabric.sums import Digits, Statement, joined

Form = Literal["rows", "tree"]
"""How partial products are added up: row after row, or in a balanced tree of pairs of rows."""


@dataclass(frozen=True)
class Plan:
    """What a circuit is to compute and in which form.

    Parameters
    ----------
    stages : registers on every way from the operands to the result.
    addend_width : bits of a port ``acc`` to which the product is added, modulo ``2**addend_width``,
        behind the last register; 0: there is none.
    signed : whether the product's top bit is its sign.
    turned : whether the rows are those of bits of ``a``, with ``products`` turned as well.
    """

    products: PartialProducts
    form: Form = "rows"
    stages: int = 0
    addend_width: int = 0
    signed: bool = False
    turned: bool = False

    def turn(self) -> "Plan":
        """The same product with rows of the other operand's bits."""
        return Plan(self.products.transposed, self.form, self.stages, self.addend_width,
                    self.signed, not self.turned)


Total = TypeVar("Total")


class Builder(ABC, Generic[Total]):
    """One circuit of a plan.

    The rows and the addition to ``acc`` count as steps of equal length; the registers part them
    into groups as equal as may be, each with chains of its own.

    Parameters
    ----------
    shared : whether all sums between two registers are in one chain.
    """

    def __init__(self, plan: Plan, shared: bool = False):
        self.plan = plan
        products = plan.products
        self._a, self._b = ("b", "a") if plan.turned else ("a", "b")
        ports = {self._a: products.a_width, self._b: products.b_width}
        self.net = Netlist(dict(sorted(ports.items())) |
                           ({"acc": plan.addend_width} if plan.addend_width else {}))
        self.net.turned = plan.turned
        self.chain = Chain(self.net, shared)
        self._stage = 0

    @abstractmethod
    def start(self) -> Total:
        """The sum of no rows."""

    @abstractmethod
    def take_in(self, total: Total, j: int, stage: int, name: str) -> Total:
        """``total`` plus the row of bit j of ``b``, or the step of that row, both of ``stage``."""

    @abstractmethod
    def add(self, x: Total, y: Total, name: str) -> Total:
        """``x + y``."""

    @abstractmethod
    def moved(self, total: Total, cycles: int) -> Total:
        """The total some cycles later."""

    @abstractmethod
    def result(self, total: Total) -> list[Function]:
        """The bits of the product."""

    @abstractmethod
    def digits(self, total: Total) -> Digits:
        """The total as a number, and what it sums."""

    @abstractmethod
    def accumulated(self, addend: list[Function]) -> list[Function]:
        """The bits of ``acc`` plus an addend as wide."""

    def steps(self) -> list[int]:
        """The rows to take in, or the first of each group of rows taken in as one."""
        return list(self.plan.products.rows)

    def netlist(self) -> Netlist:
        """The whole circuit."""
        plan = self.plan
        total = self._tree() if plan.form == "tree" else self._fold()
        product = self._product(total)
        bits, name = self.later(product, self._pass_to(plan.stages)), "p"
        if plan.addend_width:
            above = [bits[-1] if plan.signed else ZERO] * (plan.addend_width - len(bits))
            addend, name = [*bits, *above][: plan.addend_width], "sum"
            bits = self.accumulated(addend)
            self._state_sum(bits, addend)
        self.net.drive(name, bits)
        return self.net

    def _product(self, total: Total) -> list[Function]:
        """The bits of the product, stated to be those of ``total`` but for the constant."""
        products, bits = self.plan.products, self.result(total)
        weights = joined(*(products.weights(j) for j in products.rows))
        self.net.product = Statement(Digits(dict(enumerate(bits)), ZERO, weights), products.width,
                                     ((1, self.digits(total)),))
        self.net.sums.append(self.net.product)
        return bits

    def _state_sum(self, bits: list[Function], addend: list[Function]) -> None:
        acc, product, total = (Digits(dict(enumerate(each)))
                               for each in (self.net.bits("acc"), addend, bits))
        self.net.sums.append(Statement(total, self.plan.addend_width, ((1, acc), (1, product))))

    def row(self, j: int, stage: int) -> tuple[Function, dict[int, Function]]:
        """Bit j of ``b`` and the bits of ``a`` that it meets, as of ``stage`` cycles ago."""
        a, b = self.net.bits(self._a), self.net.bits(self._b)
        columns = self.plan.products.rows[j]
        gate, *bits = self.later([b[j], *(a[i] for i in columns)], stage)
        return gate, dict(zip(columns, bits, strict=True))

    def later(self, bits: Sequence[Function], cycles: int) -> list[Function]:
        """The bits some cycles later."""
        return [self.net.delayed(bit, cycles, "stage") for bit in bits] if cycles else list(bits)

    def _pass_to(self, stage: int) -> int:
        """Go on behind the registers up to ``stage``, and say how many they are."""
        cycles = stage - self._stage
        if cycles:
            self.chain.part()
        self._stage = stage
        return cycles

    def _fold(self) -> Total:
        """Row after row."""
        total = self.start()
        rows = self.steps()
        for count, j in enumerate(rows):
            stage = max(0, count - 1) * (self.plan.stages + 1) // max(1, len(rows))
            total = self.moved(total, self._pass_to(stage))
            total = self.take_in(total, j, stage, f"row{j}")
        return total

    def _tree(self) -> Total:
        """Pairs of rows, then pairs of their sums."""
        rows = self.steps()
        level = [self._leaf(rows[place : place + 2], not place) for place in
                 range(0, max(1, len(rows)), 2)]
        levels = (len(level) - 1).bit_length() + 2
        for depth in range(1, levels - 1):
            cycles = self._pass_to(depth * (self.plan.stages + 1) // levels)
            level = [self.moved(total, cycles) for total in level]
            sums = [self.add(x, y, f"level{depth}_{place}") for place, (x, y) in
                    enumerate(zip(level[::2], level[1::2], strict=False))]
            level = sums + level[len(sums) * 2 :]
        return level[0]

    def _leaf(self, rows: Sequence[int], first: bool) -> Total:
        """The sum of some rows, and of the start with the ``first`` ones."""
        total = self.start() if first else self.nothing()
        for j in rows:
            total = self.take_in(total, j, 0, f"row{j}")
        return total

    @abstractmethod
    def nothing(self) -> Total:
        """Zero."""
