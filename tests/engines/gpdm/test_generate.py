"""Whole pictures: sizes, seeds, upright photos, several photos, transparency, tiling, stopping."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from calotype.engines import gpdm
from calotype.engines.gpdm.distance import directions, distance_and_gradient
from calotype.engines.gpdm.generate import plan
from calotype.errors import InputError, Stopped
from calotype.image.io import open_photo, to_tensor
from calotype.run import Event, Run

PHOTOS = Path(__file__).parents[3] / "examples" / "photos"
TINY = gpdm.PRESETS["tiny"]
# Few and large steps, all of them matching.
QUICK = replace(TINY, steps=40, rate=0.05, projections=16, fine_projections=16, replaced_above=0)


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    return to_tensor(open_photo(PHOTOS / "mountains.jpg", max_side=64))


def size_of(x: torch.Tensor) -> tuple[int, int]:
    return x.shape[2], x.shape[3]


def far(made: torch.Tensor, photo: torch.Tensor) -> float:
    """The distance of the patches, along directions that the engine has not seen."""
    return distance_and_gradient(
        made, [photo], directions(64, made.shape[1], 7, torch.Generator().manual_seed(99), made.device)
    )[0]


@pytest.mark.parametrize("preset", ["fast", "tiny", "paper"])
def test_every_preset_makes_a_new_picture_of_the_same_patches(photo: torch.Tensor, preset: str) -> None:
    small = torch.nn.functional.interpolate(photo, (30, 40), mode="area")
    cfg = replace(gpdm.PRESETS[preset], steps=min(gpdm.PRESETS[preset].steps, 60), coarsest=21)
    made = gpdm.vary([small], cfg, Run(), size=(30, 40), seed=0)
    assert size_of(made) == (30, 40)
    assert made.isfinite().all()
    assert float(made.abs().max()) <= 1
    assert not torch.allclose(made, small, atol=0.02)
    assert far(made, small) < 0.6 * far(torch.zeros_like(small), small)


def test_more_steps_lead_nearer(photo: torch.Tensor) -> None:
    few, more = (
        far(gpdm.vary([photo], replace(QUICK, steps=n), Run(), size=size_of(photo), seed=0), photo) for n in (4, 60)
    )
    assert more < 0.5 * few


def test_same_seed_same_bytes_other_seed_another(photo: torch.Tensor) -> None:
    def make(seed: int) -> torch.Tensor:
        torch.manual_seed(seed + 17)  # the global generator has no part in it
        return gpdm.vary([photo], TINY, Run(), size=size_of(photo), seed=seed)

    first = make(3)
    assert torch.equal(first, make(3))
    assert not torch.allclose(first, make(4), atol=0.05)


@pytest.mark.parametrize("size", [(40, 90), (70, 33), (17, 100)])
@pytest.mark.parametrize("verb", ["vary", "retarget"])
def test_any_size(photo: torch.Tensor, verb: str, size: tuple[int, int]) -> None:
    assert size_of(getattr(gpdm, verb)([photo], TINY, Run(), size=size, seed=0)) == size


def test_an_upright_photo_is_worked_at_the_same_scales_as_a_lying_one() -> None:
    lying, upright = (plan(size, size, gpdm.PRESETS["paper"]) for size in ((180, 240), (240, 180)))
    assert [level.size for level in upright] == [level.size[::-1] for level in lying]
    assert [level.factor for level in upright] == [level.factor for level in lying]


def test_an_upright_photo_turns_out_as_well_as_a_lying_one(photo: torch.Tensor) -> None:
    """Over a few seeds; with one scale for the photo and another for the result it would be twice as far or more."""
    turned = photo.transpose(2, 3).contiguous()

    def mean(x: torch.Tensor) -> float:
        found = [far(gpdm.vary([x], QUICK, Run(), size=size_of(x), seed=seed), x) for seed in range(3)]
        return sum(found) / 3

    assert mean(turned) == pytest.approx(mean(photo), rel=0.3)


def test_structure_keeps_more_of_the_photo(photo: torch.Tensor) -> None:
    def distance(structure: float) -> float:
        made = gpdm.vary([photo], QUICK, Run(), size=size_of(photo), seed=0, structure=structure)
        return float((made - photo).square().mean())

    free, close, same = distance(0.0), distance(0.6), distance(1.0)
    assert same < close < free


def test_patches_of_a_free_layout_have_a_size_of_their_own(photo: torch.Tensor) -> None:
    def made(structure: float, **sides: int) -> torch.Tensor:
        cfg = replace(QUICK, replaced_above=24, **sides)
        return gpdm.vary([photo], cfg, Run(), size=size_of(photo), seed=0, structure=structure)

    assert not torch.equal(made(0.0, free_patch=3), made(0.0, free_patch=5))
    assert torch.equal(made(0.0, replaced_patch=3), made(0.0, replaced_patch=5))
    assert torch.equal(made(0.5, free_patch=3), made(0.5, free_patch=5))


def test_a_start_from_the_photo_is_nearer_to_it_than_a_blank_one(photo: torch.Tensor) -> None:
    blank, begun = (
        gpdm.vary([photo], replace(QUICK, start=start), Run(), size=size_of(photo), seed=0)
        for start in ("blank", "photo")
    )
    assert float((begun - photo).square().mean()) < 0.8 * float((blank - photo).square().mean())


def test_retarget_to_the_same_size_is_nearly_the_photo(photo: torch.Tensor) -> None:
    made = gpdm.retarget([photo], replace(QUICK, rate=0.02), Run(), size=size_of(photo), seed=0)
    assert float((made - photo).square().mean().sqrt()) < 0.45 * float(photo.std())


def test_several_photos_are_in_the_result_in_proportion(photo: torch.Tensor) -> None:
    red = torch.tensor([0.9, -0.9, -0.9])[None, :, None, None].expand(1, 3, *size_of(photo))
    noise = 0.05 * torch.randn(1, 3, *size_of(photo), generator=torch.Generator().manual_seed(0))
    made = gpdm.vary([photo, (red + noise).clamp(-1, 1)], QUICK, Run(), size=size_of(photo), seed=1)
    is_red = (made[0, 0] > 0.4) & (made[0, 1] < -0.4)
    assert 0.3 < is_red.float().mean() < 0.6
    # Several photos have no common height, so it does not count for the one either.
    alone = gpdm.vary([photo], replace(QUICK, height=0.0), Run(), size=size_of(photo), seed=1)
    assert not ((alone[0, 0] > 0.4) & (alone[0, 1] < -0.4)).any()


def test_transparency_comes_along(photo: torch.Tensor) -> None:
    alpha = torch.ones(1, 1, *size_of(photo))
    alpha[:, :, :, :30] = -1
    cut = torch.cat([photo * (alpha > 0), alpha], 1)
    made = gpdm.vary([cut], QUICK, Run(), size=size_of(photo), seed=0)
    assert made.shape == cut.shape
    assert 0.2 < (made[:, 3] < -0.5).float().mean() < 0.7
    # Composited colours: none where nothing is.
    assert (made[:, :3].abs() <= (made[:, 3:] + 1) / 2 + 1e-6).all()


def test_patches_are_replaced_from_several_photos_and_with_transparency(photo: torch.Tensor) -> None:
    cut = torch.cat([photo, torch.ones(1, 1, *size_of(photo))], 1)
    cfg = replace(TINY, replaced_above=28)
    for verb in (gpdm.vary, gpdm.retarget):
        made = verb([cut, cut[:, :, :24, :50]], cfg, Run(), size=(40, 70), seed=0)
        assert made.shape == (1, 4, 40, 70)
        assert made[:, 3].amin() > 0.5  # there is little that is clear to be taken


def seam(made: torch.Tensor, axis: int) -> float:
    """How much the picture changes across its edge, against how much it does inside."""
    steps = (made - made.roll(1, axis)).abs().mean([d for d in range(4) if d != axis])
    return float(steps[0] / steps[1:].mean())


@pytest.mark.parametrize(("tile", "axis"), [((False, True), 3), ((True, False), 2), ((True, True), 3)])
@pytest.mark.parametrize("replaced_above", [0, 28])
def test_tileable_pictures_have_no_seam(
    photo: torch.Tensor, tile: tuple[bool, bool], axis: int, replaced_above: int
) -> None:
    cfg = replace(QUICK, replaced_above=replaced_above)
    seams = [seam(gpdm.vary([photo], cfg, Run(), size=(40, 56), seed=seed, tile=tile), axis) for seed in range(3)]
    assert sum(seams) / 3 < 1.4


def test_without_asking_there_is_a_seam(photo: torch.Tensor) -> None:
    """So that the test above could fail."""
    seams = [seam(gpdm.vary([photo], QUICK, Run(), size=(40, 56), seed=seed), 2) for seed in range(3)]
    assert sum(seams) / 3 > 2


def test_progress_is_told_and_a_stop_is_heard(photo: torch.Tensor) -> None:
    seen: list[Event] = []
    cfg = replace(TINY, replaced_above=28)
    gpdm.vary([photo], cfg, Run(on_event=seen.append), size=size_of(photo), seed=0)
    stages = [event.stage for event in seen if event.kind == "end"]
    assert stages[0].startswith("distribution 1 of")
    assert stages[-1].startswith("level")
    assert len(set(stages)) == len(stages)
    told = [event.values["distance"] for event in seen if event.kind == "step" and event.stage == stages[0]]
    assert len(told) == cfg.steps
    run = Run(on_event=lambda event: run.stop() if event.stage == stages[1] else None)
    with pytest.raises(Stopped):
        gpdm.vary([photo], cfg, run, size=size_of(photo), seed=0)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"patch": 4}, "odd"),
        ({"replaced_patch": 1}, "odd"),
        ({"free_patch": 4}, "odd"),
        ({"ratio": 1.0}, "ratio"),
        ({"start": "quick"}, "start"),
        ({"steps": 0}, "steps"),
        ({"remake_steps": 0}, "remake_steps"),
        ({"projections": 0}, "projections"),
        ({"stride": 0}, "stride"),
        ({"rate": 0.0}, "rate"),
        ({"coarsest": 2}, "coarsest"),
    ],
)
def test_settings_out_of_range_are_refused(photo: torch.Tensor, changes: dict[str, object], word: str) -> None:
    with pytest.raises(InputError, match=word):
        gpdm.vary([photo], replace(TINY, **changes), Run(), size=size_of(photo), seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(1, 1), (10, 200), (200, 13)])
def test_too_few_pixels_are_refused(photo: torch.Tensor, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="too few"):
        gpdm.vary([photo], TINY, Run(), size=size, seed=0)
    with pytest.raises(InputError, match="too few"):
        gpdm.vary([torch.zeros(1, 3, *size)], TINY, Run(), size=(40, 40), seed=0)


def test_photos_of_two_kinds_are_refused(photo: torch.Tensor) -> None:
    cut = torch.cat([photo, torch.ones(1, 1, *size_of(photo))], 1)
    with pytest.raises(InputError, match="transparency"):
        gpdm.vary([photo, cut], TINY, Run(), size=size_of(photo), seed=0)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_makes_a_picture_as_good(photo: torch.Tensor) -> None:
    here = gpdm.vary([photo], QUICK, Run(), size=size_of(photo), seed=0)
    there = gpdm.vary([photo.cuda()], QUICK, Run(device="cuda"), size=size_of(photo), seed=0).cpu()
    assert far(there, photo) == pytest.approx(far(here, photo), rel=0.3)


def test_what_is_at_the_top_of_the_photo_stays_there() -> None:
    """From a blank start nothing but the height says where a band belongs."""
    band = torch.full((1, 3, 48, 40), -0.6)
    band[:, :, 6:12] = 0.8
    cfg = replace(TINY, coarsest=48, steps=30, projections=16, replaced_above=0)

    def light(height: float) -> list[float]:
        """The share of the light in the upper half."""
        made = [gpdm.vary([band], replace(cfg, height=height), Run(), size=(48, 40), seed=seed) for seed in range(3)]
        return [float((x[:, :, :24] > 0).sum() / (x > 0).sum().clamp_min(1)) for x in made]

    assert min(light(1.0)) > 0.9
    assert min(light(0.0)) < 0.9
