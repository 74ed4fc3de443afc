import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.kid import kid, mmd
from calotype.nn.embedding import Vectors


def vectors(count, dimensions=4, seed=0, shift=0.0, features="toy"):
    draw = torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed))
    return Vectors(draw + shift, features)


def test_the_estimate_is_the_sum_over_pairs():
    x, y = vectors(5).values.double(), vectors(5, seed=1).values.double()

    def kernel(a, b):
        return (float(a @ b) / 4 + 1) ** 3

    within = sum(kernel(z[i], z[j]) for z in (x, y) for i in range(5) for j in range(5) if i != j) / 20
    between = 2 * sum(kernel(a, b) for a in x for b in y) / 25
    assert mmd(x, y) == pytest.approx(within - between, rel=1e-9)


def test_a_known_shift_in_one_dimension():
    # E k(x, y) for x ~ N(0, 1), y ~ N(s, 1) with k = (xy + 1)^3 = 1 + 3xy + 3x^2y^2 + x^3y^3 and the normal moments.
    s = 1.0
    own = 1 + 3 * 1 * 1 + 0
    shifted = 1 + 3 * s**2 + 3 * (s**2 + 1) ** 2 + (s**3 + 3 * s) ** 2
    between = 1 + 0 + 3 * (s**2 + 1) + 0
    n = 4000
    found = mmd(vectors(n, 1).values, vectors(n, 1, seed=1, shift=s).values)
    assert found == pytest.approx(own + shifted - 2 * between, rel=0.1)


def test_equal_distributions_are_at_0_and_others_are_not():
    same = kid(vectors(600), vectors(600, seed=1), subset=100)
    far = kid(vectors(600), vectors(600, seed=1, shift=0.5), subset=100)
    assert abs(same.mean) < 3 * same.deviation
    assert far.mean > 10 * same.deviation
    assert same.subset == 100
    small = kid(vectors(60), vectors(60, seed=1, shift=0.5), subset=30)
    assert small.mean == pytest.approx(far.mean, rel=0.3)  # no bias of few pictures


def test_seeds_and_counts():
    a, b = vectors(50), vectors(40, seed=1)
    assert kid(a, b, subset=20, seed=1) == kid(a, b, subset=20, seed=1)
    assert kid(a, b, subset=20, seed=1) != kid(a, b, subset=20, seed=2)
    assert kid(a, b).subset == 40
    whole = kid(a, vectors(50, seed=1))
    assert (whole.mean, whole.deviation) == (mmd(a.values, vectors(50, seed=1).values), 0.0)


def test_refusals():
    with pytest.raises(InputError, match="cannot be compared"):
        kid(vectors(9), vectors(9, features="other"))
    with pytest.raises(InputError, match="give more"):
        kid(vectors(1), vectors(9))
