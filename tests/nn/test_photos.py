"""Activations of photographs: the filters, the quantised responses, and what is missing."""

import sys

import numpy as np
import pytest

from hwgen.nn import photos
from hwgen.nn.photos import FILTERS, PHOTOS, activations, photograph, responses, weights
from hwgen.spec import InputError


def test_photos_are_those_of_scikit_learn() -> None:
    images = [photograph(name) for name in PHOTOS]
    assert [image.shape for image in images] == [(427, 640)] * 2
    assert all(image.min() >= 0 and 200 < image.max() <= 255 for image in images)
    assert (images[0] != images[1]).any()


def test_filters_blur_or_find_edges() -> None:
    assert len(FILTERS) == photos.CHANNELS
    sums = {name: int(taps.sum()) for name, taps in FILTERS.items()}
    assert {name for name, total in sums.items() if total} == {
        "gauss_3", "gauss_5", "box_3", "sharpen", "emboss"}
    assert sums["gauss_5"] == 256


def test_responses_by_hand() -> None:
    image = np.zeros((6, 7), np.int64)
    image[2, 3] = 100
    found = dict(zip(FILTERS, np.moveaxis(responses(image), -1, 0), strict=True))
    assert found["gauss_3"].shape == (2, 3)
    assert found["gauss_3"][0, 1] == 100 * 4 / 16
    assert found["sobel_x"][0].tolist() == [100 * 2 / 8, 0, -100 * 2 / 8]
    assert found["gauss_5"][1, 2] == 100 * 16 / 256
    assert responses(np.full((5, 5), 255)).max() <= 255


@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("bits", [8, 16])
def test_activations_fill_their_container(bits: int, relu: bool) -> None:
    codes, container = activations(photograph("flower")[:60, :80], bits, relu=relu)
    assert codes.shape == (56, 76, 16)
    assert (container.width, container.signed) == (bits, not relu)
    assert np.abs(codes).max() == container.maximum
    assert container.contains(codes)
    assert (codes.min() < 0) is not relu


def test_weights_are_the_filters_again() -> None:
    codes, container = weights(8)
    assert codes.shape == (25, 16, 16)
    assert np.abs(codes).max() == container.maximum
    names = list(FILTERS)
    taps = codes[:, 9, 10].reshape(5, 5)
    assert (np.sign(taps) == np.sign(FILTERS[names[3]])).all()


def test_unknown_photo() -> None:
    with pytest.raises(InputError, match="photo must be one of china, flower, not 'moon'"):
        photograph("moon")


def test_photo_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(InputError, match="scikit-learn and Pillow must be installed to load a pho"):
        photograph("china")
