"""The solver of Poisson's equation agrees with a dense one, whatever the hole."""

import pytest
import torch
from torch import Tensor

from calotype.engines.completion.laplace import solved


def dense(rhs: Tensor, inside: Tensor, screen: float) -> Tensor:
    """The same equation as a system of all pixels of the hole."""
    number = {tuple(place): i for i, place in enumerate(inside.nonzero().tolist())}
    height, width = inside.shape
    system = torch.zeros(len(number), len(number), dtype=torch.float64)
    for (y, x), i in number.items():
        for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= near[0] < height and 0 <= near[1] < width:
                system[i, i] += 1
                if near in number:
                    system[i, number[near]] -= 1
        system[i, i] += screen
    result = torch.zeros_like(rhs)
    known = inside > 0
    result[0][:, known] = torch.linalg.solve(system, rhs[0][:, known].T.double()).T.float()
    return result


@pytest.mark.parametrize("box", [(5, 26, 8, 31), (0, 12, 0, 33), (0, 27, 1, 33)])
@pytest.mark.parametrize("screen", [0.0, 0.1])
def test_the_solution_is_that_of_a_dense_system(box: tuple[int, int, int, int], screen: float) -> None:
    inside = torch.zeros(27, 33)
    inside[box[0] : box[1], box[2] : box[3]] = 1
    inside[10:13, 12:15] = 0
    rhs = torch.randn(1, 2, 27, 33, generator=torch.Generator().manual_seed(0)) * inside
    expected = dense(rhs, inside, screen)
    torch.testing.assert_close(solved(rhs, inside, screen, 1e-6), expected, atol=1e-4, rtol=1e-4)


def test_without_a_hole_there_is_nothing_to_solve() -> None:
    assert not solved(torch.ones(1, 3, 20, 20), torch.zeros(20, 20)).any()
