"""Training: losses and regularization by their closed forms, augmentation, labels, and several processes."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import calotype
from calotype import distributed
from calotype.errors import InputError
from calotype.losses.penalty import real_gradient_penalty
from calotype.models import stylegan
from calotype.models.stylegan import augment
from calotype.models.stylegan.augment import DRAWS, Strength, augmented, geometric, resampled
from calotype.models.stylegan.trainer import PathLength, Trainer
from calotype.run import Run

SOURCE = Path(calotype.__file__).parents[1]
TINY = replace(stylegan.PRESETS["tiny"], batch=8, group=4, bf16=False)


def batches(cfg):
    def batch(i):
        generator = torch.Generator().manual_seed(i)
        shape = (cfg.batch, 3, cfg.resolution, cfg.resolution)
        found = {"image": torch.rand(shape, generator=generator) * 2 - 1}
        if cfg.classes:
            found["label"] = torch.randint(cfg.classes, (cfg.batch,), generator=generator)
        return found

    return batch


def test_a_step_reports_and_changes_everything():
    torch.manual_seed(0)
    trainer = Trainer(TINY, torch.device("cpu"))
    before = {name: value.clone() for name, value in trainer.net.state_dict().items()}
    values = trainer.step({}, batches(TINY)(0), 0)
    assert set(values) == {"generator", "discriminator", "gradient penalty", "path length", "augmentation"}
    assert all(math.isfinite(float(value)) for value in values.values())
    assert float(values["generator"]) == pytest.approx(math.log(2), abs=0.3)
    for name, value in trainer.net.state_dict().items():
        assert torch.equal(value, before[name]) == name.endswith("noise_const"), name
    assert set(trainer.step({}, batches(TINY)(1), 1)) == {"generator", "discriminator", "augmentation"}


def test_the_gradients_are_those_of_the_losses():
    """The discriminator's update from the same generated pictures, and the generator's through the discriminator."""
    cfg = replace(TINY, gradient_penalty=0.0, path_weight=0.0, augment="none", mirror=False, mixing=0.0)
    trainer = Trainer(cfg, torch.device("cpu"))
    seen = {}

    def keep(module, optimizer, end, slope=None):
        parameters = [p for p in module.parameters() if p.requires_grad]
        seen[module] = torch.autograd.grad(end, parameters, slope, retain_graph=True)

    trainer._update = keep
    torch.manual_seed(1)
    batch = batches(cfg)(0)
    trainer.step({}, batch, 1)
    torch.manual_seed(1)
    z, _, _, noise = trainer._drawn(cfg.batch)
    fake = trainer.net.generator(trainer.net.generator.styles(z), noise)
    of_fake, of_real = trainer.discriminator(fake), trainer.discriminator(batch["image"])
    ends = {trainer.net: F.softplus(-of_fake).mean(), trainer.discriminator: F.softplus(-of_real).mean()}
    ends[trainer.discriminator] = ends[trainer.discriminator] + F.softplus(trainer.discriminator(fake.detach())).mean()
    for module, end in ends.items():
        expected = torch.autograd.grad(end, list(module.parameters()), retain_graph=True)
        for mine, theirs in zip(seen[module], expected, strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-4)


def test_the_relativistic_loss_compares_pairs():
    cfg = replace(TINY, loss="relativistic")
    trainer = Trainer(cfg, torch.device("cpu"))
    real, fake = torch.tensor([[2.0], [0.5]]), torch.tensor([[1.0], [3.0]])
    losses = trainer._losses(real, fake)
    expected = (math.log1p(math.exp(-1.0)) + math.log1p(math.exp(2.5))) / 2
    assert float(losses["discriminator"]) == pytest.approx(expected)
    assert float(losses["generator"]) == pytest.approx(expected - (2.5 - 1.0) / 2)
    # The augmentation follows the scores relative to the middle of both means, here 1.625.
    assert float(trainer._sign(real, fake)) == 0
    assert float(trainer._sign(real + 9, fake + 9)) == 0
    assert float(Trainer(TINY, torch.device("cpu"))._sign(real, fake)) == 1


def test_the_penalty_at_generated_pictures():
    """Both penalties in one step, each with its weight, and R1 alone is reported."""
    cfg = replace(TINY, gradient_penalty=0.4, fake_penalty=2.0, gradient_every=2, augment="none")
    trainer = Trainer(cfg, torch.device("cpu"))
    seen = []
    trainer._update = lambda module, optimizer, end, slope=None: seen.append(float(end.detach()))
    torch.manual_seed(0)
    real, fake = torch.rand(2, 8, 3, cfg.resolution, cfg.resolution)
    both = [float(real_gradient_penalty(trainer.discriminator, each).detach()) for each in (real, fake)]
    told = trainer._penalize(real, fake, None, torch.rand(8, DRAWS))
    assert float(told.detach()) == pytest.approx(both[0], rel=1e-4)
    assert seen == [pytest.approx((0.4 * both[0] + 2.0 * both[1]) / 2 * 2, rel=1e-4)]
    with pytest.raises(ValueError, match="set both to 0"):
        replace(cfg, gradient_penalty=0.0)


def test_lazy_regularization_changes_the_optimizers():
    trainer = Trainer(replace(TINY, gradient_every=16, path_every=4), torch.device("cpu"))
    discriminator, generator = (
        one.param_groups[0] for one in (trainer.discriminator_optimizer, trainer.generator_optimizer)
    )
    assert discriminator["lr"] == pytest.approx(TINY.discriminator_rate * 16 / 17)
    assert discriminator["betas"] == (0.0, pytest.approx(TINY.beta2 ** (16 / 17)))
    assert generator["lr"] == pytest.approx(TINY.generator_rate * 4 / 5)


def test_path_length_of_a_linear_generator():
    torch.manual_seed(0)
    weight, styles = torch.randn(5, 48), torch.randn(3, 2, 5, requires_grad=True)
    pictures = (styles.mean(1) @ weight).view(3, 3, 4, 4)
    noise = torch.randn(3, 3, 4, 4)
    path = PathLength()
    penalty = path(pictures, styles, noise)
    slopes = noise.flatten(1) @ weight.T / 4 / 2  # for each of two rows
    lengths = (2 * slopes.square().sum(1) / 2).sqrt()
    mean = 0.01 * lengths.mean()
    assert path.mean == pytest.approx(float(mean), rel=1e-5)
    assert float(penalty) == pytest.approx(float((lengths - mean).square().mean()), rel=1e-4)


def test_the_strength_follows_the_signs():
    strength = Strength(0.6, 0.5)
    strength.adapt(torch.tensor(0.9), 32)
    assert float(strength.value) == pytest.approx(32 / 500)
    strength.adapt(torch.tensor(0.1), 16)
    assert float(strength.value) == pytest.approx(16 / 500)
    for _ in range(5):
        strength.adapt(torch.tensor(-1.0), 100)
    assert float(strength.value) == 0
    for _ in range(5):
        strength.adapt(torch.tensor(1.0), 1000)
    assert float(strength.value) == 1


def smooth_pictures(count=4):
    torch.manual_seed(0)
    return F.interpolate(torch.rand(count, 3, 6, 6) * 2 - 1, size=(32, 32), mode="bicubic")


def matrices(count, *, turn=0.0, across=0.0):
    one = torch.ones(count)
    return augment._rotation(turn * one) @ augment._translation(across * one, 0 * one)


def test_resampling_keeps_and_moves():
    x = smooth_pictures()
    torch.testing.assert_close(resampled(x, matrices(4)), x, atol=1e-5, rtol=0)
    moved = resampled(x, matrices(4, across=-3.0))
    torch.testing.assert_close(moved[:, :, :, 3:], x[:, :, :, :-3], atol=1e-5, rtol=0)
    turned = resampled(x, matrices(4, turn=math.pi / 2))
    expected = torch.rot90(x, 1, (2, 3))
    assert (turned - expected).abs().mean() < 0.03
    assert (turned - torch.rot90(x, -1, (2, 3))).abs().mean() > 0.2


def test_augmentation_leaves_pictures_alone_without_strength():
    x, drawn = smooth_pictures(), torch.rand(4, DRAWS)
    assert augmented(x, torch.zeros(()), drawn, "bgc") is x
    assert augmented(x, torch.ones(()), drawn, "none") is x
    assert torch.equal(augmented(x, torch.tensor(1e-9), drawn, "bgc"), x)


@pytest.mark.parametrize("kind", ["bgc", "bc", "colour"])
def test_augmentation_is_as_frequent_as_its_strength(kind):
    x = smooth_pictures().repeat(25, 1, 1, 1)
    torch.manual_seed(2)
    changed = []
    for strength in (0.02, 0.2, 0.9):
        y = augmented(x, torch.tensor(strength), torch.rand(100, DRAWS), kind)
        changed.append(float(((y - x).abs().amax((1, 2, 3)) > 1e-4).float().mean()))
    assert changed[0] < changed[1] <= changed[2]
    assert changed[0] < 0.3
    assert changed[2] > 0.95


def test_augmentation_passes_gradients_twice():
    x = smooth_pictures(2).requires_grad_()
    y = augmented(x, torch.ones(()), torch.rand(2, DRAWS), "bgc")
    (gradient,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(gradient.square().sum(), x)
    assert gradient.abs().sum() > 0
    assert second.abs().sum() > 0


def test_colours_are_moved_about_the_grey_axis():
    hue = augment._hue(torch.tensor([2 * math.pi / 3]))[0, :3, :3]
    torch.testing.assert_close(hue @ torch.tensor([1.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0]), atol=1e-6, rtol=0)
    numbers = augment._Numbers(torch.rand(100, DRAWS).double(), torch.tensor(0.0).double())
    still = geometric(numbers, 32, 32, free=True)
    assert torch.equal(still, torch.eye(3, dtype=torch.float64).expand(100, 3, 3))
    assert torch.equal(augment.colour(numbers), torch.eye(4, dtype=torch.float64).expand(100, 4, 4))


def test_labels_are_learned_from():
    cfg = replace(TINY, classes=3, steps=2)
    net = stylegan.train(batches(cfg), cfg, Run())
    one, other = (stylegan.sample(cfg, Run(), net=net, seed=1, label=label) for label in (0, 2))
    assert not torch.equal(one, other)
    with pytest.raises(InputError, match="have no labels"):
        stylegan.train(batches(replace(cfg, classes=0)), cfg, Run())
    with pytest.raises(InputError, match="more than 3 classes"):
        stylegan.train(batches(replace(cfg, classes=30)), cfg, Run())


def test_generators_that_are_only_imported_are_not_trained():
    cfg = replace(TINY, generator="stylegan3", resolution=16, layers=4)
    with pytest.raises(InputError, match="only imported, not trained"):
        stylegan.train(batches(cfg), cfg, Run())


def test_it_learns_a_colour():
    """From pictures of one colour: the mean of the samples comes near it."""
    cfg = replace(
        TINY,
        resolution=8,
        base=32,
        discriminator_base=32,
        steps=60,
        batch=16,
        average=0.05,
        augment="none",
        gradient_penalty=0.1,
        path_weight=0.0,
    )
    colour = torch.tensor([0.6, -0.2, -0.7])[None, :, None, None]

    def batch(i):
        noise = torch.randn(16, 3, 8, 8, generator=torch.Generator().manual_seed(i)) * 0.1
        return {"image": colour + noise}

    torch.manual_seed(0)
    start = stylegan.build(cfg)
    net = stylegan.train(batch, cfg, Run())

    def off(net):
        made = torch.cat([stylegan.sample(cfg, Run(), net=net, seed=seed) for seed in range(8)])
        return float((made.mean((0, 2, 3)) - colour.flatten()).abs().mean())

    assert off(net) < 0.35 * off(start)


def learned(folder):
    """Train a tiny net on this process's share of the batches; the losses and the net are saved."""
    cfg, said = replace(TINY, steps=3), []
    every = batches(cfg)

    def heard(event):
        if event.kind == "step":
            said.append(sorted(event.values.items()))

    net = stylegan.train(
        lambda i: {name: distributed.share(value) for name, value in every(i).items()}, cfg, Run(on_event=heard)
    )
    if distributed.rank() == 0:
        torch.save({"said": said, "net": net.state_dict()}, folder / "learned.pt")


WORKER = """
import sys, torch
from pathlib import Path
from calotype import distributed
sys.path.insert(0, sys.argv[2])
from test_train import learned
torch.set_num_threads(1)
with distributed.group(torch.device("cpu")):
    learned(Path(sys.argv[1]))
    distributed.barrier()
"""


def test_two_processes_do_what_one_does_with_the_whole_batch(tmp_path):
    alone, together = tmp_path / "alone", tmp_path / "together"
    for folder in (alone, together):
        folder.mkdir()
    learned(alone)
    script = together / "worker.py"
    script.write_text(WORKER)
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    done = subprocess.run(
        [*launcher, str(script), str(together), str(Path(__file__).parent)],
        env={**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr.decode()
    one, two = (torch.load(folder / "learned.pt", weights_only=True) for folder in (alone, together))
    # Rounding apart, which Adam turns into steps where a gradient is 0.
    for mine, theirs in zip(two["said"], one["said"]):
        assert [name for name, _ in mine] == [name for name, _ in theirs]
        assert [x for _, x in mine] == pytest.approx([x for _, x in theirs], rel=1e-3, abs=1e-3)
    for name, value in one["net"].items():
        torch.testing.assert_close(two["net"][name], value, atol=5e-3, rtol=1e-2)
