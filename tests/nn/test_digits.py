"""The digits network: the shipped file, its integers, and its training."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from hwgen.array.mesh import ArraySpec
from hwgen.nn import train_digits
from hwgen.nn.digits import SHIPPED, DigitsNetwork
from hwgen.spec import InputError
from tests.streams import simulate_streams

INT8 = ArraySpec.parse({"name": "digits"})
NARROW = {"a": {"width": 4, "signed": False}, "b": {"width": 4},
          "accumulator": {"width": 12, "overflow": "saturate"}}


def array_of(pe, **fields):
    return ArraySpec.parse({"name": "digits", "pe": pe, **fields})


@pytest.fixture(scope="module")
def network():
    return DigitsNetwork.load()


@pytest.fixture(scope="module")
def reference(network):
    return plain_integers(network)


def plain_integers(network):
    """Sums of both layers and digits in plain int64, from the definition of the network."""
    first = network.images.astype(np.int64) @ network.weights1.astype(np.int64)
    hidden = np.maximum(first + network.bias1, 0)
    hidden = np.minimum((hidden + (1 << network.shift >> 1)) // 2**network.shift, 127)
    second = hidden @ network.weights2.astype(np.int64)
    return first, second, (second + network.bias2).argmax(axis=1)


def rewritten(path, **arrays):
    """The shipped file with some arrays exchanged (None: left out)."""
    with np.load(SHIPPED, allow_pickle=False) as archive:
        arrays = {**archive, **arrays}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize(("name", "dtype", "shape"), [
    ("weights1", np.int8, (64, 32)), ("bias1", np.int32, (32,)), ("weights2", np.int8, (32, 10)),
    ("bias2", np.int32, (10,)), ("images", np.uint8, (450, 64)), ("labels", np.uint8, (450,)),
])
def test_shipped_arrays(network, name, dtype, shape):
    array = getattr(network, name)
    assert (array.dtype, array.shape) == (dtype, shape)


def test_shipped_file_is_small():
    assert SHIPPED.stat().st_size < 25_000


def test_shipped_weights_use_all_of_int8(network):
    assert np.abs(network.weights1.astype(int)).max() == 127
    assert np.abs(network.weights2.astype(int)).max() == 127


def test_shipped_images_are_those_of_scikit_learn(network):
    images, labels = load_digits(return_X_y=True)
    _, images, _, labels = train_test_split(images, labels, test_size=0.25, random_state=0,
                                            stratify=labels)
    np.testing.assert_array_equal(network.images, images)
    np.testing.assert_array_equal(network.labels, labels)


def test_int8_golden_equals_plain_integers(network, reference):
    result = network.classify(INT8, INT8.golden)
    for codes, sums in zip(result.layers, reference[:2], strict=True):
        np.testing.assert_array_equal(codes, sums)
    np.testing.assert_array_equal(result.predictions, reference[2])
    assert result.accuracy == np.mean(reference[2] == network.labels)
    assert result.accuracy >= 0.95
    assert result.macs == 450 * (64 * 32 + 32 * 10)


@pytest.mark.parametrize("less", [1, 3])
def test_activations_saturate(network, less):
    hot = replace(network, shift=network.shift - less)
    first, second, digits = plain_integers(hot)
    assert ((first + hot.bias1) >> hot.shift).max() > 127
    result = hot.classify(INT8, INT8.golden)
    np.testing.assert_array_equal(result.layers[1], second)
    np.testing.assert_array_equal(result.predictions, digits)


@pytest.mark.parametrize("array", [
    array_of({}, dataflow={"kind": "weight-stationary"}),
    array_of({"b": {"width": 12}, "lanes": 4}),
    array_of({"a": {"width": 7, "signed": False}, "accumulator": {"width": 18}}),
    array_of({"a": {"width": 8, "frac": 4}, "b": {"width": 8, "frac": 7}}),
    array_of({"a": {"width": 8, "frac": -3}, "accumulator": {"width": 64}}),
], ids=["weight_stationary", "wide_weights", "unsigned_a", "fractions", "64_bits"])
def test_exact_arrays_predict_alike(network, reference, array):
    result = network.classify(array, array.golden)
    np.testing.assert_array_equal(result.layers[1], reference[1])
    np.testing.assert_array_equal(result.predictions, reference[2])


@pytest.mark.parametrize("frac", [0, -4, -8])
def test_dropped_result_bits_are_brought_back(network, reference, frac):
    """Scaled back, the codes are the sums to half a kept LSB; biases keep their meaning."""
    array = array_of({}, output={"width": 20 + frac, "frac": frac})
    result = network.classify(array, array.golden)
    first = result.layers[0] << -frac
    assert np.abs(first - reference[0]).max() <= (1 << -frac) // 2
    assert result.accuracy >= network.classify(INT8, INT8.golden).accuracy - 0.01


def test_sums_beyond_int64_stay_exact(network):
    """Result codes of 64 bits near the ends of their range, each worth 2**30."""
    array = array_of({"a": {"width": 32}, "b": {"width": 32}, "accumulator": {"width": 64}},
                     output={"width": 64, "frac": -30})

    def huge(a, b):
        codes = np.full((len(a), b.shape[1]), -(2**63 - 1), np.int64)
        if b.shape[1] == 10:
            codes[np.arange(450), network.labels] = 2**62
        return codes

    assert network.classify(array, huge).accuracy == 1.0


@pytest.mark.parametrize(("pe", "least"), [
    (NARROW, 0.95),
    ({**NARROW, "a": {"width": 4}}, 0.93),
    ({"a": {"width": 6}, "b": {"width": 5}}, 0.95),
    ({"a": {"width": 1, "signed": False}}, 0.4),
], ids=["u4xs4", "s4xs4", "s6xs5", "u1xs8"])
def test_narrow_operands_cost_accuracy(network, pe, least):
    array = array_of(pe)
    best = network.classify(INT8, INT8.golden).accuracy
    result = network.classify(array, array.golden)
    assert least <= result.accuracy <= best
    for codes in result.layers:
        assert array.result.contains(codes)


def test_narrow_operands_are_rounded_and_saturated(network):
    """What reaches a 4-bit array, from the definition: nearest, ties up, 16 clamped to 15."""
    seen = []

    def product(a, b):
        seen.append((a, b))
        return array.golden(a, b)

    array = array_of(NARROW)
    network.classify(array, product)
    (pixels, weights), (hidden, _) = seen
    np.testing.assert_array_equal(pixels, np.minimum(network.images, 15))
    np.testing.assert_array_equal(weights, np.minimum(np.floor(network.weights1 / 16 + 0.5), 7))
    sums = (pixels @ weights).astype(np.int64) * 16 + network.bias1
    expected = np.floor(np.maximum(sums, 0) / 2.0 ** (network.shift + 3) + 0.5)
    np.testing.assert_array_equal(hidden, np.minimum(expected, 15))


@pytest.mark.parametrize("pe", [{"lanes": 4}, {**NARROW, "lanes": 4}], ids=["int8", "narrow"])
@pytest.mark.parametrize("dataflow", ["output-stationary", "weight-stationary"])
def test_rtl_layers_equal_golden(network, pe, dataflow):
    array = array_of(pe, rows=4, columns=5, dataflow={"kind": dataflow})
    few = replace(network, images=network.images[:6], labels=network.labels[:6])

    def simulated(a, b):
        beats = array.beats(a, b)
        operands = {name: beats[name] for name in ("a", "b")}
        codes, _last, _cycles = simulate_streams(array, operands, len(beats["o"]["codes"]))
        return array.collect(codes, len(a), b.shape[1])

    hardware = few.classify(array, simulated)
    golden = few.classify(array, array.golden)
    for codes, expected in zip(hardware.layers, golden.layers, strict=True):
        np.testing.assert_array_equal(codes, expected)


def test_one_wrong_code_shows(network):
    def wrong(a, b):
        codes = INT8.golden(a, b)
        codes[17, 3] ^= 1
        return codes

    result, golden = (network.classify(INT8, product) for product in (wrong, INT8.golden))
    differing = [np.count_nonzero(ours != theirs)
                 for ours, theirs in zip(result.layers, golden.layers, strict=True)]
    assert min(differing) > 0
    assert result.equal(golden) == golden.equal(result) == result.results - sum(differing)
    assert golden.equal(golden) == golden.results == len(network.images) * (32 + 10)
    assert np.argwhere(result.layers[0] != golden.layers[0]).tolist() == [[17, 3]]
    assert [17, 3] in np.argwhere(result.layers[1] != golden.layers[1]).tolist()


@pytest.mark.parametrize(("pe", "message"), [
    ({"b": {"width": 8, "signed": False}},
     "pe.b must be signed and of 2 bits or more to hold the weights of the digits network, "
     "not unsigned 8 bits; set pe.b.signed = true and pe.b.width = 8"),
    ({"b": {"width": 1}}, "pe.b must be .* not signed 1 bit;"),
    ({"a": {"width": 1}},
     "pe.a must be unsigned or of 2 bits or more to hold the pixels of the digits network, "
     "not signed 1 bit; set pe.a.width = 8"),
])
def test_formats_that_cannot_hold_the_network(network, pe, message):
    array = array_of(pe)
    with pytest.raises(InputError, match=message):
        network.classify(array, array.golden)


@pytest.mark.parametrize("content", [
    b"", b"not a network", b"PK\x03\x04", b"\x80\x04]\x94.", SHIPPED.read_bytes()[:-300],
    SHIPPED.read_bytes().replace(b"version", b"visions"),
], ids=["empty", "text", "zip_magic", "pickle", "cut_off", "renamed"])
def test_damaged_file(tmp_path, content):
    path = tmp_path / "broken.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"digits network must be a \.npz file .*broken\.npz"):
        DigitsNetwork.load(path)


def test_flipped_bit_in_the_data(tmp_path):
    raw = bytearray(SHIPPED.read_bytes())
    raw[len(raw) // 2] ^= 1
    path = tmp_path / "broken.npz"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=r"broken\.npz.*damaged"):
        DigitsNetwork.load(path)


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match=r"none\.npz' \(No such file or directory\)"):
        DigitsNetwork.load(tmp_path / "none.npz")


def test_single_array_is_no_network(tmp_path):
    path = tmp_path / "one.npy"
    np.save(path, np.zeros(3))
    with pytest.raises(InputError, match=r"one\.npy' \(damaged, or of another kind\)"):
        DigitsNetwork.load(path)


@pytest.mark.parametrize(("arrays", "message"), [
    ({"weights2": None}, "weights2 is not a file in the archive"),
    ({"weights1": np.zeros((64, 31), np.int8)}, r"weights1 must be int8, 64 x 32, not int8 of"),
    ({"bias1": np.zeros(32)}, "bias1 must be int32, 32, not float64"),
    ({"shift": np.array([3], np.int32)}, "shift must be int32, one number, not int32 of shape"),
    ({"version": np.int32(2)}, "version must be 1, not 2; write a new one with: python -m"),
    ({"shift": np.int32(-1)}, "shift must be 0 to 31, not -1"),
    ({"images": np.zeros((7, 64), np.uint8)}, "images and labels must be equally many, not 7 and"),
    ({"images": np.full((450, 64), 17, np.uint8)}, "images must hold pixels of 0 to 16, not 17"),
    ({"labels": np.full(450, 10, np.uint8)}, "labels must be 0 to 9, not 10"),
])
def test_other_arrays(tmp_path, arrays, message):
    with pytest.raises(InputError, match=message) as caught:
        DigitsNetwork.load(rewritten(tmp_path / "other.npz", **arrays))
    assert "other.npz" in str(caught.value)


def test_saved_network_loads_alike(tmp_path, network):
    network.save(tmp_path / "copy.npz")
    copy = DigitsNetwork.load(tmp_path / "copy.npz")
    for name, array in vars(network).items():
        np.testing.assert_array_equal(getattr(copy, name), array)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.npz"]


@pytest.mark.parametrize("name", ["", "none/digits.npz", "file/digits.npz"])
def test_unwritable_output(tmp_path, network, name):
    (tmp_path / "file").write_text("")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(InputError, match="output must be a file that can be written, not"):
        network.save(tmp_path / name if name else folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_training_again_gives_the_same_accuracy(tmp_path, capsys, network):
    path = tmp_path / "again.npz"
    assert train_digits.main(["-o", str(path)]) == 0
    again = DigitsNetwork.load(path).classify(INT8, INT8.golden).accuracy
    assert abs(again - network.classify(INT8, INT8.golden).accuracy) <= 0.015
    printed = capsys.readouterr().out
    assert f"{again:.4f} in int8" in printed
    floating = float(printed.split(" in float")[0].split()[-1])
    assert abs(floating - again) <= 0.01


def test_gradients_are_those_of_the_loss():
    """Central differences of the mean cross-entropy."""
    rng = np.random.default_rng(1)
    network = train_digits.FloatNetwork.initial(rng)
    inputs, labels = rng.random((5, 64)), np.array([0, 3, 3, 9, 7])

    def loss():
        scores = network.hidden(inputs) @ network.weights2 + network.bias2
        return np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(5), labels])

    for values, gradient in zip(network.parameters, network.gradients(inputs, labels), strict=True):
        slopes = np.zeros_like(values)
        for place, kept in np.ndenumerate(values):
            losses = []
            for step in (1e-5, -1e-5):
                values[place] = kept + step
                losses.append(loss())
            values[place] = kept
            slopes[place] = (losses[0] - losses[1]) / 2e-5
        np.testing.assert_allclose(gradient, slopes, atol=1e-8)


def test_quantised_scores_follow_the_float_ones(network):
    """Biases and weights of both layers keep their proportion, large biases included."""
    rng = np.random.default_rng(2)
    floating = train_digits.FloatNetwork.initial(rng)
    floating = replace(floating, bias1=rng.normal(0, 2, 32), bias2=rng.normal(0, 9, 10))
    images = network.images
    split = train_digits.Split(images, network.labels, images, network.labels)
    quantised = train_digits.quantise(floating, split)
    scores = floating.hidden(images / 16) @ floating.weights2 + floating.bias2
    codes = quantised.classify(INT8, INT8.golden).layers[1] + quantised.bias2
    scale = quantised.bias2 @ floating.bias2 / (floating.bias2 @ floating.bias2)
    assert np.abs(codes / scale - scores).max() < 0.02 * np.abs(scores).max()


def test_training_without_scikit_learn(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert train_digits.main(["-o", str(tmp_path / "x.npz")]) == 2
    message = capsys.readouterr().err
    assert message.startswith("train_digits: scikit-learn must be installed to train")
    assert message.endswith("install it with: pip install hwgen[nn]\n")


def test_import_needs_no_scikit_learn():
    code = "import sys, hwgen.nn.digits, hwgen.nn.train_digits; sys.exit('sklearn' in sys.modules)"
    path = os.pathsep.join(filter(None, sys.path))
    run = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path})
    assert run.returncode == 0
