"""Labels as channels: all about equally unlike, however many there are."""

from __future__ import annotations

import pytest
import torch

from calotype.errors import InputError
from calotype.matching.layout import height_guide, label_channels, label_codes

PHOTO = torch.zeros(1, 3, 4, 6)


@pytest.mark.parametrize("count", [1, 2, 16])
def test_few_labels_have_a_channel_each(count):
    assert torch.equal(label_codes(count), torch.eye(count))


@pytest.mark.parametrize("count", [17, 40, 255])
def test_many_labels_share_channels_and_stay_apart(count):
    codes = label_codes(count)
    assert codes.shape == (count, 16)
    assert torch.allclose(codes.norm(dim=1), torch.ones(count), atol=1e-5)
    assert torch.pdist(codes).square().min() > 1
    assert torch.equal(codes, label_codes.__wrapped__(count))


def test_both_maps_have_the_same_channels():
    before = torch.tensor([[0, 0, 3], [3, 7, 7]]).repeat(2, 2)[None]
    target = torch.tensor([[[7, 3]]])
    source, asked = label_channels(PHOTO, before, target)
    assert source.shape == (1, 3, 4, 6)
    assert asked[0, :, 0].T.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert torch.equal(source[0].argmax(0), torch.searchsorted(torch.tensor([0, 3, 7]), before[0]))


def test_refused():
    before = torch.zeros(1, 4, 6, dtype=torch.int64)
    with pytest.raises(InputError, match="label 2, which lies nowhere"):
        label_channels(PHOTO, before, torch.full((1, 5, 5), 2))
    with pytest.raises(InputError, match="5x4 and the photo 6x4"):
        label_channels(PHOTO, before[:, :, :5], before)


def test_the_height_is_a_guide_unless_there_is_none():
    photo, result = torch.zeros(1, 3, 5, 7), torch.zeros(1, 3, 9, 4)
    guide = height_guide([photo], result, 0.5, (False, True))
    assert guide is not None
    assert guide.weight == 0.5
    assert guide.source[0][0, 0, :, 3].tolist() == [-1, -0.5, 0, 0.5, 1]
    assert guide.target.shape == (1, 1, 9, 4)
    assert height_guide([photo], result, 0.0, (False, False)) is None
    assert height_guide([photo], result, 0.5, (True, False)) is None
    assert height_guide([photo, photo], result, 0.5, (False, False)) is None
