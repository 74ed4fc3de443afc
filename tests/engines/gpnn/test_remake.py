"""Sketches, pastes and edits taken in, and made anew from the photo's patches."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from calotype.engines import gpnn
from calotype.errors import InputError, Stopped
from calotype.image.colours import recoloured
from calotype.image.io import open_photo, to_tensor
from calotype.image.palette import palette, quantized
from calotype.image.resize import resize
from calotype.run import Event, Run

PHOTOS = Path(__file__).parents[3] / "examples" / "photos"
TINY = gpnn.PRESETS["tiny"]
FAST = gpnn.PRESETS["fast"]


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(open_photo(PHOTOS / "mountains.jpg", max_side=112))


def size_of(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]


def made(photo: torch.Tensor, picture: torch.Tensor, structure: float, seed: int = 0) -> torch.Tensor:
    return gpnn.remake([photo], FAST, Run(), picture=picture, size=size_of(photo), seed=seed, structure=structure)


def far(a: torch.Tensor, b: torch.Tensor) -> float:
    """Root mean square difference of the two seen from a distance."""
    return float((resize(a, (20, 30)) - resize(b, (20, 30))).square().mean().sqrt())


def flat(x: torch.Tensor) -> float:
    """Share of the pixels that differ from their right neighbour by less than a grey level."""
    return float((x.diff(dim=3).abs().amax(1) < 1 / 127.5).float().mean())


def test_a_sketch_becomes_a_photo_of_its_layout(photo: torch.Tensor) -> None:
    sketch = quantized(photo, palette(photo, 4)).flip(3)
    picture = made(photo, sketch, 0.25)
    assert picture.isfinite().all()
    # The layout is the sketch's, and nothing is flat any more.
    assert flat(picture) < 2 * flat(photo) + 0.1 < flat(sketch)
    assert far(picture, sketch) < 0.5 * far(picture, sketch.flip(3))


def test_structure_keeps_more_of_the_picture(photo: torch.Tensor) -> None:
    sketch = quantized(photo, palette(photo, 4)).flip(3)
    differences = [far(made(photo, sketch, structure), sketch) for structure in (0.0, 0.3, 1.0)]
    assert differences == sorted(differences, reverse=True)
    assert differences[2] < 0.6 * differences[0]


@pytest.mark.parametrize("structure", [0.6, 1.0])
def test_the_photo_itself_comes_back(photo: torch.Tensor, structure: float) -> None:
    assert float((made(photo, photo, structure) - photo).square().mean().sqrt()) < 0.25 * float(photo.std())


def test_a_foreign_colour_is_replaced(photo: torch.Tensor) -> None:
    """A thing pasted in colours that the photo does not have gets the photo's."""
    pasted = photo.clone()
    pasted[:, :, 20:50, 30:70] = torch.tensor([0.9, -0.9, 0.9])[None, :, None, None]
    picture = made(photo, pasted, 0.8)
    assert ((picture[:, 0] - picture[:, 1]) > 1).float().mean() == 0
    outside = torch.ones_like(photo, dtype=torch.bool)
    outside[:, :, 10:60, 20:80] = False
    assert float((picture - photo)[outside].square().mean().sqrt()) < 0.35 * float(photo.std())


def test_same_seed_same_picture_other_seed_another(photo: torch.Tensor) -> None:
    sketch = quantized(photo, palette(photo, 4)).flip(3)
    first = made(photo, sketch, 0.25, 3)
    assert torch.equal(first, made(photo, sketch, 0.25, 3))
    assert not torch.allclose(first, made(photo, sketch, 0.25, 4), atol=0.05)


@pytest.mark.parametrize("size", [(40, 120), (90, 33), (96, 96)])
@pytest.mark.parametrize("structure", [0.0, 0.5, 1.0])
def test_any_size_of_picture_and_result(photo: torch.Tensor, size: tuple[int, int], structure: float) -> None:
    sketch = resize(photo, (37, 61))
    result = gpnn.remake([photo], TINY, Run(), picture=sketch, size=size, seed=0, structure=structure)
    assert size_of(result) == size


def test_other_searches_transparency_and_several_photos(photo: torch.Tensor) -> None:
    small = resize(photo, (30, 44))
    cut = torch.cat([small, torch.ones(1, 1, 30, 44)], 1)
    for cfg in (replace(TINY, search="exact"), TINY, replace(TINY, exact_below=100, mirror=True)):
        result = gpnn.remake([cut, cut[:, :, :24]], cfg, Run(), picture=cut, size=(30, 44), seed=0, structure=0.7)
        assert result.shape == cut.shape
        assert result[:, 3].amin() > 0.99  # there is nothing clear to be taken
    with pytest.raises(InputError, match="transparency"):
        gpnn.remake([cut], TINY, Run(), picture=small, size=(30, 44), seed=0, structure=0.7)


def test_a_stop_is_heard(photo: torch.Tensor) -> None:
    seen: list[Event] = []
    run = Run(on_event=lambda event: (seen.append(event), run.stop())[0])
    with pytest.raises(Stopped):
        gpnn.remake([photo], TINY, run, picture=photo, size=size_of(photo), seed=0, structure=0.5)
    assert seen


def test_a_style_leaves_the_shapes_of_the_content(photo: torch.Tensor) -> None:
    """Coarse shapes are the content's, fine texture is the style's."""
    style = to_tensor(open_photo(PHOTOS / "dandelions.jpg", max_side=112))
    content = recoloured(photo, style)

    def shapes(cfg: gpnn.Config) -> float:
        made = gpnn.stylize([style], cfg, Run(), picture=content, size=size_of(photo), seed=0)
        return far(made, content)

    assert shapes(FAST) < 0.6 * shapes(replace(FAST, style_shapes=0.0))
