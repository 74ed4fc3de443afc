"""A photo's matter where a map, or the light of another picture, wants it."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from calotype.engines import gpnn
from calotype.errors import InputError, Stopped
from calotype.image.luminance import luminance, to_yiq
from calotype.run import Run

FAST, TINY = gpnn.PRESETS["fast"], gpnn.PRESETS["tiny"]
RED, GREEN, BLUE = (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0)
SIZE = (48, 60)


def noise(seed: int = 0, size: tuple[int, int] = SIZE) -> Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed)) - 0.5


def flat(colour: tuple[float, float, float], width: int, height: int = SIZE[0]) -> Tensor:
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, height, width)


def beside(*parts: Tensor) -> Tensor:
    return torch.cat(parts, 3)


@pytest.fixture
def photo() -> Tensor:
    """Reddish noise on the left, bluish on the right."""
    tint = beside(flat((0.5, -0.4, -0.4), 30), flat((-0.4, -0.4, 0.5), 30))
    return 0.4 * noise() + tint


MAP = beside(flat(RED, 30), flat(BLUE, 30))


def make(photo: Tensor, before: Tensor | None, picture: Tensor, cfg: gpnn.Config = FAST, **more: object) -> Tensor:
    size = (picture.shape[2], picture.shape[3])
    return gpnn.analogy([photo], cfg, Run(), before=before, picture=picture, size=size, **{"seed": 0, **more})


@pytest.mark.parametrize("preset", ["fast", "tiny", "paper"])
def test_matter_follows_the_map(photo: Tensor, preset: str) -> None:
    made = make(photo, MAP, beside(flat(BLUE, 20), flat(RED, 20), flat(BLUE, 20)), gpnn.PRESETS[preset])
    reddish = (made[:, 0] - made[:, 2])[0]
    assert reddish[:, 23:37].mean() > 0.7
    assert reddish[:, :17].mean() < -0.7
    assert reddish[:, 43:].mean() < -0.7


def test_the_map_of_the_photo_gives_the_photo_back_or_nearly(photo: Tensor) -> None:
    made = make(photo, MAP, MAP, replace(FAST, analogy_sway=0, analogy_restless=0))
    assert (made - photo).abs().mean() < 0.05


def test_what_the_target_lacks_does_not_come_in(photo: Tensor) -> None:
    made = make(photo, MAP, flat(RED, 50))
    assert made.shape == (1, 3, 48, 50)
    assert (made[:, 0] - made[:, 2]).min() > 0


@pytest.mark.parametrize("size", [(40, 100), (96, 33)])
def test_the_result_has_any_size(photo: Tensor, size: tuple[int, int]) -> None:
    made = gpnn.analogy([photo], TINY, Run(), before=MAP, picture=MAP, size=size, seed=0)
    assert made.shape == (1, 3, *size)
    assert made.abs().max() <= 1


def test_a_filter_is_carried_over() -> None:
    before, other = (F.interpolate(noise(seed, (6, 8)), size=SIZE, mode="bicubic") for seed in (1, 2))
    negative = -0.5 * before - 0.2
    made = make(negative, before, other)
    found, wanted = luminance(made).flatten(), luminance(-other).flatten()
    assert torch.corrcoef(torch.stack([found, wanted]))[0, 1] > 0.8
    assert (to_yiq(made) - to_yiq(other))[:, 1:].abs().mean() < 0.005  # but where such a colour cannot be so bright


def test_a_texture_takes_on_light_and_shade(photo: Tensor) -> None:
    texture = torch.linspace(-0.8, 0.8, 60).expand(1, 3, *SIZE) + 0.2 * noise()
    target = beside(flat((0.6, 0.6, 0.6), 30), flat((-0.6, -0.6, -0.6), 30))
    made = make(texture, None, target)
    assert made[..., :26].mean() > made[..., 34:].mean() + 0.8


def test_seeds(photo: Tensor) -> None:
    target = beside(flat(BLUE, 20), flat(RED, 40))
    one = make(photo, MAP, target, seed=1)
    assert torch.equal(one, make(photo, MAP, target, seed=1))
    assert not torch.allclose(one, make(photo, MAP, target, seed=2), atol=0.05)


def test_refusals(photo: Tensor) -> None:
    with pytest.raises(InputError, match="one photo"):
        gpnn.analogy([photo, photo], FAST, Run(), before=MAP, picture=MAP, size=SIZE, seed=0)
    with pytest.raises(InputError, match="too few"):
        make(photo, MAP, MAP[:, :, :5])
    with pytest.raises(InputError, match="counterpart is 40x48"):
        make(photo, MAP[..., :40], MAP)


def test_it_stops(photo: Tensor) -> None:
    run = Run()
    run.stop()
    with pytest.raises(Stopped):
        gpnn.analogy([photo], FAST, run, before=MAP, picture=MAP, size=SIZE, seed=0)
