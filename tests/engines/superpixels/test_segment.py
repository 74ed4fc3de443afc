"""Regions that look alike get one label: whole, without specks, the same every time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.engines.superpixels import PRESETS, segment, shared_labels
from calotype.engines.superpixels.cluster import kmeans, within_variance
from calotype.engines.superpixels.segment import by_frequency, chosen_count, connected, described_superpixels
from calotype.engines.superpixels.slic import borders, means, superpixels
from calotype.errors import InputError
from calotype.image.lab import to_lab
from calotype.run import Run

TINY = PRESETS["tiny"]


def parts(height: int = 60, width: int = 80) -> torch.Tensor:
    """0 above; below, 1 on the left and 2 on the right."""
    found = torch.zeros(height, width, dtype=torch.int64)
    found[height // 2 :, : width // 2], found[height // 2 :, width // 2 :] = 1, 2
    return found


def photo(found: torch.Tensor, noise: float = 0.1) -> torch.Tensor:
    colours = torch.tensor([[-0.4, 0.2, 0.8], [0.1, 0.5, -0.6], [0.7, -0.2, -0.4]])
    rough = noise * torch.randn(1, 3, *found.shape, generator=torch.Generator().manual_seed(0))
    return (colours[found].permute(2, 0, 1)[None] + rough).clamp(-1, 1)


def made(picture: torch.Tensor, classes: int | None = 3, seed: int = 0, **settings: object) -> torch.Tensor:
    return segment([picture], replace(TINY, **settings), Run(), classes=classes, seed=seed)


@pytest.mark.parametrize("classes", [3, None])
def test_three_parts(classes):
    found = made(photo(parts()), classes)
    assert found.shape == (1, 60, 80)
    assert found.dtype == torch.int64
    assert found.max() == 2
    # The most frequent is 0; the other two have either number.
    best = max((found[0] == by_frequency(parts())).float().mean(), (found[0] == swapped()).float().mean())
    assert best > 0.96


def swapped() -> torch.Tensor:
    return torch.tensor([0, 2, 1])[parts()]


def test_the_same_every_time_and_the_photo_untouched():
    picture = photo(parts())
    given = picture.clone()
    assert torch.equal(made(picture), made(picture))
    assert torch.equal(picture, given)


def test_a_large_photo_has_a_map_of_its_size():
    found = made(photo(parts(150, 201)))
    assert found.shape == (1, 150, 201)
    agreed = (found[0] == parts(150, 201)).float().mean()
    assert max(agreed, (found[0] == torch.tensor([0, 2, 1])[parts(150, 201)]).float().mean()) > 0.95


def test_labels_of_several_photos_mean_the_same_in_each():
    upright = parts()
    turned = parts().flip(0)  # 0 is below here, and half of the photo each time
    only = torch.zeros(60, 80, dtype=torch.int64)
    only[:, 40:] = 2
    photos = [photo(each, 0.05) for each in (upright, turned, only)]
    shared = shared_labels(iter(photos), replace(TINY, place=0.0), classes=3, seed=0)
    found = [
        segment([each], replace(TINY, place=0.0), Run(), classes=None, seed=0, shared=shared)[0] for each in photos
    ]
    names = {int(true): int(found[0][upright == true].mode().values) for true in range(3)}
    assert sorted(names.values()) == [0, 1, 2]
    assert names[0] == 0  # the most frequent one of all photos
    for each, true in zip(found, (upright, turned, only)):
        wanted = torch.tensor([names[i] for i in range(3)])[true]
        assert (each == wanted).float().mean() > 0.95


def test_no_photo_shares_labels():
    with pytest.raises(InputError, match="none was given"):
        shared_labels([], TINY, classes=None, seed=0)


def test_specks_are_given_to_those_around_them_unless_they_are_all_there_is():
    whole = torch.zeros(60, 80, dtype=torch.int64)
    whole[:, 40:] = 1
    whole[10:14, 10:14] = 2
    found = made(photo(whole, 0.02), least=0.02, smooth=0.0)[0]
    assert len(found.unique()) == 2
    stars = torch.zeros(60, 80, dtype=torch.int64)
    stars[20:26, 20:26] = 1
    found = made(photo(stars, 0.02), 2, least=0.02)[0]
    assert len(found.unique()) == 2
    assert found[22:24, 22:24].float().mean() == 1


def test_superpixels_keep_to_edges():
    lab = to_lab(photo(parts(), 0.0))
    pieces = superpixels(lab, 48, 10.0)
    for piece in pieces.unique():
        assert len(parts()[pieces == piece].unique()) == 1
    assert 30 <= len(pieces.unique()) <= 60


def test_borders_and_regions():
    pieces = torch.tensor([[0, 0, 1], [0, 2, 2], [3, 3, 3]])
    pairs, lengths = borders(pieces, 4)
    found = {(int(a), int(b)): int(n) for (a, b), n in zip(pairs, lengths)}
    assert found == {(0, 1): 1, (0, 2): 2, (0, 3): 1, (1, 2): 1, (2, 3): 2}
    regions = connected(pairs, torch.tensor([5, 7, 7, 5]))
    assert regions[0] == regions[3] != regions[1] == regions[2]
    assert len(connected(pairs, torch.tensor([1, 1, 0, 1])).unique()) == 2


def test_clusters():
    rows = torch.tensor([[0.0], [0.2], [5.0], [5.2], [9.0]])
    weights = torch.tensor([1.0, 1.0, 1.0, 3.0, 1.0])
    centres, labels = kmeans(rows, weights, 3, 4, torch.Generator().manual_seed(0))
    assert labels[0] == labels[1] != labels[2] == labels[3] != labels[4]
    assert centres[labels[3], 0] == pytest.approx(5.15)
    assert within_variance(rows, weights, centres, labels) == pytest.approx((0.02 + 0.0225 + 3 * 0.0025) / 7, abs=1e-5)
    assert len(kmeans(torch.ones(4, 2), torch.ones(4), 3, 2, torch.Generator().manual_seed(0))[0]) == 1


def test_means_of_groups():
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]])
    assert means(rows, torch.tensor([0, 0, 2]), 3).tolist() == [[2, 3], [0, 0], [9, 9]]


def test_the_count_is_that_of_what_looks_different():
    found = chosen_count(described_superpixels(photo(parts(), 0.05), TINY), TINY, torch.Generator().manual_seed(0))
    assert found == 3


@pytest.mark.parametrize(
    ("classes", "settings", "words"),
    [
        (1, {}, "1 label cannot"),
        (256, {}, "from 2 to 255"),
        (3, {"pieces": 1}, "pieces=1"),
        (3, {"smooth": -1.0}, "smooth=-1"),
    ],
)
def test_refused(classes, settings, words):
    with pytest.raises(InputError, match=words):
        made(photo(parts()), classes, **settings)
    with pytest.raises(InputError, match="one photo"):
        segment([photo(parts())] * 2, TINY, Run(), classes=2, seed=0)


def test_what_a_network_sees_counts_where_it_is_asked(monkeypatch):
    class Sees:
        """One half of the picture from the other, whatever its colours."""

        def to(self, device):
            return self

        def layers(self, pictures):
            y, x = (length // 8 for length in pictures.shape[2:])
            found = torch.zeros(1, 4, y, x)
            found[:, 1, :, x // 2 :] = 1
            return [found]

    grey = 0.02 * torch.randn(1, 3, 60, 80, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr("calotype.engines.superpixels.describe.efficientnet_lite0", Sees)
    found = made(grey, 2, deep=5.0, texture=0.0, deep_side=80)[0]
    assert found[:, :36].float().std() == 0
    assert found[:, 44:].float().std() == 0
    assert found[0, 0] != found[0, -1]
