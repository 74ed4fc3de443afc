"""Layout2Im: what an object is to the networks, and what is learned of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.models import layout2im
from calotype.models.layout2im.blocks import ClassNorm, ConvolutionalLSTM
from calotype.models.layout2im.network import Objects, objects_of
from calotype.models.layout2im.trainer import Trainer
from calotype.run import Run

CFG = replace(layout2im.PRESETS["tiny"], classes=2, names=("tile", "disc"))


def batch(count=4, seed=0):
    """A tile of a random colour on grey; its box, a second smaller one, and no third."""
    generator = torch.Generator().manual_seed(seed)
    pictures = torch.zeros(count, 3, 16, 16)
    colours = torch.rand(count, 3, generator=generator) * 2 - 1
    boxes = torch.tensor([[0.25, 0.25, 0.75, 1.0], [0.0, 0.0, 0.25, 0.25], [0.0, 0.0, 0.0, 0.0]])
    for picture, colour in zip(pictures, colours):
        picture[:, 4:16, 4:12] = colour[:, None, None]
    classes = torch.tensor([0, 1, -1]).expand(count, 3)
    return {"image": pictures, "boxes": boxes.expand(count, 3, 4), "classes": classes}


def test_class_norm_is_batch_normalisation_with_the_scale_of_the_class():
    torch.manual_seed(0)
    norm, x = ClassNorm(3, 2), torch.randn(5, 3, 4, 4) * 2 + 1
    with torch.no_grad():
        norm.scale.normal_()
        norm.shift.normal_()
    kinds = torch.tensor([0, 1, 1, 0, 1])
    plain = torch.nn.functional.batch_norm(x, None, None, training=True)
    wanted = plain * norm.scale[kinds][:, :, None, None] + norm.shift[kinds][:, :, None, None]
    torch.testing.assert_close(norm(x, kinds), wanted, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(norm.mean, 0.1 * x.mean((0, 2, 3)))
    for _ in range(200):
        norm(x, kinds)
    torch.testing.assert_close(norm.eval()(x, kinds), wanted, atol=1e-4, rtol=1e-4)


def test_lstm_follows_its_formulas_and_passes_over_what_is_not_there():
    torch.manual_seed(0)
    lstm = ConvolutionalLSTM(3, (4,), 3)
    x = torch.randn(2, 2, 3, 5, 5)
    hidden = cell = torch.zeros(2, 4, 5, 5)
    for step in x.unbind(1):
        gates = torch.nn.functional.conv2d(
            torch.cat([step, hidden], 1), lstm.gates[0].weight, lstm.gates[0].bias, padding=1
        )
        enter, forget, leave, new = gates.split(4, 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
        hidden = torch.sigmoid(leave) * torch.tanh(cell)
    there = torch.ones(2, 2, dtype=torch.bool)
    torch.testing.assert_close(lstm(x, there), hidden)
    longer = torch.cat([x, torch.randn(2, 1, 3, 5, 5)], 1)
    torch.testing.assert_close(lstm(longer, torch.tensor([[True, True, False]] * 2)), hidden)
    assert not lstm(x, ~there).any()


def test_objects_are_the_largest_ones_in_their_order():
    given = {
        "boxes": torch.tensor([[[0.0, 0.0, 0.1, 0.1], [0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 1.0, 1.0]]] * 2),
        "classes": torch.tensor([[0, 1, 1], [0, -1, -1]]),
    }
    found = objects_of(given, replace(CFG, objects=2, least=0.02))
    assert found.classes.tolist() == [1, 1, 0]  # the only object of the second picture stays, however small
    assert (found.picture.tolist(), found.place.tolist()) == ([0, 0, 1], [0, 1, 0])
    assert found.twice.picture.tolist() == [0, 0, 1, 2, 2, 3]


def test_an_object_is_nothing_outside_of_its_box():
    torch.manual_seed(0)
    composer = layout2im.build(CFG).composer
    seen = []
    composer.first.register_forward_hook(lambda module, given, made: seen.append(given[0]))
    boxes = torch.tensor([[0.0, 0.0, 0.5, 1.0]])
    composer(Objects(torch.tensor([1]), boxes, torch.tensor([0]), 1), torch.ones(1, CFG.latent), (16, 16))
    (planes,) = seen
    assert not planes[..., 8:].any()
    assert torch.equal(planes[0, -CFG.latent :, :, :8], torch.ones(CFG.latent, 16, 8))
    assert torch.equal(planes[0, : -CFG.latent, 3, 3], composer.embedding.weight[1])


def test_the_losses_reach_the_networks_that_they_are_for():
    torch.manual_seed(0)
    trainer = Trainer(CFG, torch.device("cpu"))
    real, objects, draws = trainer.examples(batch())
    assert draws.shape == (2, 8, CFG.latent)
    made, losses = trainer.generator_losses(real, objects, draws)
    assert made.shape == (8, 3, 16, 16)
    parts = {"encoder": trainer.net.encoder, "composer": trainer.net.composer, "decoder": trainer.net.decoder}
    reached = {}
    for name, (_, loss) in losses.items():
        trainer.net.zero_grad()
        loss.backward(retain_graph=True)
        reached[name] = {
            part for part, net in parts.items() if any(p.grad is not None and p.grad.any() for p in net.parameters())
        }
    assert reached["kl"] == {"encoder"}
    assert all(found == set(parts) for name, found in reached.items() if name != "kl")


def test_the_codes_of_real_objects_give_their_colours_again():
    torch.manual_seed(0)
    net, given = layout2im.build(replace(CFG, width=8, latent=6)).train(), batch(16)
    objects, optimizer = objects_of(given, CFG), torch.optim.Adam(net.parameters(), 4e-3)
    for _ in range(80):
        codes, _ = net.codes(given["image"], objects)
        loss = (net(objects, codes) - given["image"]).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    tile = (slice(None), slice(None), slice(6, 14), slice(5, 11))
    with torch.no_grad():
        codes, _ = net.codes(given["image"], objects)
        made, real = net(objects, codes)[tile].mean((2, 3)), given["image"][tile].mean((2, 3))
        assert torch.corrcoef(torch.stack([made.flatten(), real.flatten()]))[0, 1] > 0.7
        moved = codes.clone()
        moved[0] = codes[2]  # the first picture's tile takes the look of the second one's
        other = net(objects, moved)[tile].mean((2, 3))
    assert (other[0] - made[1]).abs().mean() < 0.5 * (made[0] - made[1]).abs().mean()


def test_what_cannot_be_drawn_is_told():
    net = layout2im.build(CFG).eval()
    one = {"boxes": torch.tensor([[[0.1, 0.1, 0.6, 0.9]]]), "classes": torch.tensor([[1]])}
    assert layout2im.draw(CFG, Run(), net=net, boxes=one, size=(20, 37)).shape == (1, 3, 20, 37)
    with pytest.raises(InputError, match="the 1st box is of the class 5: this model knows 0 to 1"):
        layout2im.draw(CFG, Run(), net=net, boxes={**one, "classes": torch.tensor([[5]])})
    none = {"boxes": torch.zeros(1, 0, 4), "classes": torch.zeros(1, 0, dtype=torch.int64)}
    with pytest.raises(InputError, match="no boxes"):
        layout2im.draw(CFG, Run(), net=net, boxes=none)
    trainer = Trainer(CFG, torch.device("cpu"))
    with pytest.raises(InputError, match="have no boxes"):
        trainer.examples({"image": torch.zeros(4, 3, 16, 16)})
    with pytest.raises(InputError, match="no object"):
        trainer.examples({**batch(), "classes": torch.full((4, 3), -1)})
    with pytest.raises(InputError, match="how many classes"):
        layout2im.adapted(CFG, {})
    for change in (
        {"size": (20, 16)},
        {"crop": 40},
        {"fuser_kernel": 4},
        {"steps": 0},
        {"least": 2.0},
        {"average": 1.0},
    ):
        with pytest.raises(ValueError, match=next(iter(change))):
            replace(CFG, **change)
