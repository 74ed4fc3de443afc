"""The searches against GPNN's formula written out, and the fast one against the exact one."""

import dataclasses
from pathlib import Path

import pytest
import torch

from calotype.image.io import open_photo, to_tensor
from calotype.image.patches import principal_filters, unfold
from calotype.image.resize import resize
from calotype.matching import field, patchmatch

PATCH = 5
PHOTOS = Path(__file__).parents[2] / "examples" / "photos"


def all_pixels(channels: int = 3) -> torch.Tensor:
    """Filters that describe a patch by all its values."""
    return torch.eye(channels * PATCH * PATCH).view(-1, channels, PATCH, PATCH)


@pytest.fixture(scope="module")
def scene() -> torch.Tensor:
    """A photo, 112 pixels wide."""
    return to_tensor(open_photo(PHOTOS / "mountains.jpg", max_side=112))


def disturbed(picture: torch.Tensor, amount: float) -> torch.Tensor:
    return picture + amount * torch.randn(picture.shape, generator=torch.Generator().manual_seed(1))


def scores_written_out(query: torch.Tensor, key: torch.Tensor, alpha: float) -> torch.Tensor:
    """S[i, j] = d[i, j] / (alpha + min over l of d[l, j]), d the mean squared difference; the paper's eq. 1-2."""
    q, k = unfold(query, PATCH).double(), unfold(key, PATCH).double()
    d = torch.stack([(row - k).square().mean(1) for row in q])
    return d / (alpha + d.amin(0)) if alpha > 0 else d


@pytest.mark.parametrize("alpha", [0.0, 0.005, 0.5])
def test_exact_is_the_formula(scene: torch.Tensor, alpha: float) -> None:
    key, query = scene[:, :, :20, :24], disturbed(scene[:, :, 10:30, 20:50], 0.3)
    found = field.exact(field.Grid(query, all_pixels()), field.Grid(key, all_pixels()), alpha, budget=1000)
    scores = scores_written_out(query, key, alpha)
    chosen = scores.gather(1, found[:, None])[:, 0]
    torch.testing.assert_close(chosen, scores.amin(1), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.005])
def test_both_exact_fields_from_one_product(scene: torch.Tensor, alpha: float) -> None:
    forbidden = torch.rand(26, 30, generator=torch.Generator().manual_seed(0)) < 0.3
    query, key = (
        field.Grid(x[:, :, :30, :34], all_pixels(), None if i == 0 else forbidden)
        for i, x in enumerate((disturbed(scene, 0.5), scene))
    )
    found, reverse = field.exact_both(query, key, alpha)
    apart = field.exact_both(query, key, alpha, budget=1000)
    assert (found == apart[0]).float().mean() > 0.999  # but for ties
    assert (reverse == apart[1]).float().mean() > 0.999
    assert key.forbidden is not None
    assert not key.forbidden.flatten()[found].any()


def test_exact_reverse_is_every_keys_nearest_query(scene: torch.Tensor) -> None:
    query, key = disturbed(scene[:, :, :20, :24], 0.3), scene[:, :, 10:30, 20:50]
    found, _ = field.exact_reverse(field.Grid(query, all_pixels()), field.Grid(key, all_pixels()), budget=1000)
    d = scores_written_out(query, key, 0.0)
    torch.testing.assert_close(d.gather(0, found[None])[0], d.amin(0), rtol=1e-4, atol=1e-6)


def test_distances_that_are_known_need_not_be_found_again(scene: torch.Tensor) -> None:
    query, key = field.Grid(disturbed(scene, 0.3), all_pixels()), field.Grid(scene, all_pixels())
    _, nearest = field.exact_reverse(query, key)
    assert torch.equal(field.exact(query, key, 0.005, nearest=nearest), field.exact(query, key, 0.005))


def test_little_memory_gives_the_same_field(scene: torch.Tensor) -> None:
    query, key = field.Grid(disturbed(scene, 0.3), all_pixels()), field.Grid(scene, all_pixels())
    same = field.exact(query, key, 0.005, budget=20_000) == field.exact(query, key, 0.005, budget=1 << 30)
    assert same.float().mean() > 0.995  # products of other shapes round differently, and break ties


@pytest.mark.parametrize("alpha", [0.0, 0.005, 10.0])
def test_a_picture_finds_itself(scene: torch.Tensor, alpha: float) -> None:
    grid = field.Grid(scene, all_pixels())
    assert torch.equal(field.exact(grid, grid, alpha), torch.arange(len(grid)))


def test_a_large_alpha_is_plain_nearest_neighbours(scene: torch.Tensor) -> None:
    query, key = field.Grid(disturbed(scene, 0.3), all_pixels()), field.Grid(scene, all_pixels())
    same = field.exact(query, key, 1e6) == field.exact(query, key, 0.0)
    assert same.float().mean() > 0.999  # ties and rounding alone may differ


def test_completeness_uses_more_of_the_photo(scene: torch.Tensor) -> None:
    """A query that shows half of the photo leaves the other half unused, unless completeness asks for it."""
    half = resize(scene[:, :, :, : scene.shape[3] // 2], tuple(scene.shape[2:]))
    query, key = field.Grid(half, all_pixels()), field.Grid(scene, all_pixels())
    used = [len(field.exact(query, key, alpha).unique()) for alpha in (0.0, 0.005)]
    assert used[1] > 1.1 * used[0]


def test_forbidden_patches_are_not_chosen(scene: torch.Tensor) -> None:
    query = field.Grid(scene, all_pixels())
    rows, columns = query.shape
    forbidden = torch.zeros(rows, columns, dtype=torch.bool)
    forbidden[:, 20:] = True
    key = field.Grid(scene, all_pixels(), forbidden)
    found = field.exact(query, key, 0.005)
    assert int((found % columns).max()) < 20
    start = torch.zeros(len(query), dtype=torch.int64)
    noise = torch.Generator().manual_seed(0)
    found, _ = patchmatch.search(query, key, start, torch.zeros(len(key), dtype=torch.int64), 0.005, 2, noise)
    assert int((found % columns).max()) < 20


def true_scores(query: field.Grid, key: field.Grid, alpha: float) -> torch.Tensor:
    """All scores [queries, keys] of the descriptions."""
    d = field.query_rows(query.describe(0, query.shape[0])) @ field.key_rows(key).T
    return d / (alpha + d.amin(0).clamp_min(0)) if alpha > 0 else d


@pytest.mark.parametrize("alpha", [0.0, 0.005])
def test_fast_search_is_close_to_exact(scene: torch.Tensor, alpha: float) -> None:
    """As the engine uses it: the exact field of the level below, carried up, then improved."""
    shifted = scene.roll((7, 11), (2, 3))
    size = (scene.shape[2], scene.shape[3])
    small = [resize(x, (size[0] * 3 // 4, size[1] * 3 // 4)) for x in (shifted, scene)]
    filters = principal_filters(scene, PATCH, 24)
    coarse = [field.Grid(x, filters) for x in small]
    query = field.Grid(resize(small[0], size), filters)
    key = field.Grid(resize(small[1], size), filters)
    noise = torch.Generator().manual_seed(0)
    found = field.exact(*coarse, alpha)
    found = patchmatch.upsample(found, coarse[0].geometry, query.geometry, coarse[1].geometry, key.geometry)
    reverse, _ = field.exact_reverse(*coarse)
    reverse = patchmatch.upsample(reverse, coarse[1].geometry, key.geometry, coarse[0].geometry, query.geometry)
    found, _ = patchmatch.search(query, key, found, reverse, alpha, 4, noise)
    scores = true_scores(query, key, alpha)
    chosen, best = scores.gather(1, found[:, None])[:, 0], scores.amin(1)
    assert (chosen <= best * 1.05 + 1e-5).float().mean() > 0.8
    random = scores.mean()  # what a match chosen blindly scores
    assert (chosen.mean() - best.mean()) / (random - best.mean()) < 0.01


def test_each_sweep_only_improves(scene: torch.Tensor) -> None:
    filters = principal_filters(scene, PATCH, 16)
    query, key = field.Grid(disturbed(scene, 0.5), filters), field.Grid(scene, filters)
    found = torch.randint(0, len(key), (len(query),), generator=torch.Generator().manual_seed(0))
    means = []
    for passes in (1, 2, 4, 8):
        _, score = patchmatch.improve(query, key, None, found, None, passes, torch.Generator().manual_seed(0))
        means.append(float(score.mean()))
    assert means == sorted(means, reverse=True)
    assert means[-1] < 0.8 * means[0]


def test_claim_keeps_the_best_of_several() -> None:
    turned_round = patchmatch.invert(torch.tensor([2, 0, 2, 2]), torch.tensor([0.5, 0.1, 0.2, 0.3]), 4)
    assert turned_round.tolist() == [1, -1, 2, -1]


@pytest.mark.parametrize("patch", [1, 5])
@pytest.mark.parametrize("tile", [(False, False), (True, True)])
def test_upscale_carries_a_shift_along(patch: int, tile: tuple[bool, bool]) -> None:
    """A field that is the identity, or a shift, is the same shift, enlarged, whatever the side of the patches."""
    small, small_key = field.GridShape((10, 12), patch, tile), field.GridShape((10, 12), patch)
    large, large_key = field.GridShape((20, 24), patch, tile), field.GridShape((20, 24), patch)
    (rows, columns), (most_rows, most_columns) = small.shape, small_key.shape
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    found = ((y + 2).clamp(max=most_rows - 1) * most_columns + x.clamp(max=most_columns - 1)).flatten()
    carried = patchmatch.upsample(found, small, large, small_key, large_key).view(large.shape)
    to_y, to_x = carried // large_key.shape[1], carried % large_key.shape[1]
    y2, x2 = torch.meshgrid(torch.arange(large.shape[0]), torch.arange(large.shape[1]), indexing="ij")
    inside, left = slice(0, 2 * (most_rows - 2) - patch), slice(0, large_key.shape[1] - patch)
    assert torch.equal(to_y[inside], (y2 + 4)[inside])
    assert torch.equal(to_x[:, left], x2[:, left])


@pytest.mark.parametrize(("count", "width", "targets"), [(7, 3, 50), (1, 1, 1), (4, 9, 3), (5, 50, 50), (0, 4, 9)])
def test_products_are_those_of_every_candidate(count: int, width: int, targets: int) -> None:
    noise = torch.Generator().manual_seed(0)
    queries, keys = torch.randn(count, 8, generator=noise), torch.randn(targets, 8, generator=noise)
    candidates = torch.randint(targets, (count, width), generator=noise)
    candidates[:, -1:] = candidates[:, :1]  # some twice
    expected = (queries[:, None] * keys[candidates]).sum(2)
    torch.testing.assert_close(field.products(queries, keys, candidates), expected)


def test_rows_are_filled_up_without_changing_a_score() -> None:
    assert [field.row_width(width) for width in (1, 6, 7, 24, 30)] == [8, 8, 16, 32, 32]
    rows = field.query_rows(torch.ones(2, 7))
    assert rows.tolist() == [[1.0] * 7 + [7.0, 1.0] + [0.0] * 7] * 2


def test_places_are_the_patches_of_a_grid() -> None:
    filters = torch.zeros(2, 3, 5, 5)
    once, wrapped = field.Grid(torch.zeros(1, 3, 10, 12), filters), torch.zeros(1, 3, 14, 12)
    assert once.geometry == field.GridShape((10, 12), 5)
    assert once.geometry.shape == once.shape == (6, 8)
    tiled = field.Grid(wrapped, filters, tile=(True, False))
    assert tiled.geometry == field.GridShape((10, 12), 5, (True, False))
    assert tiled.geometry.shape == tiled.shape == (10, 8)


def test_descriptors_of_small_pictures_are_kept_and_the_same(monkeypatch):
    picture = torch.rand(1, 3, 12, 14, generator=torch.Generator().manual_seed(0))
    filters = principal_filters(picture, 3, 9)
    small = field.Grid(picture, filters)
    assert small.describe(2, 10).data_ptr() == small.describe(2, 7).data_ptr()
    monkeypatch.setattr(field, "strip_size", lambda device: 20)
    large = field.Grid(picture, filters)
    assert large.describe(0, 10).data_ptr() != large.describe(0, 10).data_ptr()
    assert torch.equal(large.describe(0, 10), small.describe(0, 10))
    assert torch.equal(large.describe(2, 5), small.describe(2, 5))
    other = dataclasses.replace(small, picture=picture.flip(3))
    assert not torch.equal(other.describe(0, 10), small.describe(0, 10))
