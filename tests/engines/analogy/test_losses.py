from dataclasses import replace

import pytest
import torch

from calotype.engines.analogy import PRESETS
from calotype.engines.analogy.discriminator import DiscriminatorOutput
from calotype.engines.analogy.losses import (
    fake_loss,
    fixed_point_loss,
    matching_loss,
    patch_coherence,
    real_loss,
    segmentation_loss,
)
from calotype.engines.analogy.net import Net
from calotype.engines.analogy.trainer import Trainer
from calotype.run import Run

TINY = replace(PRESETS["tiny"], classes=3)


def trainer_of(photo, labels, **changes):
    cfg = replace(TINY, **changes)
    return Trainer(Net(cfg, tuple(photo.shape[2:])), photo, labels, cfg, Run())


def sampled(trainer):
    """Inputs whose source is not its target."""
    return next(inputs for inputs in (trainer.inputs(i) for i in range(1, 9)) if not inputs.reconstruct)


def terms_of(trainer, inputs):
    return trainer.terms(inputs, *trainer.generate(inputs))


def gradient(trainer, loss):
    trainer.generator.zero_grad()
    if not loss.requires_grad:
        return 0.0
    loss.backward()
    grads = [p.grad for p in trainer.generator.parameters() if p.grad is not None]
    return float(sum(grad.abs().sum() for grad in grads))


def test_alignment_teaches_the_generator(photo, labels):
    trainer = trainer_of(photo, labels)
    inputs = sampled(trainer)
    fake, _ = trainer.generate(inputs)
    assert gradient(trainer, trainer.alignment(fake, inputs.target.labels)) > 0
    assert all(p.grad is None for p in trainer.segmenter.parameters())


def test_as_released_alignment_teaches_nothing(photo, labels):
    trainer = trainer_of(photo, labels, detached=True)
    inputs = sampled(trainer)
    fake, _ = trainer.generate(inputs)
    loss = trainer.alignment(fake, inputs.target.labels)
    assert float(loss) > 0
    assert gradient(trainer, loss) == 0


@pytest.mark.parametrize("coding", ["one-hot", "colours"])
def test_every_loss_has_a_gradient(photo, labels, coding):
    trainer = trainer_of(photo, labels, coding=coding, anchored=False, fixed_point=1.0)
    names = set()
    for inputs in (trainer.inputs(0), sampled(trainer)):
        for name in terms_of(trainer, inputs):
            loss = terms_of(trainer, inputs)[name]
            assert loss.isfinite()
            assert gradient(trainer, loss) > 0, name
            names.add(name)
    assert names == {
        "adversarial",
        "matching",
        "reconstruction",
        "paired",
        "fixed_point",
        "alignment",
        "coherence",
    }


def test_terms_without_weight_are_not_worked_out(photo, labels):
    trainer = trainer_of(photo, labels, adversarial=0.0, matching=0.0, paired=0.0, alignment=0.0, coherence=1.0)
    assert set(terms_of(trainer, sampled(trainer))) == {"coherence"}
    assert set(terms_of(trainer, trainer.inputs(0))) == {"reconstruction"}


def coherence_in_a_loop(made, source, at, patch, nearest, there=None, here=None, semantic=0.0):
    """The same, one patch after the other."""
    columns = made.shape[3] - patch + 1
    total = 0.0
    for number in at.tolist():
        y, x = divmod(number, columns)
        asked = made[0, :, y : y + patch, x : x + patch]
        found = []
        for v in range(source.shape[2] - patch + 1):
            for u in range(source.shape[3] - patch + 1):
                known = source[0, :, v : v + patch, u : u + patch]
                difference = float((asked - known).abs().mean())
                other = 0.0
                if semantic:
                    a, b = there[0, y : y + patch, x : x + patch], here[0, v : v + patch, u : u + patch]
                    other = float((a != b).float().mean())
                found.append((difference + semantic * other, difference))
        total += sum(difference for _, difference in sorted(found)[:nearest]) / nearest
    return total / len(at)


@pytest.mark.parametrize("patch", [1, 3])
@pytest.mark.parametrize("semantic", [0.0, 0.7])
def test_coherence_is_that_of_a_plain_loop(patch, semantic):
    rng = torch.Generator().manual_seed(3)
    made, source = torch.rand(1, 4, 9, 11, generator=rng), torch.rand(1, 4, 12, 8, generator=rng)
    there = torch.randint(3, (1, 9, 11), generator=rng)
    here = torch.randint(3, (1, 12, 8), generator=rng)
    at = torch.randint((9 - patch + 1) * (11 - patch + 1), (7,), generator=rng)
    maps = {"made_labels": there, "source_labels": here}
    found = patch_coherence(made, source, at, patch=patch, nearest=5, semantic=semantic, **maps)
    wanted = coherence_in_a_loop(made, source, at, patch, 5, there, here, semantic)
    assert float(found) == pytest.approx(wanted, abs=1e-6)


def test_coherence_of_pieces_of_the_source_is_nothing():
    source = torch.rand(1, 3, 12, 12)
    at = torch.arange(36)
    assert float(patch_coherence(source[:, :, 2:10, 3:11], source, at, patch=3, nearest=1)) < 1e-6


def test_least_squares():
    scores = (torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[0.0]]]]))
    output = DiscriminatorOutput(scores, scores)
    assert float(real_loss(output)) == (2.0 + 1.0) / 2
    assert float(fake_loss(output)) == (5.0 + 0.0) / 2
    other = DiscriminatorOutput(scores, (scores[0] + 1, scores[1] - 3))
    assert float(matching_loss(output, other)) == (1.0 + 3.0) / 2


def test_fixed_point():
    still = [(torch.ones(1, 2, 4, 4), torch.zeros(1, 2, 4, 4))] * 3
    assert float(fixed_point_loss(still)) == 0
    moved = [(torch.full((1, 2, 4, 4), 1.5), torch.full((1, 2, 4, 4), -0.25))] * 3
    assert float(fixed_point_loss(moved)) == pytest.approx(3 * 0.75)


def test_segmentation_loss():
    wanted = torch.tensor([1.0, 0.0]).view(1, 2, 1, 1)
    scores = torch.tensor([2.0, 0.0]).view(1, 2, 1, 1)
    right = float(segmentation_loss(scores, wanted, "one-hot"))
    assert right == pytest.approx(float(torch.log1p(torch.exp(torch.tensor(-2.0)))))
    assert float(segmentation_loss(scores, wanted, "colours")) == 0.5
