"""``remix`` without a model; untrained features stand in for those of the classifier."""

from dataclasses import replace
from importlib import import_module

import pytest
import torch
import torch.nn.functional as F

from calotype.engines import gpnn
from calotype.run import Run

module = import_module("calotype.engines.gpnn.remix")  # its name in the package is that of the function
CFG = replace(gpnn.PRESETS["fast"], coarsest=14)


@pytest.fixture(autouse=True)
def features(monkeypatch):
    def pyramid(pictures, deepest=4):
        return [F.avg_pool2d(pictures, 2 ** (k + 1)) for k in range(deepest + 1)]

    monkeypatch.setattr(module, "pyramid_features", pyramid)


def photo():
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(1, 3, 8, 10, generator=generator) * 2 - 1
    return F.interpolate(coarse, size=(48, 60), mode="bicubic").clamp(-1, 1)


def remixed(level, seed=0, **given):
    return gpnn.remix([photo()], CFG, Run(), size=(48, 60), seed=seed, level=level, **given)


def test_the_deeper_the_level_the_more_changes():
    changes = [float((remixed(level) - photo()).abs().mean()) for level in (0.0, 0.75, 1.0)]
    assert changes[0] == 0
    assert changes[0] < changes[1] < changes[2], changes


def test_results_depend_on_the_seed_alone():
    assert torch.equal(remixed(0.8), remixed(0.8))
    assert not torch.equal(remixed(0.8), remixed(0.8, seed=1))


def test_only_the_region_changes():
    mask = torch.zeros(1, 1, 48, 60)
    mask[:, :, 10:30, 20:50] = 1
    made = remixed(1.0, mask=mask)
    assert torch.equal(made[:, :, :6], photo()[:, :, :6])
    assert not torch.allclose(made[:, :, 15:25, 25:45], photo()[:, :, 15:25, 25:45], atol=0.05)


def test_guides_have_unit_variance_and_no_more_channels_than_needed():
    (one,) = module.guides([photo()], 2.0)
    assert one.shape == (1, 3, 48, 60)
    assert one.var((2, 3), unbiased=False).sum() == pytest.approx(1.0, abs=0.2)  # enlarged: a little less
    (two,) = module.guides([photo()], 2.5)
    assert two.shape == (1, 6, 48, 60)


def test_cells_grow_with_the_level_and_the_guide_fades_at_the_end():
    cells = [module._cell(place) for place in (0, 1, 2, 3, 4)]
    assert cells == sorted(cells)
    assert cells[0] == 0
    assert [module._certainty(place) for place in (0, 4, 5, 6)] == [1, 1, 0.5, 0]
