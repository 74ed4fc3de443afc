"""The distance and its slope, against values known otherwise and against automatic differentiation."""

import pytest
import torch
import torch.nn.functional as F

from calotype.engines.gpdm.distance import directions, distance_and_gradient
from calotype.metrics.sliced import quantile_distance

CPU = torch.device("cpu")


def drawn(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def filters(count: int = 12, patch: int = 5, channels: int = 3) -> torch.Tensor:
    return directions(count, channels, patch, torch.Generator().manual_seed(1), CPU)


def test_directions_are_of_length_one_and_new_each_time() -> None:
    noise = torch.Generator().manual_seed(0)
    first, second = (directions(8, 3, 7, noise, CPU) for _ in range(2))
    assert first.shape == (8, 3, 7, 7)
    assert torch.allclose(first.flatten(1).norm(dim=1), torch.ones(8))
    assert not torch.allclose(first, second)


@pytest.mark.parametrize("tile", [(False, False), (True, True)])
def test_identical_pictures_are_at_no_distance(tile: tuple[bool, bool]) -> None:
    x = drawn(20, 24)
    # A tileable picture is as near to itself where the photo's patches reach over its edge too.
    photo = F.pad(x, (0, 4, 0, 4), mode="circular") if tile[0] else x
    distance, gradient = distance_and_gradient(x, [photo], filters(), tile=tile)
    assert distance < 1e-6
    assert gradient.abs().max() < 1e-4


def test_where_the_patches_lie_does_not_matter() -> None:
    x = drawn(20, 24)
    moved = x.roll((7, 5), (2, 3))
    assert (
        distance_and_gradient(x, [F.pad(moved, (0, 4, 0, 4), mode="circular")], filters(), tile=(True, True))[0] < 1e-6
    )
    assert distance_and_gradient(x, [drawn(20, 24, seed=1) * 0.5], filters())[0] > 0.1


@pytest.mark.parametrize("tile", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_slope_is_what_differentiating_finds(tile: tuple[bool, bool], stride: int) -> None:
    """The sliced Wasserstein distance written down once more with autograd, over as many patches on both sides."""
    x, offset = drawn(18, 22).requires_grad_(), (stride - 1, 0)
    size = (18 + 4 * tile[0], 22 + 4 * tile[1])
    photo = drawn(*size, seed=3)
    some = filters()
    wrapped = torch.cat([x, x[:, :, :4]], 2) if tile[0] else x
    wrapped = torch.cat([wrapped, wrapped[:, :, :, :4]], 3) if tile[1] else wrapped

    def values(picture: torch.Tensor) -> torch.Tensor:
        return F.conv2d(picture[:, :, offset[0] :, offset[1] :], some, stride=stride).flatten(2)[0]

    expected = quantile_distance(values(wrapped), values(photo)).mean()
    expected.backward()
    expected = expected.detach()
    found, gradient = distance_and_gradient(x.detach(), [photo], some, tile=tile, stride=stride, offset=offset)
    assert found == pytest.approx(float(expected), rel=1e-5)
    assert x.grad is not None
    assert float(x.grad.abs().max()) > 0
    assert torch.allclose(gradient, x.grad, atol=1e-7)


def test_following_the_slope_leads_nearer() -> None:
    x, photo = drawn(20, 24) * 0.3, drawn(20, 24, seed=1)
    before, gradient = distance_and_gradient(x, [photo], filters())
    assert distance_and_gradient(x - 0.1 * gradient / gradient.abs().max(), [photo], filters())[0] < before


def test_counts_of_patches_may_differ_without_a_bias() -> None:
    """A photo twice as large with the same patches is as near, and luck has no part in it."""
    photo = drawn(16, 20)
    twice = F.pad(photo.repeat(1, 1, 2, 1), (0, 4, 0, 4), mode="circular")
    for seed in (1, 2):
        x = drawn(16, 20, seed=seed)
        once = distance_and_gradient(x, [F.pad(photo, (0, 4, 0, 4), mode="circular")], filters(), tile=(True, True))[0]
        assert distance_and_gradient(x, [twice], filters(), tile=(True, True))[0] == pytest.approx(once, rel=0.02)


def test_the_patches_of_several_photos_are_one_set() -> None:
    dark, light = drawn(16, 20) * 0.1 - 0.8, drawn(16, 20, seed=1) * 0.1 + 0.8
    both = torch.cat([dark, light], 3)
    assert (
        distance_and_gradient(both, [dark, light], filters())[0]
        < 0.5 * distance_and_gradient(both, [dark], filters())[0]
    )


def test_directions_at_a_time_give_the_same_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    x, photo = drawn(20, 24), drawn(20, 24, seed=1)
    whole = distance_and_gradient(x, [photo], filters())
    monkeypatch.setattr("calotype.engines.gpdm.distance._MAX_VALUES", 1000)
    parts = distance_and_gradient(x, [photo], filters())
    assert parts[0] == pytest.approx(whole[0])
    assert torch.allclose(parts[1], whole[1], atol=1e-7)


def test_a_photo_of_one_patch_is_taken_at_any_offset() -> None:
    photo = drawn(5, 5)
    distance, gradient = distance_and_gradient(drawn(12, 13), [photo], filters(), stride=3, offset=(2, 1))
    assert distance > 0
    assert gradient.isfinite().all()
