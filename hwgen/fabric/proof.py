"""Proof by induction that a netlist sums its partial products, for operands of any width.

Builders state of each vector of bits what it is the sum of: other vectors, and products of operand
bits.  Each is proven for all values of these vectors and operands at once, every bit as a decision
diagram over variables in the order of columns, in which sums stay small.  That a vector has as many
bits as its numbers need follows from their bounds.  All statements together give the product.
"""

from collections.abc import Iterator, Sequence

from hwgen.fabric.diagrams import Diagram, Diagrams
from hwgen.fabric.logic import ONE, ZERO, Function, Net
from hwgen.fabric.netlist import Cell, Lut, Netlist, Register, Slot
from hwgen.fabric.products import ALONE, PartialProducts, Weights
from hwgen.fabric.sums import Digits, Statement, joined, negated
from hwgen.spec import ToolError


class Proof:
    """The statements about one netlist, and whether they are true."""

    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        a, b = "ba" if netlist.turned else "ab"
        self.operands = {net: (place, bit) for place, port in enumerate((b, a))
                         for bit, net in enumerate(netlist.inputs[port])}
        self.ports = netlist.inputs[a], netlist.inputs[b]
        self.drivers: dict[Net, Cell] = {cell.output: cell for cell in netlist.cells}
        slots = [cell for cell in netlist.cells if isinstance(cell, Slot)]
        self.aliases = {slot.carry: slot.carry_in for slot in slots}
        self.carries = {slot.carry_out: slot for slot in slots}
        self._levels: dict[Net, int] = {0: 0, 1: 1}

    def check(self, products: PartialProducts) -> None:
        """Prove that the product is that of ``products``, and the sum theirs and ``acc``'s.

        Raises
        ------
        ToolError : it is not, or cannot be seen to be.
        """
        products = products.transposed if self.netlist.turned else products
        for step in self.netlist.sums:
            self._expect_weights(step)
            self._expect_room(step)
            self._expect_sum(step)
        product, total = self.netlist.product, self.netlist.sums[-1]
        wanted = joined(*(products.weights(j) for j in products.rows))
        if product is None or product.width not in (products.width, total.width) or (
                joined(product.total.weights) != wanted) or (
                self.at_zero(product.total) - products.constant) % (1 << product.width):
            raise _fault("product")
        rest = sum(sign * self.at_zero(part) for sign, part in total.parts)
        if total is not product and (self.at_zero(total.total) - rest) % (1 << total.width):
            raise _fault("constant")

    def at_zero(self, number: Digits) -> int:
        """The number where all inputs are 0."""
        levels = [self._level(number.bit(column)) for column in range(number.size + 1)]
        value = sum(level << column for column, level in enumerate(levels[:-1]))
        return value - (levels[-1] << number.size)

    def canonical(self, net: Net) -> tuple[Net, int]:
        """The net behind registers and inversions that a net stands for, and whether inverted."""
        inverted = 0
        while True:
            driver = self.drivers.get(net)
            if net in self.netlist.inversions:
                net, inverted = self.netlist.inversions[net], inverted ^ 1
            elif isinstance(driver, Register):
                net = driver.source
            else:
                return net, inverted

    def driving(self, net: Net) -> Function | None:
        """What a cell makes a net; None of an input."""
        slot, driver = self.carries.get(net), self.drivers.get(net)
        if slot is not None:
            return slot.next_carry or ZERO
        if isinstance(driver, Slot):
            return driver.total
        return driver.function if isinstance(driver, Lut) else None

    def _level(self, function: Function) -> int:
        code = sum(self._net_level(net) << place for place, net in enumerate(function.nets))
        return function.table >> code & 1

    def _net_level(self, net: Net) -> int:
        net, inverted = self.canonical(self.aliases.get(net, net))
        if net not in self._levels:
            self._levels[net] = self._level(self.driving(net) or ZERO)
        return self._levels[net] ^ inverted

    def _expect_weights(self, step: Statement) -> None:
        """The number is said to sum what its parts do, and the gain."""
        parts = (part.weights if sign > 0 else negated(part.weights) for sign, part in step.parts)
        if joined(step.gain, *parts) != joined(step.total.weights):
            raise _fault("weights")

    def _expect_room(self, step: Statement) -> None:
        """The number's bounds are those of its bits, if they are to be all there are."""
        total, size = step.total, step.total.size
        if size >= step.width:
            return
        low, high = _bounds(total.weights)
        constant = self.at_zero(total)
        if total.sign in (ZERO, ONE):
            first = -total.sign.table << size
        elif total.sign == total.bit(size - 1):
            first = -1 << (size - 1)
        else:
            raise _fault("sign")
        if constant + low < first or constant + high >= first + (1 << size):
            raise _fault("bounds")

    def _expect_sum(self, step: Statement) -> None:
        """The bits are those of the sum."""
        total, diagrams = step.total, Diagrams()
        size = min(total.size, step.width)
        values = _Values(self, diagrams, step)
        rest = self.at_zero(total) - sum(sign * self.at_zero(part) for sign, part in step.parts)
        found = [0] * size
        for sign, part in step.parts:
            bits = [values.of(part.bit(column)) for column in range(size)]
            rest += sign < 0
            found = _sum(diagrams, found, [diagrams.inverse(bit) for bit in bits] if sign < 0
                         else bits)
        for negative, row in _rows(step.gain):
            bits = [0] * size
            for column, (i, j) in row.items():
                if column < size:
                    factor = 1 if i == ALONE else values.net(self.ports[0][i])
                    product = diagrams.choice(factor, values.net(self.ports[1][j]), 0)
                    bits[column] = diagrams.inverse(product) if negative else product
            rest -= sum(1 << column for column in row) if negative else 0
            found = _sum(diagrams, found, bits)
        found = _sum(diagrams, found, [rest >> column & 1 for column in range(size)])
        if found != [values.of(total.bit(column)) for column in range(size)]:
            raise _fault("bits")


class _Values:
    """Diagrams of nets; the parts' bits are variables."""

    def __init__(self, proof: Proof, diagrams: Diagrams, step: Statement):
        self._proof = proof
        self._diagrams = diagrams
        self._known: dict[Net, Diagram] = {0: 0, 1: 1}
        first = _shift(step)
        for net, (place, bit) in proof.operands.items():
            self._known[net] = diagrams.variable((bit + first, 0, bit) if place else (-1, 0, bit))
        for number, (_, part) in enumerate(step.parts):
            for column in range(part.size):
                nets = part.bit(column).nets
                net, _ = proof.canonical(nets[0]) if len(nets) == 1 else (0, 0)
                if net not in self._known:
                    self._known[net] = diagrams.variable((column, number + 1, net))

    def of(self, function: Function) -> Diagram:
        return self._diagrams.looked_up(function.table, [self.net(net) for net in function.nets])

    def net(self, net: Net) -> Diagram:
        net, inverted = self._proof.canonical(self._proof.aliases.get(net, net))
        if net not in self._known:
            function = self._proof.driving(net)  # None: an input beside the operands
            self._known[net] = (self.of(function) if function is not None
                                else self._diagrams.variable((net, 9, net)))
        return self._diagrams.inverse(self._known[net]) if inverted else self._known[net]


def _shift(step: Statement) -> int:
    """By how many columns the bits of ``a`` that a step adds are shifted, at least."""
    inputs = [step.gain, *(part.weights for _, part in step.parts
                           if any(len(bit.nets) > 1 for bit in part.bits.values()))]
    return max((min(j for _, j in weights) for weights in inputs if weights), default=0)


def _sum(diagrams: Diagrams, x: Sequence[Diagram], y: Sequence[Diagram]) -> list[Diagram]:
    carry, total = 0, []
    for pair in zip(x, y, strict=True):
        bit, carry = diagrams.added(*pair, carry)
        total.append(bit)
    return total


def _rows(gain: Weights) -> Iterator[tuple[bool, dict[int, tuple[int, int]]]]:
    """The products by sign and bit of ``b``: for each column its pair."""
    rows: dict[tuple[bool, int], dict[int, tuple[int, int]]] = {}
    for (i, j), weight in gain.items():
        rows.setdefault((weight < 0, j), {})[abs(weight).bit_length() - 1] = i, j
    for (negative, _), row in rows.items():
        yield negative, row


def _bounds(weights: Weights) -> tuple[int, int]:
    """Numbers between which a sum of products lies: each row is there or not."""
    low: dict[int, int] = {}
    high: dict[int, int] = {}
    for (_, j), weight in weights.items():
        low[j] = low.get(j, 0) + min(weight, 0)
        high[j] = high.get(j, 0) + max(weight, 0)
    return sum(low.values()), sum(high.values())


def _fault(what: str) -> ToolError:
    return ToolError(f"{what} of a sum must be proven, but cannot; please report this "
                     "specification")
