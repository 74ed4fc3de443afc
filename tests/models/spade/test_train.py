"""Training: what it learns, reports and keeps."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest
import torch

from calotype import saving
from calotype.catalog import configured
from calotype.errors import InputError
from calotype.models import spade
from calotype.models.spade.network import build
from calotype.run import Run
from calotype.semantic.trainer import Trainer, examples

TINY = spade.PRESETS["tiny"]
COLOURS = torch.tensor([[-0.8, 0.2, 0.9], [0.9, -0.5, -0.9], [0.1, 0.8, -0.2]])


def batches(cfg):
    """Pictures with a colour for each class: a function of the step."""

    def batch(i):
        generator = torch.Generator().manual_seed(i)
        coarse = torch.randint(0, cfg.classes, (cfg.batch, 4, 4), generator=generator)
        numbers = coarse.repeat_interleave(cfg.size[0] // 4, 1).repeat_interleave(cfg.size[1] // 4, 2)
        return {"image": COLOURS[numbers].permute(0, 3, 1, 2).contiguous(), "map": numbers, "instances": numbers}

    return batch


@pytest.fixture(scope="module")
def trained():
    events = []
    return spade.train(batches(TINY), TINY, Run(on_event=events.append)), events


def test_losses_and_previews_are_reported(trained):
    net, events = trained
    assert not net.training
    assert [event.stage for event in events if event.kind == "begin"] == spade.stages(TINY)
    steps = [event for event in events if event.kind == "step"]
    assert set(steps[0].values) == {"generator", "features", "pixels", "discriminator", "kl"}
    assert all(torch.isfinite(torch.tensor(list(event.values.values()))).all() for event in steps)
    assert steps[-1].preview.shape == (1, 3, 3 * 16, 4 * 16)
    assert spade.picture_size(TINY) == (16, 16)
    assert spade.batch_size(TINY) == 4


def test_everything_that_drawing_needs_is_in_the_net(trained, tmp_path):
    net, _ = trained
    again = spade.build(TINY)
    again.load_state_dict(net.state_dict())
    maps = batches(TINY)(9)["map"][:1]
    wanted = spade.draw(TINY, Run(), net=net, label_map=maps)
    assert torch.equal(spade.draw(TINY, Run(), net=again.eval(), label_map=maps), wanted)
    cfg = spade.adapted(TINY, {"names": ["a", "b, c", "d"], "colours": [[1, 2, 3]] * 3})
    saving.write(tmp_path, "spade", cfg, net, "", cfg.size)
    assert configured(spade.Config(), saving.read(tmp_path).config, "spade") == cfg


@pytest.mark.parametrize("changes", [{}, {"latent": 0, "instances": True}, {"norm": "instance"}])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(changes, tmp_path):
    cfg = replace(TINY, **changes)
    whole = spade.train(batches(cfg), cfg, Run())
    run = Run(tmp_path, on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(Exception, match="run the same command again"):
        spade.train(batches(cfg), cfg, run)
    assert spade.unfinished(cfg, Run(tmp_path)) is not None
    again = spade.train(batches(cfg), cfg, Run(tmp_path))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_nothing_unfinished_where_nothing_was_begun(tmp_path):
    assert spade.unfinished(TINY, Run(tmp_path)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"generator": "pix2pixhd", "latent": 0, "halvings": 2, "residual_blocks": 1},
        {"adversarial": "least_squares", "pixel_weight": 1.0, "feature_weight": 0.0},
        {"adversarial": "non_saturating", "perceptual": "offline", "size": (32, 32)},
        {"adversarial": "wasserstein", "unknown": "zeros", "mirror": False, "average": 0.0},
    ],
)
def test_variants_learn_too(changes):
    cfg = replace(TINY, **changes)
    trainer = Trainer(cfg, torch.device("cpu"), build)
    said = [trainer.step(trainer.state, batches(cfg)(i), i) for i in range(2)]
    assert all(torch.isfinite(value) for each in said for value in each.values())
    assert ("perceptual" in said[0]) == (cfg.perceptual != "none")
    assert ("features" in said[0]) == (cfg.feature_weight > 0)


def test_colours_of_classes_are_learned():
    cfg = replace(
        TINY, steps=60, width=8, max_width=16, hidden=8, batch=8, generator_rate=4e-3, bf16=False, average=0.9
    )
    net = spade.train(batches(cfg), cfg, Run())
    batch = batches(cfg)(10_000)
    made = torch.cat([spade.draw(cfg, Run(), net=net, label_map=one[None]) for one in batch["map"]])
    off = (made - batch["image"]).abs().mean()
    shuffled = (made.roll(1, 0) - batch["image"]).abs().mean()
    assert off < 0.5 * shuffled


def test_pictures_and_maps_are_mirrored_together():
    batch = batches(replace(TINY, batch=16))(0)
    torch.manual_seed(0)
    real, maps = examples(batch, replace(TINY, batch=16), torch.device("cpu"))
    assert torch.equal(COLOURS[maps.numbers].permute(0, 3, 1, 2), real)
    same = (real == batch["image"]).flatten(1).all(1)
    assert 0 < same.sum() < 16


def test_pictures_without_maps_are_refused():
    with pytest.raises(InputError, match="have no map"):
        examples({"image": torch.zeros(4, 3, 16, 16)}, TINY, torch.device("cpu"))


def learned(folder):
    """Train a tiny net on this process's share of the batches; the losses and the net are saved."""
    cfg = replace(TINY, steps=3, bf16=False)
    import_module("together").train_share(spade.train, batches(cfg), cfg, folder)


def test_two_processes_do_what_one_does_with_the_whole_batch(tmp_path, tests_contract):
    import_module("together").check_two_do_what_one_does(learned, __file__, tmp_path)
