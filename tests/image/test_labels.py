"""Label maps are told from photos, whatever was done to their edges, and become one channel a label."""

import io
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from torch import Tensor

from calotype.image.io import open_photo, to_tensor
from calotype.image.labels import label_colours, one_hot

PHOTOS = sorted((Path(__file__).parents[2] / "examples" / "photos").glob("*.jpg"))
SKY, TREE, FIELD, BOAT = (0, 250, 255), (0, 250, 0), (255, 150, 0), (120, 10, 30)


def painted(scale: int = 1, palette: tuple[tuple[int, int, int], ...] = (SKY, FIELD, TREE, BOAT)) -> Image.Image:
    sky, field, tree, boat = palette
    image = Image.new("RGB", (120 * scale, 90 * scale), sky)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 60 * scale, 120 * scale, 90 * scale), field)
    draw.ellipse((30 * scale, 20 * scale, 80 * scale, 70 * scale), tree)
    draw.rectangle((100 * scale, 70 * scale, 111 * scale, 79 * scale), boat)
    return image


def compressed(image: Image.Image, quality: int) -> Image.Image:
    held = io.BytesIO()
    image.save(held, "JPEG", quality=quality)
    return Image.open(held)


def as_tensor(image: Image.Image) -> Tensor:
    return to_tensor(open_photo(image))


def in_bytes(colours: Tensor) -> list[list[int]]:
    return ((colours + 1) * 127.5).round().int().tolist()


CLEAN = one_hot(as_tensor(painted()), (torch.tensor([SKY, FIELD, TREE, BOAT]) / 127.5) - 1)


def test_colours_most_frequent_first() -> None:
    assert in_bytes(label_colours(as_tensor(painted()))) == [list(c) for c in (SKY, FIELD, TREE, BOAT)]


@pytest.mark.parametrize("quality", [95, 75, 50])
def test_jpeg_leaves_the_labels(quality: int) -> None:
    image = as_tensor(compressed(painted(), quality))
    colours = label_colours(image)
    assert colours is not None
    for given in (SKY, FIELD, TREE):
        assert (colours - (torch.tensor(given) / 127.5 - 1)).abs().amax(1).min() < 12 / 127.5
    assert (one_hot(image, label_colours(as_tensor(painted()))) == CLEAN).all(1).float().mean() > 0.97


@pytest.mark.parametrize("scale", [2, 5])
@pytest.mark.parametrize("quality", [95, 85, 75])
def test_what_jpeg_leaves_at_edges_is_no_label(quality: int, scale: int) -> None:
    # As bright as the one and coloured between both, as chroma at half the size makes an edge.
    palette = ((144, 112, 65), (177, 176, 32), (96, 64, 161), (0, 208, 239))
    image = compressed(painted(scale, palette), quality)
    colours = label_colours(as_tensor(image))
    assert len(colours) == 4
    distance = torch.cdist(torch.tensor(in_bytes(colours)).float(), torch.tensor(palette).float())
    assert distance.amin(1).max() < 12
    assert sorted(distance.argmin(1).tolist()) == [0, 1, 2, 3]


def test_a_painted_line_between_two_labels_is_one_though_its_colour_lies_between_theirs() -> None:
    image = Image.new("RGB", (120, 90), (20, 20, 20))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 50, 120, 90), (240, 240, 240))
    draw.rectangle((0, 48, 120, 52), (130, 130, 130))
    assert [20, 20, 20] in in_bytes(label_colours(as_tensor(image)))
    assert [130, 130, 130] in in_bytes(label_colours(as_tensor(image)))


def test_smoothed_edges_are_no_labels_and_take_one_of_their_sides() -> None:
    image = as_tensor(painted(4).resize((120, 90), Image.Resampling.LANCZOS))
    colours = label_colours(image)
    assert len(colours) == 4
    found = one_hot(image, colours)
    # Half way between sky and field lies a grey green, which is nearer to neither than to the boat.
    assert found[:, 3].sum() < 2 * CLEAN[:, 3].sum()
    assert (found == CLEAN).all(1).float().mean() > 0.97


def test_channels_are_0_or_1_and_add_up_to_1() -> None:
    assert torch.equal(CLEAN.sum(1), torch.ones(1, 90, 120))
    assert set(CLEAN.unique().tolist()) == {0.0, 1.0}


def test_a_colour_that_the_palette_has_not_becomes_the_nearest() -> None:
    dark = as_tensor(Image.new("RGB", (32, 32), (0, 160, 0)))
    assert one_hot(dark, label_colours(as_tensor(painted())))[0].mean((1, 2)).tolist() == [0, 0, 1, 0]


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_photos_are_no_maps(path: Path) -> None:
    photo = to_tensor(open_photo(path, max_side=300))
    assert label_colours(photo) is None
    assert label_colours(photo.mean(1, keepdim=True).expand(1, 3, -1, -1)) is None


def test_one_colour_is_no_map() -> None:
    assert label_colours(torch.zeros(1, 3, 20, 20)) is None
