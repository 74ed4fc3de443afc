import numpy as np
import pytest
import torch

from calotype.errors import InputError
from calotype.metrics.frechet import frechet_of
from calotype.metrics.fsd import areas, fsd


def shares(count, weights, seed=0):
    """Areas in percent, drawn around what the weights say."""
    torch.manual_seed(seed)
    concentration = torch.tensor(weights, dtype=torch.float64) * 5
    return 100 * torch.distributions.Dirichlet(concentration).sample((count,))


def test_areas_are_percent_of_all_pixels():
    maps = torch.tensor([[[0, 0], [1, 2]], [[2, 2], [-1, 2]]])
    assert areas([maps[:1], maps[1:]], 4).tolist() == [[50, 25, 25, 0], [0, 0, 75, 0]]
    with pytest.raises(InputError, match="class 2: there are 2"):
        areas([maps], 2)
    with pytest.raises(InputError, match="no label map"):
        areas([], 2)


def test_the_distance_is_frechet_s_in_percent():
    real, fake = shares(200, [4, 2, 1, 0.5]), shares(150, [2, 4, 1, 0.5], seed=1)
    found = fsd(real, fake)
    assert found.distance == pytest.approx(frechet_of(real, fake))
    assert found.of_means == pytest.approx((real.mean(0) - fake.mean(0)).square().sum().item())
    assert found.distance > found.of_means > 5 * found.floor


def test_the_distance_is_that_of_numpy_by_three_formulas():
    real, fake = shares(300, [4, 2, 1, 0.5, 0.1]), shares(250, [2, 4, 1, 0.5, 0.2], seed=1)
    a, b = real.numpy(), fake.numpy()
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    values, vectors = np.linalg.eigh(s1)
    root = vectors @ np.diag(np.sqrt(values.clip(0))) @ vectors.T
    symmetric = np.sqrt(np.linalg.eigvalsh(root @ s2 @ root).clip(0)).sum()
    product = np.sqrt(np.linalg.eigvals(s1 @ s2).real.clip(0)).sum()
    ca, cb = a - a.mean(0), b - b.mean(0)
    nuclear = np.linalg.svd(ca @ cb.T, compute_uv=False).sum() / np.sqrt((len(a) - 1) * (len(b) - 1))
    rest = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s1) + np.trace(s2)
    for trace in (symmetric, product, nuclear):
        assert fsd(real, fake).distance == pytest.approx(rest - 2 * trace, abs=1e-5, rel=1e-6)


def test_identity_and_order_of_classes():
    real = shares(200, [4, 2, 1, 0.5])
    assert fsd(real, real).distance < 1e-6
    assert [c.name for c in fsd(real, real, ["a", "b", "c", "d"]).classes] == ["a", "b", "c", "d"]
    fake = shares(200, [2, 4, 1, 0.5], seed=1)
    swapped = [3, 0, 2, 1]
    assert fsd(real[:, swapped], fake[:, swapped]).distance == pytest.approx(fsd(real, fake).distance, rel=1e-9)


def test_a_class_left_out_is_found_where_the_distance_hides_it():
    real = shares(1000, [50, 30, 19, 0.4])
    fake = shares(1000, [50, 30, 19, 0.4], seed=1)
    fake[:, 0] += fake[:, 3]
    fake[:, 3] = 0
    found = fsd(real, fake, ["sky", "ground", "tree", "person"])
    assert found.distance < 1
    by_name = {c.name: c for c in found.classes}
    assert by_name["person"].change == -1
    assert by_name["person"].most < -0.3
    for name in ("sky", "ground", "tree"):
        assert abs(by_name[name].change) < 0.15
        assert by_name[name].least <= by_name[name].change <= by_name[name].most
        assert by_name[name].most - by_name[name].least < 0.1
    assert found.standardised > 50 * fsd(real, shares(1000, [50, 30, 19, 0.4], seed=2)).standardised


def test_what_is_only_made_has_no_change_and_what_never_occurs_no_line():
    real, fake = shares(20, [1, 1]), shares(20, [1, 1], seed=1)
    none = torch.zeros(20, 1)
    found = fsd(torch.cat([real, none, none], 1), torch.cat([fake[:, :1], none, fake[:, 1:], none], 1))
    assert [c.name for c in found.classes] in (["0", "1", "2"], ["1", "0", "2"])
    last = found.classes[-1]
    assert (last.real, last.change, last.least, last.most) == (0, None, None, None)
    assert last.fake > 0


def test_refusals():
    with pytest.raises(InputError, match="same classes"):
        fsd(torch.zeros(9, 3), torch.zeros(9, 4))
    with pytest.raises(InputError, match="same classes"):
        fsd(torch.zeros(9, 3), torch.zeros(9, 3), ["a"])
    with pytest.raises(InputError, match="four real"):
        fsd(torch.zeros(3, 3), torch.zeros(9, 3))
