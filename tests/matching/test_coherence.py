"""Neighbours that are copied from neighbouring places."""

import torch

from calotype.image.patches import principal_filters
from calotype.matching.coherence import make_coherent
from calotype.matching.field import Grid, exact
from calotype.matching.refine import Guide, Level, Refinement, refine
from calotype.run import Run


def noise(height: int, width: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def grids(query: torch.Tensor, key: torch.Tensor) -> tuple[Grid, Grid]:
    filters = principal_filters(key, 3, 27)
    return Grid(query, filters), Grid(key, filters)


def jumps(field: torch.Tensor, query: Grid, key: Grid) -> int:
    """How many neighbours in a row are displaced unequally."""
    rows = torch.stack([field // key.shape[1], field % key.shape[1]]).view(2, *query.shape)
    ahead = rows[:, :, 1:] - rows[:, :, :-1]
    return int((ahead != torch.tensor([0, 1])[:, None, None]).any(0).sum())


def test_a_field_that_hangs_together_already_stays() -> None:
    photo = noise(14, 17)
    query, key = grids(photo[:, :, 2:12, 3:15], photo)
    field = exact(query, key, 0)
    assert jumps(field, query, key) == 0
    assert torch.equal(make_coherent(query, key, field, 5.0), field)


def test_matches_that_cost_little_are_given_up_for_neighbours_ones() -> None:
    photo = noise(14, 17)
    asked = photo[:, :, 2:12, 3:15]
    query, key = grids(asked + 0.02 * noise(10, 12, 1), photo)
    right = exact(*grids(asked, photo), 0)
    strayed = right.clone()
    strayed[::7] = (strayed[::7] + 40) % len(key)
    found = make_coherent(query, key, strayed, 1.0)
    assert torch.equal(found, right)
    assert torch.equal(make_coherent(query, key, right, 0.0), right)


def test_the_higher_the_price_the_fewer_the_joints() -> None:
    query, key = grids(noise(20, 20, 1), noise(20, 20, 2))
    field = exact(query, key, 0)
    counts = [jumps(make_coherent(query, key, field, price), query, key) for price in (0.0, 1.0, 8.0)]
    assert counts[2] < counts[1] < counts[0] == jumps(field, query, key)


def test_matches_stay_within_the_photo_and_its_parts() -> None:
    tall, wide = noise(12, 9, 3), noise(8, 12, 4)
    from calotype.matching.library import crossing_borders, stacked

    sizes = [(12, 9), (8, 12)]
    filters = principal_filters(tall, 3, 27)
    key = Grid(stacked([tall, wide]), filters, crossing_borders(sizes, 3, torch.device("cpu")))
    query = Grid(noise(15, 15, 5), filters)
    found = make_coherent(query, key, exact(query, key, 0), 8.0)
    assert key.forbidden is not None
    assert not key.forbidden.flatten()[found].any()


def test_a_refinement_that_keeps_together_copies_larger_pieces_and_is_repeatable() -> None:
    photo, start = noise(24, 24, 6), noise(24, 24, 7)
    levels = [Level((24, 24), 1.0, 5, 2)]
    labels = torch.zeros(1, 1, 24, 24)
    labels[..., 12:] = 1

    def made(together: float) -> torch.Tensor:
        how = Refinement(together=together, search="exact")
        guide = Guide([labels], labels.flip(3), 1.0)
        rng = torch.Generator().manual_seed(0)
        return refine(start, [photo], how, Run(), levels, rng, (False, False), guide=guide)

    def spread(x: torch.Tensor) -> float:
        return float(x.std())

    assert torch.equal(made(8.0), made(8.0))
    # Patches that disagree are averaged to grey.
    assert spread(made(8.0)) > 1.05 * spread(made(0.0))
