"""Pixel for pixel what the paper describes, whatever order the pixels are made in."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from calotype.engines import imageanalogies
from calotype.engines.imageanalogies import generate, sweep
from calotype.engines.imageanalogies.neighbourhood import CAUSAL, COARSE, FULL, gaussian
from calotype.engines.imageanalogies.sweep import fronts, one_by_one
from calotype.errors import InputError, Stopped
from calotype.run import Run

Config = imageanalogies.Config
PAPER = imageanalogies.PRESETS["paper"]
SIZE = (24, 30)


def noise(seed: int, size: tuple[int, int] = SIZE) -> Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed)) - 0.5


def smooth(seed: int, size: tuple[int, int] = SIZE) -> Tensor:
    return torch.nn.functional.interpolate(noise(seed, (5, 6)), size=size, mode="bicubic").clamp(-1, 1)


def make(photo: Tensor, before: Tensor | None, picture: Tensor, cfg: Config = PAPER, **more: object) -> Tensor:
    size = (picture.shape[2], picture.shape[3])
    how = {"before": before, "picture": picture, "size": size, "seed": 0, **more}
    return imageanalogies.analogy([photo], cfg, Run(), **how)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> list[Tensor]:
    """What is chosen at each level."""
    found, synthesize_level = [], sweep.synthesize_level

    def kept(*given: object) -> Tensor:
        found.append(synthesize_level(*given))
        return found[-1]

    monkeypatch.setattr(generate, "synthesize_level", kept)
    return found


@pytest.mark.parametrize("preset", ["paper", "fast"])
@pytest.mark.parametrize("colours", ["photo", "target"])
def test_nothing_done_to_the_photo_is_nothing_done_to_the_target(preset: str, colours: str) -> None:
    cfg = replace(imageanalogies.PRESETS[preset], noise=0.0, probes=0)
    torch.testing.assert_close(make(noise(0), noise(0), noise(0), cfg, colours=colours), noise(0))


def test_no_favour_is_the_nearest_always(chosen: list[Tensor]) -> None:
    """Only the guide counts: then the choice can be computed without any sweep."""
    photo, before, target = noise(0), noise(1), noise(2)
    cfg = replace(PAPER, levels=1, kappa=0.0, light_weight=1000.0)
    make(photo, before, target, cfg, guide="colours", colours="photo")
    pad = torch.nn.functional.pad

    def rows(x: Tensor) -> Tensor:
        unfolded = torch.nn.functional.unfold(pad(x, (2, 2, 2, 2), mode="replicate"), 5)[0].view(3, 25, -1)
        return (unfolded * gaussian(FULL, 5).sqrt()[:, None]).flatten(0, 1).T.double()

    assert torch.equal(chosen[0], torch.cdist(rows(target), rows(before)).argmin(1))


@pytest.mark.parametrize("cfg", [PAPER, replace(PAPER, components=20, kappa=1.0), replace(PAPER, kappa=0.0)])
@pytest.mark.parametrize("before", [None, 1])
def test_fronts_and_rows_give_the_same(monkeypatch: pytest.MonkeyPatch, cfg: Config, before: int | None) -> None:
    photo, target = smooth(0), smooth(2, (17, 21))
    counterpart = None if before is None else smooth(before)
    by_fronts = make(photo, counterpart, target, cfg)
    monkeypatch.setattr(generate, "fronts", lambda size, device: list(one_by_one(size, device)))
    assert torch.equal(by_fronts, make(photo, counterpart, target, cfg))


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (9, 1), (5, 4), (6, 13)])
def test_fronts_reach_every_pixel_after_those_it_depends_on(size: tuple[int, int]) -> None:
    done: set[tuple[int, int]] = set()
    for y, x in fronts(size, torch.device("cpu")):
        front = set(zip(y.tolist(), x.tolist()))
        for y_, x_ in front:
            needed = {(y_ + dy, x_ + dx) for dy, dx in CAUSAL if y_ + dy >= 0 and 0 <= x_ + dx < size[1]}
            assert needed <= done
        assert not front & done
        done |= front
    assert len(done) == size[0] * size[1]


def run_length(chosen: Tensor, size: tuple[int, int], width: int) -> float:
    """Share of the pixels that go on with what their left neighbour was copied from."""
    field = chosen.view(size)
    return float(((field[:, 1:] == field[:, :-1] + 1) & (field[:, 1:] % width > 0)).float().mean())


def test_coherence_grows_with_kappa(chosen: list[Tensor]) -> None:
    shares = []
    for kappa in (0.0, 1.0, 5.0, 25.0):
        make(noise(0), smooth(1), smooth(2), replace(PAPER, kappa=kappa))
        shares.append(run_length(chosen[-1], SIZE, SIZE[1]))
    assert shares == sorted(shares)
    assert shares[-1] > shares[0] + 0.2


def test_windows() -> None:
    assert (len(FULL), len(CAUSAL), len(COARSE)) == (25, 12, 9)
    assert (0, 0) not in CAUSAL
    for offsets, side in ((FULL, 5), (CAUSAL, 5), (COARSE, 3)):
        weights = gaussian(offsets, side)
        assert float(weights.sum()) == pytest.approx(1)
        assert all(weights[offsets.index((dy, -dx))] == w for (dy, dx), w in zip(offsets, weights) if dy)


def test_texture_by_numbers() -> None:
    tint = torch.zeros(1, 3, *SIZE)
    tint[:, 0, :, :15], tint[:, 2, :, 15:] = 0.5, 0.5
    red, blue = torch.tensor([1.0, -1, -1]).view(1, 3, 1, 1), torch.tensor([-1.0, -1, 1]).view(1, 3, 1, 1)
    left = (torch.arange(30) < 15).float().expand(1, 1, *SIZE)
    made = make(0.3 * noise(0) + tint, left * red + (1 - left) * blue, left * blue + (1 - left) * red, Config())
    reddish = (made[:, 0] - made[:, 2])[0]
    assert reddish[:, :12].max() < 0
    assert reddish[:, 18:].min() > 0


def test_every_pixel_is_one_of_the_photo() -> None:
    photo = noise(0)
    made = make(photo, None, smooth(1))
    known = {tuple(pixel) for pixel in photo[0].flatten(1).T.tolist()}
    assert {tuple(pixel) for pixel in made[0].flatten(1).T.tolist()} <= known


def test_seeds() -> None:
    cfg = replace(Config(), noise=0.5)
    one = make(noise(0), None, smooth(1), cfg, seed=1)
    assert torch.equal(one, make(noise(0), None, smooth(1), cfg, seed=1))
    assert not torch.equal(one, make(noise(0), None, smooth(1), cfg, seed=2))
    assert torch.equal(make(noise(0), None, smooth(1), seed=1), make(noise(0), None, smooth(1), seed=2))


def test_levels() -> None:
    assert imageanalogies.scales((60, 100), Config()) == [(8, 13), (15, 25), (30, 50), (60, 100)]
    assert imageanalogies.scales((9, 9), Config()) == [(9, 9)]


@pytest.mark.parametrize("setting", ["levels", "leaf", "kappa", "noise", "probes", "components", "label_weight"])
def test_settings_out_of_range(setting: str) -> None:
    with pytest.raises(InputError, match=setting):
        make(noise(0), None, noise(1), replace(Config(), **{setting: -1}))


def test_refusals() -> None:
    with pytest.raises(InputError, match="30x5 pixels are too few"):
        make(noise(0), None, noise(1)[:, :, :5])
    with pytest.raises(InputError, match="one photo"):
        imageanalogies.analogy([noise(0)] * 2, PAPER, Run(), before=None, picture=noise(1), size=SIZE, seed=0)


def test_it_stops() -> None:
    run = Run()
    run.stop()
    with pytest.raises(Stopped):
        imageanalogies.analogy([noise(0)], PAPER, run, before=None, picture=noise(1), size=SIZE, seed=0)


def test_cost_grows_with_the_pictures() -> None:
    small, large = (imageanalogies.cost([size], size, Config()) for size in ((100, 100), (400, 400)))
    assert large.seconds > 5 * small.seconds
    assert large.bytes > small.bytes
    assert imageanalogies.cost([(250, 250)], (250, 250), PAPER).seconds > 10
