from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from calotype.engines.analogy import PRESETS
from calotype.engines.analogy.augment import (
    augment,
    centres,
    sampling_grids,
    strength,
    thin_plate,
    warp,
    warp_as_released,
)
from calotype.engines.analogy.labelling import class_colours, decode_labels, encode_labels

CFG = replace(PRESETS["fast"], classes=3)


@pytest.mark.parametrize("coding", ["one-hot", "colours"])
def test_warping_makes_no_new_labels(photo, labels, coding):
    cfg = replace(CFG, coding=coding, warp=0.1)
    shown = encode_labels(labels, cfg)
    known = set(map(tuple, shown[0].flatten(1).T.tolist()))
    for seed in range(20):
        torch.manual_seed(seed)
        _, warped = augment(photo, shown, 1.0, cfg)
        assert set(map(tuple, warped[0].flatten(1).T.tolist())) <= known
        assert warped.shape == shown.shape


def test_as_released_labels_blend(photo, labels):
    cfg = replace(CFG, coding="colours", warp=0.1, blend=True)
    shown = encode_labels(labels, cfg)
    torch.manual_seed(1)
    _, warped = augment(photo, shown, 1.0, cfg)
    assert len(set(map(tuple, warped[0].flatten(1).T.tolist()))) > 3


def test_picture_and_map_are_warped_alike():
    """An image that is its own map stays one."""
    labels = (torch.arange(48)[None, :] // 12 + torch.arange(40)[:, None] // 20)[None] % 3
    cfg = replace(CFG, warp=0.1)
    picture = class_colours(3)[labels].permute(0, 3, 1, 2)
    for seed in range(5):
        torch.manual_seed(seed)
        changed, warped = augment(picture, encode_labels(labels, cfg), 1.0, cfg)
        found = decode_labels(changed, replace(cfg, coding="colours"))
        assert (found == warped.argmax(1)).float().mean() > 0.97


def test_no_strength_changes_nothing(photo, labels):
    torch.manual_seed(0)
    picture, warped = augment(photo, encode_labels(labels, CFG), 0.0, CFG)
    assert torch.allclose(picture, photo, atol=1e-5)
    assert torch.equal(warped, encode_labels(labels, CFG))


def test_it_grows():
    cfg = replace(CFG, steps=1000, growth=0.4)
    assert strength(0, cfg) == 0
    assert strength(200, cfg) == 0.5
    assert strength(400, cfg) == strength(999, cfg) == 1
    assert strength(0, replace(cfg, growth=0.0)) == 1


def test_the_thin_plate_passes_through_its_points_and_leaves_planes_alone():
    torch.manual_seed(0)
    points, values = torch.rand(9, 2) * 2 - 1, torch.randn(9, 2)
    assert torch.allclose(thin_plate(points, values, points), values, atol=1e-4)
    plane = points @ torch.tensor([[0.3, -1.0], [2.0, 0.5]]) + 0.7
    at = torch.rand(4, 5, 2)
    assert torch.allclose(thin_plate(points, plane, at), at @ torch.tensor([[0.3, -1.0], [2.0, 0.5]]) + 0.7, atol=1e-4)


def test_corners_stay():
    torch.manual_seed(0)
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    moved = warp(corners.view(2, 2, 2), 0.2, (40, 60))
    assert torch.allclose(moved.view(4, 2), corners, atol=1e-4)


def test_mirrored_half_the_time():
    cfg = replace(CFG, warp=0.0, zoom=0.0, shift=0.0)
    straight = centres((8, 8))
    count = 0
    for seed in range(200):
        torch.manual_seed(seed)
        count += not torch.allclose(sampling_grids((8, 8), 1.0, cfg)[0][0], straight, atol=1e-5)
    assert 70 < count < 130


def test_as_released_the_control_points_reach_the_edges_of_a_square():
    grid = torch.tensor([[x, y] for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0)])
    check_released_warp(grid, (40, 40))


def test_as_released_the_sides_of_the_grid_are_exchanged():
    """In pixels, its columns are at 0, 20 and 40 of 80, its rows at 0, 40 and 80 of 40."""
    grid = torch.tensor([[x, y] for x in (-1.0, -0.5, 0.0) for y in (-1.0, 1.0, 3.0)])
    check_released_warp(grid, (40, 80))


def check_released_warp(grid, size):
    """Where a point was moved to, the image shows what was at the point; corners of the grid stay."""
    torch.manual_seed(3)
    moved = grid + (2 * torch.rand(9, 2) - 1) * 0.04 * torch.tensor([1.0, size[1] / size[0]])
    torch.manual_seed(3)
    shown = warp_as_released(torch.cat([moved, grid[[0, 2, 6, 8]]])[None], 0.04, size)[0]
    assert torch.allclose(shown, torch.cat([grid, grid[[0, 2, 6, 8]]]), atol=1e-4)


def test_as_released_nothing_moves_at_first():
    at = centres((12, 20))
    assert torch.equal(warp_as_released(at, 0.0, (12, 20)), at)


def test_as_released_images_are_warped_before_they_are_magnified(monkeypatch):
    """A warp that moves all by a tenth of the width shows up magnified; as released there are two resamplings."""
    for name in ("warp", "warp_as_released"):
        monkeypatch.setattr(f"calotype.engines.analogy.augment.{name}", lambda at, amount, size: at + 0.1)
    cfg = replace(CFG, zoom=1.0, shift=0.0, mirror=0.0, warp=0.1)
    released = replace(cfg, detached=True, conditional=False)
    torch.manual_seed(5)  # warped
    zoom = 1 + float(torch.rand(7)[2])
    twice = [centres((8, 8)) + 0.1, centres((8, 8)) / zoom]
    for settings, expected in ((released, twice), (cfg, [(centres((8, 8)) + 0.1) / zoom])):
        torch.manual_seed(5)
        made = sampling_grids((8, 8), 1.0, settings)
        assert len(made) == len(expected)
        assert all(torch.allclose(a[0], b, atol=1e-6) for a, b in zip(made, expected, strict=True))


def test_as_released_pixels_are_magnified_whole_and_have_8_bits(monkeypatch):
    """Pillow's affine transform by nearest neighbour, on 8 bits, is what the released code magnifies with."""
    released = replace(CFG, zoom=1.0, shift=0.0, mirror=0.0, warp=0.0, detached=True, conditional=False, blend=True)
    photo = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 2 - 1
    bits = ((photo + 1) * 127.5).round().byte()
    torch.manual_seed(4)
    zoom = 1 + float(torch.rand(7)[2])
    centre = 8 - 8 / zoom
    picture = Image.fromarray(bits[0].permute(1, 2, 0).numpy())
    wanted = picture.transform((16, 16), Image.Transform.AFFINE, (1 / zoom, 0, centre, 0, 1 / zoom, centre))
    torch.manual_seed(4)
    made, _ = augment(photo, photo, 1.0, released)
    assert torch.equal(((made[0] + 1) * 127.5).round().byte(), torch.from_numpy(np.array(wanted)).permute(2, 0, 1))
