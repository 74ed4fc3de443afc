"""Components, against what can be counted by hand and against a plain flood fill."""

import torch

from calotype.image.components import joined, neighbours


def flooded(there):
    """The components of a bool [H, W], pixel by pixel."""
    left, found = {tuple(p) for p in there.nonzero().tolist()}, []
    while left:
        part, todo = set(), [next(iter(left))]
        while todo:
            y, x = todo.pop()
            if (y, x) in left:
                left.remove((y, x))
                part.add((y, x))
                todo += [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        found.append(part)
    return found


def test_pairs():
    assert joined(torch.tensor([[0, 3], [1, 2], [4, 3]]), 6).tolist() == [0, 1, 1, 0, 0, 2]
    assert joined(torch.zeros(0, 2, dtype=torch.int64), 3).tolist() == [0, 1, 2]


def test_a_long_line_is_one():
    order = torch.randperm(5000, generator=torch.Generator().manual_seed(0))
    assert joined(torch.stack([order[:-1], order[1:]], 1), 5000).max() == 0


def test_pixels_hang_together_as_a_flood_fill_finds():
    there = torch.rand(30, 40, generator=torch.Generator().manual_seed(1)) < 0.35
    numbers = joined(neighbours(there), int(there.sum()))
    places = [tuple(p) for p in there.nonzero().tolist()]
    parts = [{p for p, n in zip(places, numbers.tolist()) if n == k} for k in range(int(numbers.max()) + 1)]
    assert sorted(map(sorted, parts)) == sorted(map(sorted, flooded(there)))
