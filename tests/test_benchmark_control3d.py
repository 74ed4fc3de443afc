"""What scenes edited in space are compared with: the same edits in the plane."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from calotype.models import control3d
from calotype.models.control3d.generate import camera_at, latent_of
from calotype.models.control3d.network import Net, view_of

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
benchmark = pytest.importorskip("control3d", reason="the benchmarks are not part of this distribution")


@torch.no_grad()
def test_an_edit_of_nothing_in_the_plane_leaves_the_picture_as_it_is():
    torch.manual_seed(0)
    cfg = replace(control3d.PRESETS["tiny"], classes=2)
    net = Net(cfg).eval()
    assert view_of(cfg).width == cfg.size
    for seed in range(4):
        latent = latent_of(seed, cfg)
        layers = net.layers(net.scene(latent), latent, camera_at(0, None, cfg, latent.device))
        assert float(layers.alpha.max()) > 0.1
        for number in (1, 2):
            made = benchmark.shifted(layers, layers, number)
            torch.testing.assert_close(made.picture, layers.picture, atol=1e-3, rtol=0)
            view = view_of(cfg)
            assert benchmark.colour_error([layers], [made], [number], view) < 1e-3
            darker = made._replace(colours=made.colours - 0.2)
            assert abs(benchmark.colour_error([layers], [darker], [number], view) - 0.2) < 0.02
