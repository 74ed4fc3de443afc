import pytest
import torch

from calotype.errors import InputError
from calotype.metrics import neighbours as module
from calotype.metrics.neighbours import neighbours, radii
from calotype.nn.embedding import Vectors


def vectors(values, features="toy"):
    return Vectors(torch.as_tensor(values, dtype=torch.float32), features)


def clusters(per, which, seed=0, spread=0.05):
    """So many vectors around each of some corners of a cube."""
    generator = torch.Generator().manual_seed(seed)
    corners = torch.eye(8)[list(which)].repeat_interleave(per, 0)
    return vectors(corners + spread * torch.randn(corners.shape, generator=generator))


def test_reaches_are_the_distances_to_others():
    line = torch.tensor([[0.0], [1.0], [3.0], [7.0]], dtype=torch.float64)
    found = radii(line, [1, 2])
    assert found[1].tolist() == [1, 1, 2, 4]
    assert found[2].tolist() == [3, 2, 3, 6]


def test_one_dimension_by_hand():
    real, fake = vectors([[0.0], [1.0], [3.0], [7.0]]), vectors([[-0.5], [2.0], [4.5], [20.0]])
    # With k = 1 the real reach 1, 1, 2 and 4; the made reach 2.5, 2.5, 2.5 and 15.5.
    found = neighbours(real, fake, k=1, k_dense=1)
    assert found.precision == 0.75  # -0.5 by 0; 2 by 1 and 3; 4.5 by 3 and 7; 20 by none
    assert found.recall == 1.0  # 0 by -0.5, 1 by 2, 3 by 2, 7 by 4.5
    assert found.density == pytest.approx((1 + 2 + 2 + 0) / 4)
    assert found.coverage == 1.0  # nearest made at 0.5, 1, 1, 2.5


def test_equal_distributions():
    found = neighbours(clusters(100, range(4)), clusters(100, range(4), seed=1))
    assert min(found.precision, found.recall) > 0.8  # not 1, since at the edges of a set the radii do not overlap
    assert found.coverage > 0.95
    assert found.density == pytest.approx(1, abs=0.15)


def test_what_is_left_out_is_recall_and_coverage():
    equal = neighbours(clusters(100, range(4)), clusters(100, range(4), seed=1))
    found = neighbours(clusters(100, range(4)), clusters(133, range(3), seed=1))
    assert found.precision == pytest.approx(equal.precision, abs=0.05)
    assert found.recall == pytest.approx(0.75 * equal.recall, abs=0.05)
    assert found.coverage == pytest.approx(0.75 * equal.coverage, abs=0.05)


def test_what_is_bad_is_precision_and_density():
    found = neighbours(clusters(100, range(4)), clusters(100, range(4), seed=1, spread=0.3))
    assert found.precision < 0.1
    assert found.density < 0.1


def test_copies_and_duplicates_are_within_reach():
    real = clusters(20, range(3))
    twice = vectors(torch.cat([real.values] * 6) + 1000)  # every reach is 0, far from the origin
    found = neighbours(twice, twice)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)


def test_rows_at_a_time_change_nothing(monkeypatch):
    a, b = clusters(30, range(4)), clusters(25, range(4), seed=1, spread=0.1)
    whole = neighbours(a, b)
    monkeypatch.setattr(module, "_ROWS", 7)
    assert neighbours(a, b) == whole


def test_refusals():
    with pytest.raises(InputError, match="cannot be compared"):
        neighbours(clusters(9, [0]), vectors(torch.zeros(9, 8), "other"))
    with pytest.raises(InputError, match="more than 5"):
        neighbours(clusters(5, [0]), clusters(9, [0]))
