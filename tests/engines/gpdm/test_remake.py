"""Sketches and other photos taken in, and given the photo's patches."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from calotype.engines import gpdm
from calotype.errors import InputError, Stopped
from calotype.image.io import open_photo, to_tensor
from calotype.image.palette import palette, quantized
from calotype.image.resize import resize
from calotype.run import Run

PHOTOS = Path(__file__).parents[3] / "examples" / "photos"
TINY = gpdm.PRESETS["tiny"]
QUICK = replace(TINY, remake_steps=40, rate=0.03, projections=16, fine_projections=16, replaced_above=0)


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(open_photo(PHOTOS / "mountains.jpg", max_side=64))


def size_of(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]


def far(a: torch.Tensor, b: torch.Tensor) -> float:
    """Root mean square difference of the two seen from a distance."""
    return float((resize(a, (12, 16)) - resize(b, (12, 16))).square().mean().sqrt())


def test_a_sketch_becomes_a_picture_of_its_layout(photo: torch.Tensor) -> None:
    sketch = quantized(photo, palette(photo, 4)).flip(3)
    made = gpdm.remake([photo], QUICK, Run(), picture=sketch, size=size_of(photo), seed=0, structure=0.6)
    assert made.isfinite().all()
    assert far(made, sketch) < 0.75 * far(made, sketch.flip(3))


def test_structure_keeps_more_of_the_picture(photo: torch.Tensor) -> None:
    sketch = quantized(photo, palette(photo, 4)).flip(3)
    made = [
        gpdm.remake([photo], QUICK, Run(), picture=sketch, size=size_of(photo), seed=0, structure=structure)
        for structure in (0.0, 1.0)
    ]
    assert far(made[1], sketch) < far(made[0], sketch)


def test_a_style_brings_its_colours_and_leaves_the_shapes(photo: torch.Tensor) -> None:
    style = to_tensor(open_photo(PHOTOS / "dandelions.jpg", max_side=64))
    made = gpdm.stylize([style], QUICK, Run(), picture=photo, size=size_of(photo), seed=0)
    assert size_of(made) == size_of(photo)

    def off(x: torch.Tensor) -> float:
        return float((x.mean((2, 3)) - style.mean((2, 3))).abs().max())

    assert off(made) < 0.5 * off(photo)
    # Light and dark lie where they lay.
    light, was = (resize(x, (12, 16)).mean(1).flatten() for x in (made, photo))
    assert float(torch.corrcoef(torch.stack([light, was]))[0, 1]) > 0.4


def test_a_grey_style_leaves_no_colours(photo: torch.Tensor) -> None:
    """Noise in colours that the style does not have is removed."""
    grey = photo.mean(1, keepdim=True).expand(-1, 3, -1, -1).contiguous()

    def colourful(cfg: gpdm.Config) -> float:
        size = (photo.shape[2], photo.shape[3])
        made = gpdm.stylize([grey], cfg, Run(), picture=photo, size=size, seed=0)
        return float((made - made.mean(1, keepdim=True)).abs().mean())

    assert colourful(TINY) < 0.005 < colourful(replace(TINY, style_palette=0.0))


def test_same_seed_same_bytes_other_seed_another(photo: torch.Tensor) -> None:
    def make(seed: int) -> torch.Tensor:
        return gpdm.remake([photo], TINY, Run(), picture=photo, size=size_of(photo), seed=seed, structure=0.3)

    assert torch.equal(make(3), make(3))
    assert not torch.equal(make(3), make(4))


@pytest.mark.parametrize("structure", [0.0, 0.5, 1.0])
def test_any_size_of_picture_and_result(photo: torch.Tensor, structure: float) -> None:
    sketch = resize(photo, (37, 61))
    made = gpdm.remake([photo], TINY, Run(), picture=sketch, size=(70, 33), seed=0, structure=structure)
    assert size_of(made) == (70, 33)


def test_pictures_of_two_kinds_are_refused(photo: torch.Tensor) -> None:
    cut = torch.cat([photo, torch.ones(1, 1, *size_of(photo))], 1)
    for verb in (gpdm.remake, gpdm.stylize):
        with pytest.raises(InputError, match="transparency"):
            verb([cut], TINY, Run(), picture=photo, size=(40, 40), seed=0, structure=0.5)


def test_a_stop_is_heard(photo: torch.Tensor) -> None:
    run = Run(on_event=lambda event: run.stop())
    with pytest.raises(Stopped):
        gpdm.stylize([photo], TINY, run, picture=photo, size=size_of(photo), seed=0)
