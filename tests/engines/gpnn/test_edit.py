"""Edits and pastes: only the changed area is made anew."""

import importlib
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from calotype.engines import gpnn
from calotype.errors import InputError
from calotype.image.blur import blur
from calotype.image.io import open_photo, to_tensor
from calotype.image.luminance import luminance
from calotype.run import Run

PHOTOS = Path(__file__).parents[3] / "examples" / "photos"
FAST = gpnn.PRESETS["fast"]


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(open_photo(PHOTOS / "stream.jpg", max_side=125))


def region_of(photo: torch.Tensor, top: int, left: int, side: int) -> torch.Tensor:
    region = torch.zeros_like(photo[:, :1])
    region[:, :, top : top + side, left : left + side] = 1
    return region


def moved(photo: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The photo with a piece of it elsewhere, and where."""
    edited = photo.clone()
    edited[:, :, 40:70, 70:100] = photo[:, :, 40:70, 20:50]
    return edited, region_of(photo, 40, 70, 30)


def pasted(photo: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """A disc with stripes, in colours that the photo does not have, and where."""
    y, x = torch.meshgrid(torch.arange(photo.shape[2]), torch.arange(photo.shape[3]), indexing="ij")
    disc = ((y - 40) ** 2 + (x - 60) ** 2 < 24**2)[None, None]
    stripes = torch.where((x // 8) % 2 == 0, 1.0, -0.2)[None, None]
    colours = torch.cat([stripes, -torch.ones_like(stripes), stripes], 1)
    return torch.where(disc, colours, photo), disc.to(photo)


def made(verb: str, photo: torch.Tensor, picture: torch.Tensor, region: torch.Tensor | None, **more) -> torch.Tensor:
    size = (photo.shape[2], photo.shape[3])
    result: torch.Tensor = getattr(gpnn, verb)(
        [photo], FAST, Run(), picture=picture, size=size, seed=0, region=region, **more
    )
    return result


@pytest.mark.parametrize("verb", ["edit", "harmonize"])
def test_away_from_the_change_it_is_the_photo(photo: torch.Tensor, verb: str) -> None:
    edited, region = moved(photo)
    result = made(verb, photo, edited, region)
    margin = 16 if verb == "edit" else 4
    far = F.max_pool2d(region, 2 * margin + 1, 1, margin) == 0
    assert torch.equal(result[far.expand_as(result)], photo[far.expand_as(photo)])
    assert not torch.equal(result, photo)


def test_an_edit_has_the_detail_of_the_photo(photo: torch.Tensor) -> None:
    """Patches that disagree are not averaged to a blur."""
    edited, region = moved(photo)
    result = made("edit", photo, edited, region)

    def detail(x: torch.Tensor) -> float:
        return float((x - blur(x, 1.5))[region.expand_as(x) > 0].square().mean().sqrt())

    blended = gpnn.remake(
        [photo], FAST, Run(), picture=edited, size=(photo.shape[2], photo.shape[3]), seed=0, structure=0.4
    )
    assert detail(result) > 0.8 * detail(edited)
    assert detail(result) > 1.1 * detail(blended)


def test_a_pasted_object_keeps_its_shapes_and_loses_its_colours(photo: torch.Tensor) -> None:
    picture, region = pasted(photo)
    result = made("harmonize", photo, picture, region)
    inside = region[0, 0] > 0
    wanted, found = (luminance(blur(x, 1.0))[0, 0][inside] for x in (picture, result))
    assert float(torch.corrcoef(torch.stack([wanted, found]))[0, 1]) > 0.85
    # Magenta: red and blue above green. The photo has none.
    assert float((picture[0, 0] - picture[0, 1])[inside].mean()) > 1
    assert float((result[0, 0] - result[0, 1])[inside].mean()) < 0.4


@pytest.mark.parametrize("verb", ["edit", "harmonize"])
def test_without_a_region_all_is_rendered(photo: torch.Tensor, verb: str) -> None:
    edited, _ = moved(photo)
    size = (photo.shape[2], photo.shape[3])
    whole = gpnn.remake([photo], FAST, Run(), picture=edited, size=size, seed=0, structure=0.4)
    assert torch.equal(made(verb, photo, edited, None, structure=0.4), whole)


def test_a_small_change_costs_little_of_a_large_photo(photo: torch.Tensor, monkeypatch) -> None:
    """The search is limited to the surroundings of the change."""
    editing = importlib.import_module("calotype.engines.gpnn.edit")
    seen = []
    refine = editing.refine
    monkeypatch.setattr(editing, "refine", lambda *given: (seen.append(given[4][-1].size), refine(*given))[1])
    large = F.interpolate(photo, scale_factor=3, mode="bicubic").clamp(-1, 1)
    region = region_of(large, 10, 10, 12)
    made("harmonize", large, torch.where(region > 0, -large, large), region)
    assert seen[0][0] * seen[0][1] < 0.25 * large.shape[2] * large.shape[3]


def test_the_feather_is_the_softness_of_the_edge(photo: torch.Tensor) -> None:
    edited, region = moved(photo)
    hard, soft = (made("edit", photo, edited, region, feather=feather) for feather in (0.0, 8.0))
    assert not torch.equal(hard, soft)


def test_transparency_of_one_alone_is_refused(photo: torch.Tensor) -> None:
    edited, region = moved(photo)
    with pytest.raises(InputError, match="transparency"):
        made("edit", torch.cat([photo, torch.ones_like(region)], 1), edited, region)
