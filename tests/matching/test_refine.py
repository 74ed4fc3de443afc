"""A guide says what belongs where: it is compared, and never changed or handed out."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from calotype.image.resize import resize
from calotype.matching.refine import Guide, Level, Refinement, copy_upsampled, limited, refine
from calotype.run import Run

EXACT = Refinement(search="exact", components=0, alpha=0.0)
LEVELS = [Level((16, 20), 0.5, 5, 2), Level((32, 40), 1.0, 5, 2)]


def noise() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def halves(left: float, right: float, size: tuple[int, int] = (32, 40)) -> Tensor:
    """[1, 1, h, w]: one value on the left, another on the right."""
    x = torch.full((1, 1, *size), float(left))
    x[..., size[1] // 2 :] = right
    return x


@pytest.fixture
def photo() -> Tensor:
    """Dark noise on the left, bright noise on the right."""
    return 0.3 * torch.rand(1, 3, 32, 40, generator=noise()) + halves(-0.6, 0.4)


def refined(photos: list[Tensor], how: Refinement, guide: Guide | None, start: Tensor | None = None) -> Tensor:
    begun = torch.zeros(1, photos[0].shape[1], 16, 20) if start is None else start
    return refine(begun, photos, how, Run(), LEVELS, noise(), (False, False), guide=guide)


def sides(x: Tensor) -> tuple[float, float]:
    """Mean brightness on the left and on the right, the seam left out."""
    return float(x[..., :16].mean()), float(x[..., 24:].mean())


@pytest.mark.parametrize("search", ["exact", "fast"])
def test_everything_goes_where_the_guide_has_it(photo: Tensor, search: str) -> None:
    how = replace(EXACT, search=search, components=24, exact_below=0, exact_start=0, passes=4)
    guide = Guide([halves(0, 1)], halves(1, 0), weight=2)
    left, right = sides(refined([photo], how, guide))
    assert left > 0.3
    assert right < -0.3


def test_a_guide_that_counts_nothing_changes_nothing(photo: Tensor) -> None:
    idle = Guide([halves(0, 1)], halves(1, 0), weight=0)
    start = torch.rand(1, 3, 16, 20, generator=noise())
    torch.testing.assert_close(refined([photo], EXACT, idle, start), refined([photo], EXACT, None, start))


def test_its_own_guide_gives_the_photo_back(photo: Tensor) -> None:
    everywhere = torch.rand(1, 2, 32, 40, generator=noise())
    made = refined([photo], EXACT, Guide([everywhere], everywhere, weight=5))
    torch.testing.assert_close(made, photo)


def test_every_photo_has_its_own(photo: Tensor) -> None:
    other = torch.full((1, 3, 24, 24), 0.9)
    guide = Guide([torch.zeros(1, 1, 32, 40), torch.ones(1, 1, 24, 24)], torch.ones(1, 1, 32, 40), weight=2)
    torch.testing.assert_close(refined([photo, other], EXACT, guide), torch.full((1, 3, 32, 40), 0.9))


def test_mirror_images_have_mirrored_ones() -> None:
    ramp = torch.linspace(-1, 1, 40).expand(1, 3, 32, 40)
    # The guide falls where the photo rises: a rising target wants the mirror image, of which the photo falls.
    guide = Guide([ramp.flip(3)[:, :1]], ramp[:, :1], weight=5)
    made = refined([ramp], replace(EXACT, mirror=True), guide)
    torch.testing.assert_close(made, ramp.flip(3))


def test_a_target_of_another_size_is_stretched(photo: Tensor) -> None:
    guide = Guide([halves(0, 1)], halves(1, 0, (64, 80)), weight=2)
    made = refined([photo], EXACT, guide)
    assert made.shape == (1, 3, 32, 40)
    assert sides(made)[0] > sides(made)[1]


def test_a_large_first_level_finds_its_matches_with_the_guide(photo: Tensor) -> None:
    how = replace(EXACT, search="fast", exact_below=0, exact_start=0)
    guide = Guide([halves(0, 1)], halves(1, 0), weight=2)
    start = torch.zeros(1, 3, 32, 40)
    made = refine(start, [photo], how, Run(), LEVELS[1:], noise(), (False, False), LEVELS[:1], guide)
    assert sides(made)[0] > sides(made)[1]


def test_what_is_too_large_is_carried_up_to_in_one_step() -> None:
    levels = [Level((10 * 2**i, 12 * 2**i), 0.125 * 2**i, 5, 2) for i in range(4)]
    photo = (80, 96)
    assert limited(levels, photo, most=80 * 96) == levels
    assert limited(levels, photo, most=20 * 24) == [*levels[:2], replace(levels[3], steps=0)]
    # The photo counts as well, where the result is the smaller one.
    small = [replace(level, size=(9 + i, 9 + i)) for i, level in enumerate(levels)]
    assert limited(small, photo, most=20 * 24) == [*small[:2], replace(small[3], steps=0)]
    # What the result begins with always stays.
    assert limited(levels, photo, most=1) == [levels[0], replace(levels[3], steps=0)]
    assert limited(levels[3:], photo, most=1) == levels[3:]


def test_the_field_that_changes_nothing_copies_the_photo(photo: Tensor) -> None:
    carried, _ = copy_upsampled([photo], None, Level((32, 40), 1.0, 5, 0), EXACT, (False, False))
    torch.testing.assert_close(carried, photo)


@pytest.mark.parametrize("tile", [(False, False), (True, True)])
def test_matches_carried_up_are_nearly_those_that_would_be_found(tile: tuple[bool, bool]) -> None:
    """The photo with its halves exchanged is copied alike, whether full size is searched or not."""
    photo = smooth((64, 80))
    start = resize(photo.roll(32, 2), (32, 40))
    found = [Level((32, 40), 0.5, 5, 2), Level((64, 80), 1.0, 5, 1)]
    searched = refine(start, [photo], EXACT, Run(), found, noise(), tile)
    carried = refine(start, [photo], EXACT, Run(), [found[0], replace(found[1], steps=0)], noise(), tile)
    assert carried.shape == searched.shape
    # Against what two different pictures of this kind differ by.
    assert float((carried - searched).abs().mean()) < 0.1 * float((photo - photo.flip(2)).abs().mean())


def test_strips_leave_no_trace(photo: Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    start = torch.rand(1, 3, 16, 20, generator=noise())
    levels = [LEVELS[0], replace(LEVELS[1], steps=0)]

    def made() -> Tensor:
        return refine(start, [photo], replace(EXACT, spread=0.2), Run(), levels, noise(), (True, False))

    at_once = made()
    monkeypatch.setattr("calotype.matching.vote.STRIP", 90)
    monkeypatch.setattr("calotype.matching.patchmatch.STRIP", 130)
    torch.testing.assert_close(made(), at_once)


def smooth(size: tuple[int, int]) -> Tensor:
    """Random shapes without an edge, [1, 3, h, w]."""
    coarse = torch.rand(1, 3, size[0] // 4, size[1] // 4, generator=noise()) * 2 - 1
    return resize(coarse, size)
