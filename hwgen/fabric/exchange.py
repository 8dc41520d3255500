"""Proof that a netlist sums its lanes: each exchange on its own, then all of them as an account.

An exchange is about a few nets, so that all their values are tried.  Those nets stand for whatever
drives them; what is given is followed back through the cells until it depends on them alone.
"""

from collections import Counter
from functools import cache

from hwgen.fabric.lanes import LanePlan
from hwgen.fabric.logic import ONE, ZERO, Function, Net, combined, numbered, renamed
from hwgen.fabric.netlist import Netlist
from hwgen.fabric.proof import Proof
from hwgen.fabric.sums import Exchange
from hwgen.spec import ToolError


class ExchangeProof:
    """The exchanges of one netlist, and whether they are true and make the sum."""

    def __init__(self, netlist: Netlist):
        self.netlist = netlist
        self._nets = Proof(netlist)

    def check(self, plan: LanePlan) -> None:
        """Prove that port ``p`` is the sum of ``plan``.

        Raises
        ------
        ToolError : it is not, or cannot be seen to be.
        """
        heap: Counter[Function] = Counter()
        for bit, worth in plan.products(self.netlist):
            heap[bit] += worth
        for exchange in self.netlist.exchanges:
            self._expect_equal(exchange, 1 << plan.width)
            for bit, worth in exchange.taken:
                heap[bit] -= worth
            for bit, worth in exchange.given:
                heap[bit] += worth
        for column, net in enumerate(self.netlist.outputs["p"]):
            heap[self._named(Function.of(net))] -= 1 << column
        left = {bit: worth % (1 << plan.width) for bit, worth in self._merged(heap).items()}
        if any(left.values()) or len(self.netlist.outputs["p"]) != plan.width:
            raise _fault("account")

    def _merged(self, heap: Counter[Function]) -> Counter[Function]:
        """The same with each function in terms of the nets behind registers and inversions."""
        merged: Counter[Function] = Counter()
        for bit, worth in heap.items():
            named = self._named(bit)
            if named.net is None and (~named).net is not None:  # ~v = 1 - v
                merged[~named] -= worth
                merged[ONE] += worth
            elif named != ZERO:
                merged[named] += worth
        return merged

    def _named(self, bit: Function) -> Function:
        """The function in terms of the nets that :meth:`Proof.canonical` names."""
        values = {net: self._canonical(net) for net in bit.nets}
        return _composed(bit, values)

    def _canonical(self, net: Net) -> Function:
        net, inverted = self._nets.canonical(self._nets.aliases.get(net, net))
        return ~Function.of(net) if inverted else Function.of(net)

    def _expect_equal(self, exchange: Exchange, modulus: int) -> None:
        taken = [(self._named(bit), worth) for bit, worth in exchange.taken]
        known = {net: Function.of(net) for bit, _ in taken for net in bit.nets}
        given = [(self._of(bit, known), worth) for bit, worth in exchange.given]
        sides = [*taken, *((bit, -worth) for bit, worth in given)]
        unit = min((abs(worth) & -abs(worth) for _, worth in sides if worth), default=1)
        functions, _ = numbered(*(bit for bit, _ in sides))
        worths = tuple(worth // unit for _, worth in sides)
        if not _cancels(tuple(zip(functions, worths, strict=True)), modulus // unit):
            raise _fault("exchange")

    def _of(self, bit: Function, known: dict[Net, Function]) -> Function:
        """A function in terms of the known nets."""
        for net in bit.nets:
            if net not in known:
                known[net] = self._net(net, known)
        return _composed(bit, known)

    def _net(self, net: Net, known: dict[Net, Function]) -> Function:
        named = self._canonical(net)
        if not named.nets or named.nets[0] in known:
            return _composed(named, known)
        driving = self._nets.driving(named.nets[0])
        if driving is None:
            raise _fault("exchange")
        own = self._of(driving, known)
        return ~own if named.net is None else own


@cache
def _cancels(bits: tuple[tuple[Function, int], ...], modulus: int) -> bool:
    """Whether a sum is 0 whatever the nets are."""
    nets = sorted({net for bit, _ in bits for net in bit.nets})
    tables = [(bit.over(nets), worth) for bit, worth in bits]
    return not any(sum((table >> code & 1) * worth for table, worth in tables) % modulus
                   for code in range(1 << len(nets)))


def _composed(outer: Function, inner: dict[Net, Function]) -> Function:
    """A function of functions."""
    own = {net: inner[net] for net in outer.nets}
    if all(value.net == net for net, value in own.items()):
        return outer
    numbers, nets = numbered(*own.values())
    return renamed(_nested(outer.table, tuple(numbers)), dict(enumerate(nets, 2)))


@cache
def _nested(table: int, inner: tuple[Function, ...]) -> Function:
    """The function with a truth table, of functions."""
    nets = sorted({net for value in inner for net in value.nets})
    tables = [value.over(nets) for value in inner]
    return combined(lambda code: table >> sum(
        (value >> code & 1) << place for place, value in enumerate(tables)) & 1, nets)


def _fault(what: str) -> ToolError:
    return ToolError(f"{what} of bits must be proven, but cannot; please report this specification")
