"""Barrel shifters of the compressed traffic: windows of a vector, compaction of a vector.

Compaction is a network of one multiplexer row for each bit of the distance (a butterfly): an
element moves down by as many places as there are empty ones below it, the lowest bit of the
distance first.  No two elements ever meet.  The same moves backwards spread them out again.
"""

from collections.abc import Sequence

from amaranth import Cat, Const, Module, Mux, Signal, Value


def named(m: Module, value: Value, name: str) -> Signal:
    """A signal with the bits of ``value``: what is read bit by bit must not be computed anew."""
    signal = Signal(len(value), name=name)
    m.d.comb += signal.eq(value)
    return signal


def window(m: Module, bits: Value, by: Value, width: int, name: str) -> Value:
    """``width`` of the ``bits`` from bit ``by``; zeros behind the last one."""
    for stage in reversed(range(len(by))):
        places = 1 << stage
        value = Mux(by[stage], bits[places:], bits)
        bits = named(m, value[: width + places - 1], f"{name}_{places}")
    return bits


def window_up(m: Module, bits: Value, by: Value, width: int, name: str) -> Value:
    """The highest ``width`` of the ``bits`` after a shift up by ``by``; zeros come from below."""
    return named(m, window(m, bits[::-1], by, width, name)[::-1], name)


def selected(index: Value, choices: Sequence[Value]) -> Value:
    """The choice with this index, all of one width, by a tree of multiplexers."""
    values = list(choices)
    for bit in index:
        pairs = [values[start : start + 2] for start in range(0, len(values), 2)]
        values = [Mux(bit, pair[1], pair[0]) if len(pair) > 1 else pair[0] for pair in pairs]
    return values[0]


def below(bits: int, number: Value) -> Value:
    """A thermometer of ``bits``: bit k is set where ``number`` is above k."""
    most = (1 << len(number)) - 1
    return Cat(number > place if place < most else Const(0, 1) for place in range(bits))


def moves(m: Module, present: Value, name: str) -> list[Signal]:
    """For each stage a bit a place, set where what is there moves down in that stage.

    Stage s moves by ``2**s`` places.
    """
    count = len(present)
    stages = (count - 1).bit_length()
    distances = [Const(0, stages)]
    for place in range(1, count):
        zeros = total([~present[lower] for lower in range(place)])
        distance = Signal(stages, name=f"{name}_distance{place}")
        m.d.comb += distance.eq(zeros)
        distances.append(distance)
    # What travels: whether something is there, and the bits of the distance still to go.
    state: list[Value] = [named(m, Cat(present[place], distance), f"{name}_before{place}")
                          for place, distance in enumerate(distances)]
    rows = []
    for stage in range(stages):
        row = named(m, Cat(bits[0] & bits[1] for bits in state), f"{name}_moves{stage}")
        rows.append(row)
        arrived = []
        for place, bits in enumerate(state):
            after = Signal(stages - stage, name=f"{name}_after{stage}_{place}")
            stays = Cat(bits[0] & ~row[place], bits[2:])
            above = place + (1 << stage)
            m.d.comb += after.eq(
                Mux(row[above], Cat(1, state[above][2:]), stays) if above < count else stays)
            arrived.append(after)
        state = arrived
    return rows


def total(numbers: Sequence[Value]) -> Value:
    """The sum, as a balanced tree."""
    if not numbers:
        return Const(0, 1)
    if len(numbers) == 1:
        return numbers[0]
    half = len(numbers) // 2
    return total(numbers[:half]) + total(numbers[half:])


def compacted(m: Module, lanes: Sequence[Value], rows: Sequence[Value], name: str) -> list[Value]:
    """The lanes that are present, in order, from lane 0; rubbish in those behind them."""
    for stage, row in enumerate(rows):
        lanes = _stage(m, lanes, 1 << stage, row[1 << stage :], f"{name}_packed{stage}")
    return list(lanes)


def spread(m: Module, lanes: Sequence[Value], rows: Sequence[Value], name: str) -> list[Value]:
    """Backwards: lanes from 0 in order, each at its place; rubbish in those not present."""
    for stage, row in reversed(list(enumerate(rows))):
        moved = _stage(m, lanes[::-1], 1 << stage, row[1 << stage :][::-1], f"{name}_spread{stage}")
        lanes = moved[::-1]
    return list(lanes)


def _stage(m: Module, lanes: Sequence[Value], places: int, row: Value, name: str) -> list[Value]:
    """Lane k takes lane ``k + places`` where bit k of ``row`` is set."""
    after = []
    for lane, value in enumerate(lanes):
        above = lane + places
        moved = Mux(row[lane], lanes[above], value) if above < len(lanes) else value
        after.append(named(m, moved, f"{name}_{lane}"))
    return after
