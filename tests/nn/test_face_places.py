"""The networks that find eyes and mouth: what is done with what they say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from calotype.errors import InputError
from calotype.nn import face_places
from calotype.nn.face_places import FacePlacer


def test_boxes_that_overlap_are_one_face():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 1, 11, 11], [20, 0, 30, 10]])
    kept, scores = face_places._suppressed(boxes, torch.tensor([0.6, 0.9, 0.7]))
    assert kept.tolist() == [[1, 1, 11, 11], [20, 0, 30, 10]]
    assert scores.tolist() == pytest.approx([0.9, 0.7])


def test_a_cell_and_an_anchor_make_a_box_in_a_photo_of_any_shape():
    net = FacePlacer().requires_grad_(False)
    for layer in net.detector:
        for value in layer.parameters():
            value.zero_()
    net.detector[-1].bias[:] = -9.0
    net.detector[-1].bias[:5] = torch.tensor([0.0, 0, 0, 0, 3])  # the middle of the cell, the first anchor
    boxes, scores = net.boxes(torch.zeros(1, 3, 200, 400), 416)
    assert scores.tolist() == pytest.approx([1 / (1 + math.exp(-3))] * len(scores))
    cell = 400 / 13
    for box in boxes:
        assert (box[2:] - box[:2]).tolist() == pytest.approx([1.603231 * cell, 2.094468 * cell], rel=1e-4)
        centre = (box[:2] + box[2:]) / 2 / cell - 0.5
        assert centre.tolist() == pytest.approx(centre.round().tolist(), abs=1e-4)


def test_a_long_photo_is_shrunk_before_it_is_made_square(monkeypatch):
    seen = []
    resize = face_places.resize
    monkeypatch.setattr(face_places, "resize", lambda x, size, **how: seen.append(x.shape) or resize(x, size, **how))
    boxes, _ = FacePlacer().requires_grad_(False).boxes(torch.zeros(1, 3, 1, 2000), 416)
    assert seen == [(1, 3, 1, 2000)]
    assert boxes.shape[1] == 4


def test_weights_that_cannot_be_read_are_said_in_a_line(tmp_path, monkeypatch):
    def refused(path):
        raise PermissionError(13, "Permission denied")

    (tmp_path / face_places.WEIGHTS_FILE).write_bytes(b"")
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(InputError, match="run 'calotype weights faces'"):
        face_places.face_placer(tmp_path)


def test_points_are_found_again_in_the_upright_face(monkeypatch):
    """A stand-in finds the brightest spots of the picture that it is shown, the eyes above the mouth."""
    turn = complex(math.cos(0.5), math.sin(0.5))
    eyes, mouth = [100 + 90j - 14 * turn, 100 + 90j + 14 * turn], 100 + 90j + 30j * turn
    y, x = torch.meshgrid(torch.arange(180) + 0.5, torch.arange(200) + 0.5, indexing="ij")
    spots = [torch.exp(-((x - a.real) ** 2 + (y - a.imag) ** 2) / 40) for a in (*eyes, mouth)]
    photo = torch.stack(spots)[None] * 2 - 1
    seen = []

    def points_in(self, face):
        weight = ((face[0] + 1) / 2).clamp_min(0.1) - 0.1
        total, seen_here = weight.sum((1, 2)), face.shape
        seen.append(weight)
        xs = weight.sum(1) @ (torch.arange(seen_here[3]) + 0.5) / total
        ys = weight.sum(2) @ (torch.arange(seen_here[2]) + 0.5) / total
        points = torch.zeros(68, 2)
        for rows, number in ((slice(36, 42), 0), (slice(42, 48), 1), (slice(48, 55), 2)):
            points[rows] = torch.stack([xs[number], ys[number]])
        return points

    monkeypatch.setattr(FacePlacer, "points_in", points_in)
    face = FacePlacer()._face(photo, [55.0, 50, 155, 150], 0.9)
    for found, wanted in zip(face.places.all, (*eyes, mouth)):
        assert found == pytest.approx((wanted.real, wanted.imag), abs=0.5)
    level = [weight.sum(2) @ torch.arange(112.0) / weight.sum((1, 2)) for weight in seen[1:]]
    assert len(level) == 2
    assert all(abs(float(rows[0] - rows[1])) < 1 for rows in level)


def test_padding_is_that_of_tensorflow():
    assert face_places._padded(torch.zeros(1, 1, 8, 8), 2).shape == (1, 1, 9, 9)
    assert face_places._padded(torch.zeros(1, 1, 7, 7), 2).shape == (1, 1, 9, 9)
    assert FacePlacer().points_in(torch.zeros(1, 3, 30, 20)).shape == (68, 2)
