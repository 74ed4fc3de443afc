"""The discriminator that segments, its losses, and LabelMix, against the formulas written out."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.models import bachgan, smis, spade
from calotype.nn.segmentation_discriminator import SegmentationDiscriminator
from calotype.run import Run
from calotype.semantic.labels import LabelMaps
from calotype.semantic.oasis import OasisTrainer, Targets, classification_loss, generated_loss, mixture, targets_of

CFG = replace(spade.PRESETS["tiny"], adversarial="oasis", feature_weight=0.0)


def maps(seed=0, count=4):
    return torch.randint(-1, 3, (count, 16, 16), generator=torch.Generator().manual_seed(seed))


def batch(i):
    return {"image": torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(i)) * 2 - 1, "map": maps(i)}


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_discriminator_has_a_logit_for_every_class_and_pixel(halvings):
    torch.manual_seed(0)
    net = SegmentationDiscriminator(5, 4, halvings)
    pictures = torch.randn(2, 3, 16, 24, requires_grad=True)
    logits = net(pictures)
    assert logits.shape == (2, 5, 16, 24)
    logits.square().sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in net.parameters())
    assert pictures.grad.any()


def test_classes_weigh_the_same_however_rare():
    index = torch.tensor([[[0, 0, 0], [0, 0, 0], [0, 0, 0], [1, -1, -1]]])
    for unknown in ("last", "first", "zeros"):
        targets = targets_of(LabelMaps(index, replace(CFG, unknown=unknown), None), replace(CFG, unknown=unknown))
        shift = int(unknown == "first")
        assert (targets.classes[0, 3] == torch.tensor([1 + shift, -100, -100])).all()
        known = targets.weights[shift : shift + 3]
        torch.testing.assert_close(known, torch.tensor([10 / (9 * 2), 10 / 2, 0.0]))
        assert float(targets.weights[-1]) == 1
        assert len(targets.weights) == 3 + (unknown != "zeros") + 1


def test_losses_are_those_of_the_formulas():
    torch.manual_seed(0)
    logits, classes = torch.randn(2, 4, 3, 3), torch.randint(0, 3, (2, 3, 3))
    classes[0, 0, 0] = -100
    weights = torch.tensor([0.5, 2.0, 1.0, 1.0])
    total = 0.0
    for b in range(2):
        for y in range(3):
            for x in range(3):
                shares = logits[b, :, y, x].exp() / logits[b, :, y, x].exp().sum()
                kind = int(classes[b, y, x])
                total += 0 if kind < 0 else -float(weights[kind] * shares[kind].log())
    assert float(classification_loss(logits, Targets(classes, weights))) == pytest.approx(total / 18, rel=1e-5)
    wanted = -(logits.exp()[:, 3] / logits.exp().sum(1)).log().mean()
    torch.testing.assert_close(generated_loss(logits), wanted)


def test_pixels_of_a_class_are_all_real_or_all_generated():
    found = LabelMaps(maps(), CFG)
    mask = mixture(found, torch.rand(4, found.kinds, generator=torch.Generator().manual_seed(1)))
    assert mask.shape == (4, 1, 16, 16)
    assert 0 < mask.float().mean() < 1
    for picture, index in zip(mask[:, 0], found.numbers):
        for kind in index.unique():
            assert len(picture[index == kind].unique()) == 1


def test_step_follows_the_formulas():
    cfg = replace(CFG, mirror=False, bf16=False, latent=0, pixel_weight=0.0, average=0.0)
    torch.manual_seed(0)
    trainer = OasisTrainer(cfg, torch.device("cpu"), spade.build)
    judge = trainer.discriminator.eval()  # the same before and after: no power iteration
    seen = []
    judge.register_forward_hook(lambda module, given, made: seen.append((given[0].detach(), made.detach())))
    given = batch(0)
    torch.manual_seed(7)
    losses = trainer.step(trainer.state, given, 0)
    ((pictures, logits),) = seen
    fake, real, mixed = pictures.chunk(3)
    assert torch.equal(real, given["image"])
    found = LabelMaps(given["map"], cfg)
    of_fake, of_real, of_mixed = logits.chunk(3)
    targets = targets_of(found, cfg)
    torch.testing.assert_close(losses["generator"], classification_loss(of_fake, targets))
    mask = (mixed == real).all(1, keepdim=True)
    assert torch.equal(torch.where(mask, real, fake), mixed)
    mix = (of_mixed - torch.where(mask, of_real, of_fake)).square().mean()
    wanted = classification_loss(of_real, targets) + generated_loss(of_fake) + 10 * mix
    torch.testing.assert_close(losses["discriminator"], wanted)
    assert set(losses) == {"generator", "discriminator"}


@pytest.mark.parametrize("model", [spade, smis])
@pytest.mark.parametrize("changes", [{"adversarial": "oasis", "feature_weight": 0.0}, {"modulation": "class"}])
def test_a_stopped_training_goes_on_as_if_it_had_not_been(model, changes, tmp_path):
    cfg = replace(model.PRESETS["tiny"], steps=2, **changes)
    whole = model.train(batch, cfg, Run(seed=3))
    run = Run(tmp_path, seed=3, on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(Exception, match="run the same command again"):
        model.train(batch, cfg, run)
    again = model.train(batch, cfg, Run(tmp_path, seed=3))
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in whole.state_dict().items())


def test_only_label_maps_can_be_told():
    for changes in ({"adversarial": "oasis"}, {"modulation": "class"}):
        with pytest.raises(ValueError, match="need label maps"):
            replace(bachgan.PRESETS["tiny"], **changes)
    with pytest.raises(ValueError, match="multiples of 32"):
        replace(CFG, discriminator_layers=5)
