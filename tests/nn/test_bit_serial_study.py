"""The study of precision that follows the data: its cycles by hand, its tables and its page."""

from pathlib import Path

import numpy as np
import pytest

from hwgen.array.mesh import ArraySpec
from hwgen.nn import bit_serial_rows, bit_serial_study
from hwgen.nn.bit_serial_study import (
    FIGURE,
    LANES,
    Tensor,
    convolution_layer,
    digits,
    main,
    precisions,
    product_layer,
)
from hwgen.nn.digits import DigitsNetwork
from hwgen.number import Fixed, random_codes

BEGIN, END = "<!-- bit-serial-study:begin -->\n", "<!-- bit-serial-study:end -->\n"


ROOT = Path(__file__).parents[2]
INT8 = Fixed(width=8)


def precision(values: list[int]) -> int:
    return max((~value if value < 0 else value).bit_length() + 1 for value in values)


def small(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return random_codes(rng, INT8, shape) >> rng.integers(0, 8, shape)


def test_product_cycles_by_hand() -> None:
    """Step by step: the widest of 8 groups of 16 activations, and of 8 groups of 16 weights."""
    rng = np.random.default_rng(1)
    a, b = small(rng, (20, 40)), small(rng, (11, 40))
    steps = activation = both = 0
    for m in range(0, 20, 8):
        for n in range(0, 11, 8):
            for k in range(0, 40, LANES):
                p_a = precision(a[m : m + 8, k : k + LANES].ravel().tolist())
                p_w = precision(b[n : n + 8, k : k + LANES].ravel().tolist())
                steps, activation, both = steps + 1, activation + p_a, both + p_a * p_w
    layer = product_layer("layer", Tensor("a", a, INT8), Tensor("b", b, INT8))
    assert (layer.steps, layer.activation_cycles, layer.both_cycles) == (steps, activation, both)
    assert layer.row == (f"| layer | 8 | {steps * 8 / activation:.2f}x | "
                         f"{steps * 64 / both:.2f}x | {steps / activation:.1%} | "
                         f"{steps / both:.2%} |")


@pytest.mark.parametrize(("kind", "member"), [
    ("activation-serial", "activation_cycles"), ("both-serial", "both_cycles")])
def test_cycles_are_those_of_the_array(kind: str, member: str) -> None:
    """All but the fill, which comes once."""
    rng = np.random.default_rng(3)
    a, b = small(rng, (20, 200)), small(rng, (11, 200))
    layer = product_layer("layer", Tensor("a", a, INT8), Tensor("b", b, INT8))
    array = ArraySpec.parse({"name": "mac", "pe": {
        "kind": kind, "lanes": LANES, "precision": {"kind": "dynamic"}}})
    fill = array.latency + array.rows - 1
    assert array.schedule_of(a, b.T).cycles == getattr(layer, member) + fill


def test_convolution_is_the_product_of_its_patches() -> None:
    """The same layer, with every patch of the image as a row."""
    rng = np.random.default_rng(2)
    image, kernel = small(rng, (7, 20, 16)), small(rng, (25, 16, 9))
    layer = convolution_layer("layer", Tensor("a", image, INT8), kernel, INT8)
    patches = np.array([image[y : y + 5, x : x + 5].reshape(-1)
                        for y in range(3) for x in range(16)])
    weights = kernel.reshape(-1, 9).T
    expected = product_layer("layer", Tensor("a", patches, INT8), Tensor("b", weights, INT8))
    assert layer.both_cycles == expected.both_cycles
    assert layer.activation_cycles == expected.activation_cycles
    assert layer.steps == expected.steps


def test_precisions_of_blocks() -> None:
    codes = np.zeros((9, 17), np.int64)
    codes[3, 2], codes[8, 16] = 5, -100
    assert precisions(codes, INT8, 8).tolist() == [[4, 1], [1, 8]]


@pytest.mark.parametrize("bits", [8, 16])
def test_digits_are_those_of_the_network(bits: int) -> None:
    tensors, layers = digits(bits)
    images, hidden, weights1, weights2 = (tensor.codes for tensor in tensors)
    scores = hidden @ weights2.T
    labels = DigitsNetwork.load().labels
    assert np.mean(scores.argmax(axis=1) == labels) > 0.9
    assert images.shape == (450, 64)
    assert weights1.shape == (32, 64)
    assert all(tensor.container.contains(tensor.codes) for tensor in tensors)
    assert [layer.steps for layer in layers] == [57 * 4 * 4, 57 * 2 * 2]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digits alone."""
    monkeypatch.setattr(bit_serial_study, "cases", lambda: [digits(8), digits(16)])
    first = next(bit_serial_rows.layers())
    monkeypatch.setattr(bit_serial_rows, "layers", lambda: [first])


@pytest.mark.usefixtures("quick")
def test_page_keeps_its_text(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"Before\n{BEGIN}| old |\n{END}After\n")
    assert main([str(page)]) == 0
    text = page.read_text()
    assert text.startswith(f"Before\n{BEGIN}\nPacked over container bits")
    assert text.endswith(f"\n{END}After\n")
    assert "old" not in text
    assert (tmp_path / FIGURE).read_text().startswith("<?xml")
    # The rows of the shipped page.
    shipped = (ROOT / "docs/bit_serial.md").read_text()
    assert all(line in shipped for line in text.splitlines() if line.startswith("| digits"))


@pytest.mark.parametrize(("text", "message"), [
    (None, "page must be a readable file, not "),
    ("no markers", "page must hold the lines <!-- bit-serial-study:begin --> and <!-- "),
])
def test_wrong_page(tmp_path: Path, text: str | None, message: str,
                    capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    if text:
        page.write_text(text)
    assert main([str(page)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {message}")
