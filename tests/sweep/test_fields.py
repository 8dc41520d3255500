"""Dotted names of fields."""

import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.spec import InputError
from hwgen.sweep.fields import field_names, found, replaced


@pytest.mark.parametrize("name", [
    "rows", "pe.a.width", "pe.accumulator.chunk.steps", "pe.multiplier.cut", "pe.multiplier.kind",
    "output.width", "dataflow.bank_rows", "random.sharing", "pe.precision.kind", "pe",
])
def test_known(name: str) -> None:
    assert name in field_names()


@pytest.mark.parametrize("name", ["row", "pe.width", "pe.a.width.x", "", "config_hash"])
def test_unknown(name: str) -> None:
    assert name not in field_names()


def test_every_field_of_an_array_is_known() -> None:
    def names(values: dict[str, object], prefix: str = "") -> list[str]:
        return [name for key, value in values.items() for name in (
            f"{prefix}{key}",
            *(names(value, f"{prefix}{key}.") if isinstance(value, dict) else ()))]

    assert set(names(ArraySpec(name="a").model_dump())) <= field_names()


def test_found() -> None:
    values = {"pe": {"a": {"width": 4}}, "rows": 2}
    assert found(values, "pe.a.width") == 4
    assert found(values, "pe.b.width") is None
    assert found(values, "rows.x") is None


def test_replaced_leaves_the_old_values() -> None:
    values = {"pe": {"a": {"width": 4, "frac": 1}}, "rows": 2}
    changed = replaced(replaced(values, "pe.a.width", 8), "output.width", 3)
    assert changed == {"pe": {"a": {"width": 8, "frac": 1}}, "rows": 2, "output": {"width": 3}}
    assert values["pe"] == {"a": {"width": 4, "frac": 1}}


def test_refuses_a_name_through_a_number() -> None:
    with pytest.raises(InputError, match="width must be a field inside a table, but a is 8"):
        replaced({"pe": {"a": 8}}, "pe.a.width", 4)
