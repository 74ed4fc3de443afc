"""The nearest row, or one that is hardly farther."""

import pytest
import torch

from calotype.engines.imageanalogies.search import Exhaustive, Tree


def rows(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 6, generator=torch.Generator().manual_seed(seed))


def test_all_compared_is_the_nearest() -> None:
    known, asked = rows(40_000), rows(50, seed=1)
    found = Exhaustive.of(known)(asked)
    assert torch.equal(found, torch.cdist(asked.double(), known.double()).argmin(1))


def test_of_equals_the_first() -> None:
    known = rows(30).repeat(2, 1)
    assert torch.equal(Exhaustive.of(known)(rows(30)), torch.arange(30))


@pytest.mark.parametrize("count", [1, 31, 64, 1000])
def test_a_tree_of_which_all_leaves_are_looked_into_finds_the_nearest(count: int) -> None:
    known, asked = rows(count), rows(20, seed=1)
    found = Tree.of(known, leaf=16, probes=10_000)(asked)
    torch.testing.assert_close(known[found], known[Exhaustive.of(known)(asked)])


def test_every_row_is_in_the_tree() -> None:
    tree = Tree.of(rows(777), leaf=10, probes=1)
    assert sorted(set(tree.leaves.flatten().tolist())) == list(range(777))


def test_a_few_leaves_are_nearly_as_good() -> None:
    known, asked = rows(20_000), rows(200, seed=1)
    near = (known[Exhaustive.of(known)(asked)] - asked).norm(dim=1).mean()
    found = (known[Tree.of(known, leaf=32, probes=8)(asked)] - asked).norm(dim=1).mean()
    assert near <= found < 1.15 * near
