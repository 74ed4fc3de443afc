"""Statistics of batch normalisation: measured for the weights of a model, not left from those of its training."""

import copy
from dataclasses import replace
from importlib import import_module

import pytest
import torch
from torch import nn

from calotype.errors import Stopped
from calotype.models import layout2im, pyramid, scenegraph
from calotype.models.layout2im.network import objects_of as layout_objects
from calotype.models.pyramid.trainer import Trainer as PyramidTrainer
from calotype.models.scenegraph.train import redrawn
from calotype.models.scenegraph.trainer import objects_of as graph_objects
from calotype.nn.statistics import RunningStatistics, has_running_statistics, measure_statistics
from calotype.run import Run, resumed


class Synchronised(RunningStatistics):
    def forward(self, x):
        if self.training:
            variance, mean = torch.var_mean(x, (0, 2, 3), correction=0)
            self.gather(mean, variance)
        return x


def test_statistics_are_means_over_the_passes():
    torch.manual_seed(0)
    net = nn.Sequential(Synchronised(2, 0.1), nn.BatchNorm2d(2, momentum=0.3)).eval()
    batches = [torch.randn(4, 2, 5, 5) * (k + 1) + k for k in range(3)]
    measure_statistics(net, lambda k: net(batches[k]), 3)
    torch.testing.assert_close(net[0].mean, torch.stack([each.mean((0, 2, 3)) for each in batches]).mean(0))
    biased = torch.stack([each.var((0, 2, 3), correction=0) for each in batches]).mean(0)
    torch.testing.assert_close(net[0].variance, biased)
    torch.testing.assert_close(net[1].running_mean, net[0].mean)
    torch.testing.assert_close(net[1].running_var, biased * 100 / 99)
    assert (net[0].momentum, net[1].momentum) == (0.1, 0.3)
    assert not net.training


def test_momentum_is_restored_where_a_pass_fails():
    net = nn.BatchNorm2d(2, momentum=0.3)
    with pytest.raises(ZeroDivisionError):
        measure_statistics(net, lambda k: 1 // 0, 3)
    assert net.momentum == 0.3
    assert not net.training


def test_which_nets_have_running_statistics():
    assert has_running_statistics(nn.Sequential(nn.BatchNorm2d(1)))
    assert has_running_statistics(Synchronised(1, 0.1))
    assert not has_running_statistics(nn.BatchNorm2d(1, track_running_stats=False))
    assert not has_running_statistics(Synchronised(0, 0.1))


def deviation(net, forward, passes):
    """The largest difference of a running mean from the mean in training mode, in standard deviations."""
    measured = copy.deepcopy(net)
    measure_statistics(measured, lambda k: forward(measured, k), passes)
    worst = 0.0
    for mine, right in zip(net.modules(), measured.modules()):
        if isinstance(mine, nn.BatchNorm2d):
            means, variance = (mine.running_mean, right.running_mean), right.running_var
        elif isinstance(mine, RunningStatistics):
            means, variance = (mine.mean, right.mean), right.variance
        else:
            continue
        worst = max(worst, float(((means[0] - means[1]).abs() / (variance + 1e-3).sqrt()).max()))
    return worst


def pictures(count, seed):
    generator = torch.Generator().manual_seed(seed)
    low = torch.rand(count, 3, 2, 2, generator=generator) * 2 - 1
    return nn.functional.interpolate(low, size=(16, 16), mode="bilinear")


def objects_in(step):
    generator = torch.Generator().manual_seed(step)
    corners = torch.rand(8, 3, 2, generator=generator) * 0.5
    return {
        "image": pictures(8, step),
        "boxes": torch.cat([corners, corners + 0.4], 2),
        "classes": torch.randint(0, 2, (8, 3), generator=generator),
        "instances": torch.randint(0, 4, (8, 16, 16), generator=generator),
    }


def of_pyramid():
    cfg = replace(pyramid.PRESETS["tiny"], steps=30, batch=8, average=0.9, generator_rate=0.02, bf16=False)
    trainer = PyramidTrainer(cfg, torch.device("cpu"))

    def forward(net, k):
        trainer.net.classifier.load_state_dict(net.classifier.state_dict())
        drawn = trainer.draws(pictures(8, k))
        net.generator(drawn.latent, drawn.features, drawn.masks)

    return pyramid, cfg, lambda i: {"image": pictures(8, i)}, forward


def of_layout2im():
    cfg = replace(
        layout2im.PRESETS["tiny"],
        classes=2,
        names=("tile", "disc"),
        steps=30,
        batch=8,
        average=0.9,
        rate=0.02,
        bf16=False,
    )

    def forward(net, k):
        given = objects_in(k)
        objects = layout_objects(given, cfg)
        mean, log_variance = net.codes(given["image"], objects)
        found = mean + torch.randn(mean.shape) * (0.5 * log_variance).exp()
        net(objects.twice, torch.cat([found, torch.randn(mean.shape)]))

    return layout2im, cfg, objects_in, forward


def of_scenegraph():
    cfg = replace(
        scenegraph.PRESETS["tiny"],
        classes=2,
        names=("sky", "tree"),
        steps=30,
        batch=8,
        average=0.9,
        rate=0.02,
        norm="batch",
        bf16=False,
    )

    def forward(net, k):
        given = objects_in(k)
        redrawn(net, cfg, given["image"], graph_objects(given, cfg))

    return scenegraph, cfg, objects_in, forward


# The masks of the pyramid differ from pass to pass, so its means are known less well.
@pytest.mark.parametrize(("given", "most"), [(of_pyramid, 0.3), (of_layout2im, 0.1), (of_scenegraph, 0.1)])
def test_a_trained_model_has_the_statistics_of_its_own_weights(given, most, tmp_path):
    module, cfg, batches, forward = given()
    net = module.train(batches, cfg, Run(tmp_path, seed=0))
    torch.manual_seed(1)
    assert deviation(net, forward, 60) < most


@pytest.mark.parametrize("given", [of_pyramid, of_layout2im, of_scenegraph])
def test_an_unfinished_training_gives_the_weights_of_its_last_step(given, tmp_path):
    module, cfg, batches, _ = given()
    cfg = replace(cfg, steps=4)
    run = Run(tmp_path, seed=0, on_event=lambda event: run.stop() if event.step == 3 else None)
    with pytest.raises(Stopped):
        module.train(batches, cfg, run)
    found = module.unfinished(cfg, Run(tmp_path, seed=0)).state_dict()
    trainer = import_module(f"{module.__name__}.trainer").Trainer(cfg, torch.device("cpu"))
    assert resumed(trainer, Run(tmp_path, seed=0), cfg.steps, "pictures") is trainer
    average, latest = trainer.average.module.state_dict(), trainer.net.state_dict()
    given_back = {name.removeprefix("generator."): value for name, value in found.items()}
    weights = [name for name in average if name.endswith("weight") and average[name].dim() == 4]
    changed = 0
    for name in weights:
        mine = given_back[name] if name in given_back else found[name]
        assert torch.equal(mine, latest[name] if name in latest else latest[f"generator.{name}"])
        changed += not torch.equal(mine, average[name])
    assert changed  # a level that was not drawn in three steps has its first weights
