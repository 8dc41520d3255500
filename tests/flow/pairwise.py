"""Arrays in which every two choices of a spec meet at least once, and how such a set is found."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any
from zlib import crc32

from hwgen.arith.catalogue import MULTIPLIERS
from hwgen.arith.multiplier import Operands
from hwgen.array.mesh import ArraySpec
from hwgen.number import Fixed

Case = Mapping[str, Any]
Pair = tuple[str, Any, str, Any]

SERIAL = ("activation-serial", "both-serial")
"""PEs whose exact products count as families of their own."""
PRECISIONS = ({"kind": "fixed"}, {"kind": "run-time"}, {"kind": "dynamic"},
              {"kind": "dynamic", "form": "sign-magnitude"})

FAMILIES = {family.model_fields["kind"].default: family for family in MULTIPLIERS}

AXES: dict[str, Sequence[Any]] = {
    "dataflow": ("os", "ws_bank", "ws_no_bank"),
    "multiplier": (*FAMILIES, *SERIAL),
    "accumulator": ("exact", "wrap", "saturate", "frac", "chunked"),
    # Stochastic rounding of steps: the bits of a draw (all, or 3) and who shares it.
    "rounding": ("floor", "nearest_up", "nearest_even",
                 *product(("all", 3), ("pe", "column"))),
    "output": ("none", "narrow", "stochastic"),
    "lanes": (1, 2, 3),
    "signedness": ("ss", "uu", "su", "us"),
    "pipeline": (0, 1),
    "shape": ((1, 1), (1, 3), (3, 2), (4, 4)),
}


def feasible(case: Case) -> bool:
    """Whether the choices, of all axes or of some, can be those of one array."""
    # A sum of chunks needs a bank, and exact sums have no bits to round away.
    return ((case.get("dataflow"), case.get("accumulator")) != ("ws_no_bank", "chunked")
            and (case.get("accumulator") != "exact" or case.get("rounding", "floor") == "floor"))


def pairs(case: Case) -> Iterator[Pair]:
    """Every two choices of ``case``."""
    for (one, x), (other, y) in combinations(case.items(), 2):
        yield one, x, other, y


def feasible_pairs() -> set[Pair]:
    """Every two choices of two axes that can meet."""
    return {(one, x, other, y) for one, other in combinations(AXES, 2)
            for x, y in product(AXES[one], AXES[other]) if feasible({one: x, other: y})}


def covering(count: int) -> list[dict[str, Any]]:
    """Cases in which all feasible pairs meet, at least ``count`` of them; the same every time.

    Greedy: a case begins with the pair that has met least often, and takes axis by axis what makes
    the most such pairs.
    """
    met = Counter(dict.fromkeys(sorted(feasible_pairs(), key=repr), 0))
    cases: list[dict[str, Any]] = []
    while len(cases) < count or 0 in met.values():
        least = min(met.values())
        one, x, other, y = next(pair for pair, times in met.items() if times == least)
        case = _completed({one: x, other: y}, met)
        met.update(pairs(case))
        cases.append(case)
    return cases


def _completed(case: dict[str, Any], met: Counter[Pair]) -> dict[str, Any]:
    """All axes of a case, in their order; pairs weigh the more the less they have met."""
    for axis in sorted(AXES.keys() - case.keys(), key=lambda axis: (-len(AXES[axis]), axis)):
        choices = [ordered({**case, axis: value}) for value in AXES[axis]
                   if feasible({**case, axis: value})]
        case = max(choices, key=lambda choice: sum(4.0 ** -met[pair] for pair in pairs(choice)))
    return case


def ordered(case: Case) -> dict[str, Any]:
    """The choices in the order of the axes."""
    return {axis: case[axis] for axis in AXES if axis in case}


def array_of(name: str, case: Case) -> ArraySpec:
    """The array of a case: small operands, sums that overflow unless they are to be exact."""
    a, b = _operands(case)
    family, operands = FAMILIES[product_kind(case)], Operands(a, b)
    multiplier = list(family.examples(operands))[-1]
    product_shape = multiplier.product_shape(operands)
    rows, columns = case["shape"]
    accumulator = _accumulator(case, operands, product_shape.width, product_shape.signed)
    sharing = case["rounding"][1] if isinstance(case["rounding"], tuple) else "column"
    return ArraySpec.parse({
        "name": name, "rows": rows, "columns": columns, "dataflow": _DATAFLOWS[case["dataflow"]],
        "pe": {"a": a.model_dump(), "b": b.model_dump(), "lanes": case["lanes"],
               "pipeline": case["pipeline"], "multiplier": multiplier.model_dump(),
               "accumulator": accumulator, **_serial(name, case)},
        **_output(case, accumulator["frac"]),
        "random": {"sharing": sharing, "seed": crc32(name.encode()) >> 4},
    })


def product_kind(case: Case) -> str:
    """The family of the products."""
    return "exact" if case["multiplier"] in SERIAL else case["multiplier"]


def _serial(name: str, case: Case) -> dict[str, Any]:
    """What makes the PE bit-serial, of any precision."""
    if case["multiplier"] not in SERIAL:
        return {}
    return {"kind": case["multiplier"], "precision": PRECISIONS[crc32(name.encode()) % 4]}


_DATAFLOWS = {
    "os": {"kind": "output-stationary"},
    "ws_bank": {"kind": "weight-stationary", "bank_rows": 5},
    "ws_no_bank": {"kind": "weight-stationary", "bank_rows": 0},
}


def _operands(case: Case) -> tuple[Fixed, Fixed]:
    """Of 5 and 6 bits; tables are of 4 and 4, because Verilog grows with their size."""
    widths = (4, 4) if case["multiplier"] == "table" else (5, 6)
    a, b = (Fixed(width=width, frac=frac, signed=sign == "s")
            for width, frac, sign in zip(widths, (4, 3), case["signedness"], strict=True))
    return a, b


def _accumulator(case: Case, operands: Operands, width: int, signed: bool) -> dict[str, Any]:
    """Narrow ones as wide as one product; all but exact ones lose bits when they round."""
    kind, rounding = case["accumulator"], case["rounding"]
    drop = 4 if kind == "frac" or (kind != "exact" and rounding != "floor") else 0
    values = {"frac": operands.product_frac - drop, "signed": signed,
              "width": width + 8 if kind in ("exact", "frac") else width - drop,
              "overflow": "saturate" if kind == "saturate" else "wrap",
              "rounding": "stochastic" if isinstance(rounding, tuple) else rounding}
    if isinstance(rounding, tuple) and rounding[0] != "all":
        values["random_bits"] = rounding[0]
    if kind == "chunked":
        steps = 2 if case["dataflow"] == "os" else case["shape"][0]
        values["chunk"] = {"steps": steps, "width": width - drop + 1, "overflow": "saturate"}
    return values


def _output(case: Case, frac: int) -> dict[str, Any]:
    kinds = {"none": None,
             "narrow": {"width": 6, "frac": frac - 2, "rounding": "nearest_even"},
             "stochastic": {"width": 5, "frac": frac - 3, "rounding": "stochastic"}}
    output = kinds[case["output"]]
    return {"output": output} if output else {}
