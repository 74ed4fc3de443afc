"""Against values worked out by hand."""

import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.segmentation import Confusion, mean_iou, pixel_accuracy

WANTED = torch.tensor([[0, 0, 1, 1], [0, 0, 1, 2]])


def test_equal_maps():
    assert pixel_accuracy(WANTED, WANTED) == 1
    assert mean_iou(WANTED, WANTED) == 1


def test_by_hand():
    found = torch.tensor([[0, 0, 0, 1], [0, 1, 1, 2]])
    assert pixel_accuracy(WANTED, found) == pytest.approx(6 / 8)
    assert mean_iou(WANTED, found) == pytest.approx((3 / 5 + 2 / 4 + 1 / 1) / 3)


def test_a_label_that_was_not_wanted_counts_against_those_it_displaced():
    found = torch.tensor([[0, 0, 5, 5], [0, 0, 1, 2]])
    assert pixel_accuracy(WANTED, found) == pytest.approx(6 / 8)
    assert mean_iou(WANTED, found) == pytest.approx((1 + 1 / 3 + 1) / 3)


def test_all_wrong():
    assert pixel_accuracy(WANTED, WANTED + 3) == 0
    assert mean_iou(WANTED, WANTED + 3) == 0


def test_refused():
    with pytest.raises(InputError, match=r"\(2, 4\) and \(4, 2\)"):
        mean_iou(WANTED, WANTED.T)
    with pytest.raises(InputError, match="without pixels"):
        pixel_accuracy(WANTED[:0], WANTED[:0])


def test_a_set_counts_each_label_once_with_all_its_pixels():
    found = torch.tensor([[0, 0, 0, 1], [0, 1, 1, 2]])
    confusion = Confusion(4)
    confusion.add(WANTED[:1], found[:1])
    confusion.add(WANTED[1:], found[1:])
    assert confusion.iou()[:3].tolist() == pytest.approx([3 / 5, 2 / 4, 1])
    assert confusion.iou()[3].isnan()
    assert confusion.mean_iou() == pytest.approx(mean_iou(WANTED, found))
    assert confusion.pixel_accuracy() == pytest.approx(pixel_accuracy(WANTED, found))
    assert confusion.counts[1].tolist() == [1, 2, 0, 0]


def test_pixels_of_no_class_do_not_count():
    confusion = Confusion(3)
    confusion.add(torch.tensor([255, -1, 0, 2]), torch.tensor([0, 1, 0, 1]))
    assert confusion.counts.sum() == 2
    assert confusion.pixel_accuracy() == 0.5
    with pytest.raises(InputError, match="from 0 to 5: there are 3"):
        confusion.add(torch.tensor([0, 1]), torch.tensor([0, 5]))
