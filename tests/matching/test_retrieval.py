"""Which maps are like a given one."""

from __future__ import annotations

import pytest
import torch

from calotype.errors import InputError
from calotype.matching.light import in_usual_light, label_colours, unlike, usual_colours
from calotype.matching.retrieval import agreement, chosen, covered, label_shares, most_alike

NAMES = ("sky", "tree", "sea")


def label_map(*rows):
    return torch.tensor([rows])


MAPS = (
    label_map([0, 0], [1, 1]),
    label_map([0, 0], [0, 2]),
    label_map([2, 2], [2, 2]),
    label_map([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]),
)
SHARES = torch.stack([label_shares(x, 3, grid=2) for x in MAPS])


def test_shares_by_hand():
    found = label_shares(label_map([0, 0, 1, 1], [0, 1, 1, -1], [2, 2, 2, 2], [2, 2, 2, 2]), 3, grid=2)
    assert found[0].tolist() == [[0.75, 0], [0, 0]]
    assert found[1].tolist() == [[0.25, 0.75], [0, 0]]
    assert found[2].tolist() == [[0, 0], [1, 1]]


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (50, 7)])
def test_shares_of_maps_of_any_size_sum_to_one(size):
    found = label_shares(torch.randint(0, 3, (1, *size)), 3)
    torch.testing.assert_close(found.sum(0), torch.ones(24, 24))


def test_the_fast_scores_are_the_naive_ones():
    noise = torch.Generator().manual_seed(0)
    maps = [torch.randint(-1, 3, (1, 30, 40), generator=noise) for _ in range(7)]
    shares = torch.stack([label_shares(x, 3, grid=5) for x in maps])
    naive = []
    for other in shares:
        same = sum(min(float(a), float(b)) for a, b in zip(shares[0].flatten(), other.flatten(), strict=True)) / float(
            shares[0].sum()
        )
        naive.append(same)
    torch.testing.assert_close(agreement(shares[0], shares), torch.tensor(naive), atol=1e-6, rtol=0)


def test_the_nearest_leads_and_others_have_what_it_lacks():
    assert chosen(SHARES[0], SHARES, NAMES) == [0]
    target = label_shares(label_map([0, 0], [1, 2]), 3, grid=2)
    assert chosen(target, SHARES, NAMES) == [0, 1]
    assert chosen(target, SHARES[[0, 3, 2]], NAMES) == [0, 2]
    assert chosen(target, SHARES, NAMES, most=1) == [0, 1]  # what is missing altogether is fetched all the same
    assert chosen(SHARES[0], SHARES, NAMES, rank=1) == [3]
    assert chosen(SHARES[0], SHARES, NAMES, rank=2) == [0]  # the others are not nearly as similar


def test_a_class_that_no_photo_has_is_named():
    with pytest.raises(InputError, match="no photo has a pixel of the class sea"):
        chosen(SHARES[1], SHARES[[0, 3]], NAMES)


def test_a_map_that_has_the_labels_leads_before_one_that_is_a_little_nearer():
    target = label_shares(label_map([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 2]), 3, grid=4)
    without = label_map([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1])
    beside = label_map([0, 0, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 2, 1])
    shares = torch.stack([label_shares(x, 3, grid=4) for x in (without, beside)])
    torch.testing.assert_close(covered(target, shares), torch.tensor([2 / 3, 1.0]))
    assert agreement(target, shares).argmax() == 0
    assert chosen(target, shares, NAMES) == [1]


def test_further_photos_are_of_the_light_of_the_first():
    maps = [label_map([0, 0], [1, 1]), label_map([0, 0], [2, 2]), label_map([0, 0], [2, 2])]
    shares = torch.stack([label_shares(x, 3, grid=2) for x in maps])
    target = label_shares(label_map([0, 0], [1, 2]), 3, grid=2)
    photos = [torch.full((1, 3, 2, 2), value) for value in (0.5, -0.9, 0.5)]
    colours = [label_colours(photo, x, 3) for photo, x in zip(photos, maps, strict=True)]
    lead = chosen(target, shares, NAMES, most=2)
    assert lead == [0, 1]  # the first of equals
    assert chosen(target, shares, NAMES, most=2, unlike=lambda a, b: unlike(colours[a], colours[b])) == [0, 2]


def test_a_label_that_is_missing_is_fetched_from_another_light():
    target = label_shares(label_map([0, 0], [1, 2]), 3, grid=2)
    assert chosen(target, SHARES[[0, 3, 2]], NAMES, unlike=lambda one, other: 1.0) == [0, 2]


def test_colours_of_labels_by_hand():
    photo = torch.tensor([[-1.0, 1.0], [0.0, 0.0]]).expand(1, 3, 2, 2)
    found = label_colours(photo, label_map([0, 0], [1, -1]), 3)
    assert found.tolist() == [[0.5, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.25], [0, 0, 0, 0]]
    darker = found - torch.tensor([0.2, 0.2, 0.2, 0.0])
    assert unlike(found, darker) == pytest.approx(0.2)
    assert unlike(found[:1], found[:1] * torch.tensor([1, 1, 1, 0.0])) == 0.25  # nothing to compare


def test_the_lead_has_usual_light():
    noon, evening = torch.tensor([[0.4, 0.6, 0.9, 1.0]]), torch.tensor([[0.9, 0.5, 0.3, 1.0]])
    colours = [evening, noon, noon, noon]
    shares = torch.stack([label_shares(label_map([0, 0], [0, 0]), 1, grid=2)] * 4)
    assert chosen(shares[0], shares, ("sky",)) == [0]
    assert chosen(shares[0], shares, ("sky",), unlike=lambda a, b: unlike(colours[a], colours[b]))[0] == 1


def test_usual_colours_are_medians_of_those_that_have_the_label():
    rows = [[0.1, 0.2, 0.3, 0.5], [0.2, 0.4, 0.6, 0.5], [0.9, 0.9, 0.9, 0.5]]
    colours = [torch.tensor([row, [0, 0, 0, 0], [0.7, 0.7, 0.7, 0.001]]) for row in rows]
    found = usual_colours(colours)
    torch.testing.assert_close(found, torch.tensor([[0.2, 0.4, 0.6, 1.0], [0, 0, 0, 0], [0, 0, 0, 0]]))


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_labels_are_moved_towards_their_usual_colours(weight):
    labels = torch.zeros(1, 8, 8, dtype=torch.int64)
    labels[:, :, 4:] = 1
    labels[:, 0] = -1
    photo = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.4 - 0.2
    usual = torch.tensor([[0.5, 0.55, 0.6, 1.0], [0, 0, 0, 0]])
    made = in_usual_light(photo, labels, usual, weight)
    before, after = (label_colours(each, labels, 2) for each in (photo, made))
    if not weight:
        torch.testing.assert_close(made, photo)
    inside = slice(2, 8), slice(0, 3)  # a pixel aside from other labels
    change = (made - photo)[0, :, inside[0], inside[1]]
    wanted = 2 * weight * (usual[0, :3] - before[0, :3])
    torch.testing.assert_close(change, wanted[:, None, None].expand_as(change), atol=1e-5, rtol=0)
    torch.testing.assert_close(made[..., 6:], photo[..., 6:])  # a label that has no usual colour
    assert float((after[0, :3] - usual[0, :3]).abs().sum()) <= float((before[0, :3] - usual[0, :3]).abs().sum()) + 1e-6


def test_a_single_photo_keeps_its_colours():
    labels = torch.randint(0, 3, (1, 12, 10), generator=torch.Generator().manual_seed(1))
    photo = torch.rand(1, 3, 12, 10, generator=torch.Generator().manual_seed(2)) * 2 - 1
    made = in_usual_light(photo, labels, usual_colours([label_colours(photo, labels, 3)]), 1.0)
    torch.testing.assert_close(made, photo, atol=1e-5, rtol=0)


def test_all_that_are_nearly_as_similar_lead_in_turn():
    """Twenty equal maps, more than are compared by their light, of which one is dark."""
    shares = torch.stack([label_shares(label_map([0, 0], [0, 0]), 1, grid=2)] * 20)
    colours = [torch.tensor([[0.1 if i == 3 else 0.6, 0.5, 0.5, 1.0]]) for i in range(20)]
    leads = [
        chosen(shares[0], shares, ("sky",), rank=rank, unlike=lambda a, b: unlike(colours[a], colours[b]))[0]
        for rank in range(20)
    ]
    assert sorted(leads) == list(range(20))
    assert leads[0] == 0
    assert leads.index(3) >= 11


def test_a_layout_without_a_label_is_refused():
    with pytest.raises(InputError, match="no pixel of a class"):
        chosen(torch.zeros_like(SHARES[0]), SHARES, NAMES)


def test_most_alike_begins_with_the_map_itself():
    assert most_alike(SHARES[1], SHARES, 2)[0] == 1
    assert sorted(most_alike(SHARES[1], SHARES, 99)) == [0, 1, 2, 3]
