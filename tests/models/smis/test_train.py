"""Training: what it learns, reports and keeps."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest
import torch

from calotype.models import smis
from calotype.models.smis.network import build
from calotype.semantic.trainer import Trainer

TINY = replace(smis.PRESETS["tiny"], unknown="zeros")


def batches(cfg):
    """Pictures in which each class has a colour of its own, another one in every picture."""

    def batch(i):
        generator = torch.Generator().manual_seed(i)
        coarse = torch.randint(0, cfg.classes, (cfg.batch, 4, 4), generator=generator)
        numbers = coarse.repeat_interleave(cfg.size[0] // 4, 1).repeat_interleave(cfg.size[1] // 4, 2)
        colours = torch.rand(cfg.batch, cfg.classes, 3, generator=generator) * 1.6 - 0.8
        image = colours[torch.arange(cfg.batch)[:, None, None], numbers].permute(0, 3, 1, 2).contiguous()
        return {"image": image, "map": numbers}

    return batch


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"instances": True, "code_grid": "grid", "encoder_norm": "instance", "encoder_layers": 2},
        {"encoder_width": 0, "label_branch": "block", "hidden": 8},
        {"label_branch": "aligned", "unknown": "first", "classes": 3, "channels": (8,) * 4, "groups": (4, 4, 2, 1)},
    ],
)
def test_variants_learn(changes):
    cfg = replace(TINY, **changes)
    trainer = Trainer(cfg, torch.device("cpu"), build)
    every = batches(cfg)
    said = [trainer.step(trainer.state, {**every(i), "instances": every(i)["map"]}, i) for i in range(2)]
    assert all(torch.isfinite(value) for each in said for value in each.values())
    assert ("kl" in said[0]) == (cfg.encoder_width > 0)


def learned(folder):
    """Train a tiny net on this process's share of the batches; the losses and the net are saved."""
    cfg = replace(TINY, steps=3, bf16=False)
    import_module("together").train_share(smis.train, batches(cfg), cfg, folder)


def test_two_processes_do_what_one_does_with_the_whole_batch(tmp_path, tests_contract):
    import_module("together").check_two_do_what_one_does(learned, __file__, tmp_path)
