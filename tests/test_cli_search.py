"""The verb that searches multipliers."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

from hwgen.analysis.search import Search
from hwgen.arith.exact import ExactMultiplier
from hwgen.arith.mapped import MappedUnit
from hwgen.array.mesh import ArraySpec
from hwgen.flow.design import Design
from tests.command_line import Call, refused

SMALL = ("--width", 4, "--unsigned", "--target", "ice40", "--mae", "1.5")


def test_writes_a_spec_that_the_other_verbs_take(call: Call, tmp_path: Path) -> None:
    said = call("search-multiplier", *SMALL, "-o", "x/My mul.toml")
    assert said.status == 0
    assert "wrote x/My mul.toml; next: hwgen gen" in said.out
    assert "searching multipliers; Ctrl-C keeps the best so far" in said.err
    array = ArraySpec.load(tmp_path / "x" / "My mul.toml")
    assert (array.name, array.pe.target, array.pe.a.signed) == ("my_mul", "ice40", False)
    text = (tmp_path / "x" / "My mul.toml").read_text()
    assert "#   hwgen search-multiplier --width 4 --unsigned --target ice40 --mae 1.5 -o " in text
    told = json.loads(call("error", "x/My mul.toml", "--json", "--no-plots").out)
    assert f"#   MAE {told['mae']:g} LSB\n" in text
    assert f"#   WCE {told['wce']} LSB\n" in text
    cells, exact = (MappedUnit(family, array.pe.operands, "ice40", "rows").cells
                    for family in (array.pe.multiplier, ExactMultiplier()))
    assert cells < exact
    assert f"# {cells} cells a multiplier, where the exact product takes {exact}. " in text
    for label in ("cells", "exact", "MAE", "WCE", "bias", "MRE"):
        assert f"\n {label} " in said.out
    assert call("check", "x/My mul.toml").status == 0
    assert call("gen", "x/My mul.toml", "-o", "out").status == 0
    assert Design(tmp_path / "out").spec == array


def test_in_json_into_the_default_file(call: Call, tmp_path: Path) -> None:
    told = json.loads(call("search-multiplier", *SMALL, "--json").out)
    assert told["spec"] == "masked_u4xu4_ice40.toml"
    assert told["complete"]
    array = ArraySpec.load(tmp_path / told["spec"])
    multiplier = array.pe.multiplier.model_dump()
    assert (list(multiplier["first"]), multiplier["constant"]) == (told["first"], told["constant"])
    assert told["mae"] <= 1.5
    assert told["cells"] < told["exact_cells"]


def test_each_operand_has_a_format_of_its_own(call: Call, tmp_path: Path) -> None:
    call("search-multiplier", "--a-width", 3, "--width", 5, "--b-unsigned", "--target", "ecp5",
         "--wce", "5%", "--zero", "-o", "a.toml")
    pe = ArraySpec.load(tmp_path / "a.toml").pe
    assert (pe.a.width, pe.a.signed, pe.b.width, pe.b.signed) == (3, True, 5, False)
    assert pe.multiplier.model_dump()["constant"] == 0
    assert pe.multiplier.worst_error(pe.operands) <= 0.05 * 256


@pytest.mark.parametrize(("limit", "most"), [("1%", 2.56), ("2.56", 2.56)])
def test_limits_in_percent_and_lsbs_agree(limit: str, most: float, call: Call) -> None:
    told = json.loads(call("search-multiplier", *SMALL[:-1], limit, "--json").out)
    same = json.loads(call("search-multiplier", *SMALL[:-1], most, "--json", "--force").out)
    assert told == same
    assert told["mae"] <= most


def test_a_square_in_percent(call: Call) -> None:
    told = json.loads(call("search-multiplier", *SMALL[:-2], "--mse", "0.02%", "--json").out)
    assert 0 < told["mse"] <= 0.0002 * 2**16


def test_data_weighs_the_operands(call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([[0, 2], [4, 8]], np.uint8))
    told = json.loads(call("search-multiplier", *SMALL[:-1], 0, "--a-data", "a.npy", "--b-data",
                           "a.npy", "--json").out)
    assert told["wce"] == 0
    assert told["pairs"] == 16
    assert min(told["first"]) > 0
    assert "as they occur in the data" in (tmp_path / told["spec"]).read_text()


def test_an_interrupted_search_writes_its_best(call: Call, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(search: Search, watch: object) -> None:
        search.consider((1, 0, 0, 0))
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "staircases", interrupted)
    said = call("search-multiplier", *SMALL, "-o", "a.toml")
    assert said.status == 0
    assert "interrupted: the best so far; wrote a.toml" in said.out
    assert tomllib.loads((tmp_path / "a.toml").read_text())["pe"]["multiplier"]["first"] == [
        1, 0, 0, 0]


def test_annealing(call: Call) -> None:
    told = [json.loads(call("search-multiplier", *SMALL, "--steps", 20, "--seed", 3, "--json",
                            "--force").out) for _ in range(2)]
    assert told[0] == told[1]


def test_refuses_to_overwrite(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("mine")
    refused(call("search-multiplier", *SMALL, "-o", "a.toml"), "a.toml must be a new file",
            "--force")
    assert (tmp_path / "a.toml").read_text() == "mine"
    assert call("search-multiplier", *SMALL, "-o", "a.toml", "--force").status == 0
    assert ArraySpec.load(tmp_path / "a.toml").name == "a"


@pytest.mark.parametrize(("arguments", "part"), [
    ((), "exactly one of --mae, --wce, --bias and --mse must be given, not none"),
    (("--mae", "1", "--wce", "2"), "must be given, not --mae and --wce; for example: --mae 0.05%"),
    (("--mae", "x"), "--mae must be a number of at least 0, in LSBs of the product or in % of "
                     "2^16 as 0.05%, not 'x'"),
    (("--mse", "1%%"), "--mse must be a number of at least 0, in LSBs of the product or in % of "
                       "2^32 as 0.05%, not '1%%'"),
    (("--wce", "-1"), "not '-1'"), (("--bias", "nan%"), "not 'nan%'"), (("--mae", ""), "not ''"),
    (("--mae", "inf"), "not 'inf'"),
    (("--mae", "1", "--target", "x"), "target must be one of ecp5"),
    (("--mae", "1", "--width", "0"), "--width must be 2 to 16, not 0"),
    (("--mae", "1", "--b-width", "17"), "--b-width must be 2 to 16, not 17"),
    (("--mae", "1", "--width", "13"), "a.width + b.width must be at most 24"),
    (("--mae", "1", "--seconds", "nan"), "--seconds must be a number of at least 0, not nan"),
    (("--mae", "1", "--steps", "-1"), "--steps must be at least 0, not -1"),
    (("--mae", "1", "--a-data", "none.npy"), "--a-data must be a readable file, not 'none.npy'"),
    (("--mae", "1", "--b-data", "big.npy"),
     "--b-data must hold codes of -128 to 127, not 0 to 128"),
])
def test_refuses(arguments: tuple[str, ...], part: str, call: Call, tmp_path: Path) -> None:
    np.save(tmp_path / "big.npy", np.array([0, 128]))
    refused(call("search-multiplier", "--target", "ecp5", *arguments), part)
    assert [path.name for path in tmp_path.iterdir()] == ["big.npy"]
