"""The layer-wise encoder, and the six ways to find a photo in a generator."""

from dataclasses import replace

import pytest
import torch

from calotype.errors import InputError
from calotype.inspection.inversion import METHODS, activations, invert
from calotype.inspection.inversion_page import Seen, class_losses, ranked
from calotype.inspection.inverter import InverterConfig, build_inverter, cosine_error
from calotype.inspection.inverter_training import stages_of, steps_of, train_inverter
from calotype.inspection.layers import Layer, Layered, carried_vector, packed
from calotype.models import cocogan, stylegan
from calotype.run import Run

QUICK = InverterConfig(width=8, image_steps=3, layer_steps=2, joint_steps=2, batch=4)


def generator(seed=0):
    """Three linear layers with leaky ReLUs: 6 numbers, 8 at 2 x 2, 8 at 4 x 4, pictures of 16 x 16."""
    torch.manual_seed(seed)
    a, b, c = torch.randn(8 * 4, 6) / 2.4, torch.randn(8, 8) / 2.8, torch.randn(3, 8, 4, 4) / 3

    def first(z):
        return torch.nn.functional.leaky_relu(z[:, :, 0, 0] @ a.T, 0.2).view(-1, 8, 2, 2)

    def second(r):
        mixed = torch.einsum("nchw,dc->ndhw", r, b)
        return torch.nn.functional.leaky_relu(torch.nn.functional.interpolate(mixed, scale_factor=2), 0.2)

    def last(r):
        return torch.nn.functional.conv_transpose2d(r, c.transpose(0, 1), stride=4).tanh()

    layers = (Layer("a", (8, 2, 2), first), Layer("b", (8, 4, 4), second), Layer("c", (3, 16, 16), last))

    def latents(seeds):
        return torch.stack([torch.randn(6, 1, 1, generator=torch.Generator().manual_seed(s)) for s in seeds])

    return Layered(6, layers, latents)


def test_the_inverted_layers_are_those_of_at_most_a_quarter_of_the_side():
    found = generator()
    assert found.inverted == 2
    assert found.shapes == [(6, 1, 1), (8, 2, 2), (8, 4, 4), (3, 16, 16)]
    small = replace(found, layers=(found.layers[0], found.layers[1]))
    assert small.inverted == 1  # at least one


def test_vectors_are_carried_along_and_read_as_their_mean():
    x, vector = torch.zeros(2, 3, 4, 4), torch.arange(10.0).view(2, 5, 1, 1)
    state = packed(x, None, vector)
    assert state.shape == (2, 8, 4, 4)
    assert torch.equal(carried_vector(state, 5), vector[:, :, 0, 0])


def test_training_has_a_stage_for_every_layer_and_resumes_bit_for_bit(tmp_path):
    layered = generator()
    assert stages_of(layered) == ["inverse of b", "inverse of a", "inverse of the picture", "all together"]
    assert sum(steps_of(layered, QUICK)) == steps_of(layered, QUICK, direct=True)[0]
    whole = train_inverter(layered, QUICK, Run())
    stopped = Run(tmp_path, on_event=lambda event: event.stage == "inverse of the picture" and stopped.stop())
    with pytest.raises(Exception, match="stopped"):
        train_inverter(layered, QUICK, stopped)
    again = train_inverter(layered, QUICK, Run(tmp_path))
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values()))


def test_the_layer_wise_encoder_finds_what_it_was_trained_on():
    layered = generator()
    cfg = replace(QUICK, width=16, image_steps=150, layer_steps=100, joint_steps=60, image_rate=5e-3, layer_rate=5e-3)
    inverter = train_inverter(layered, cfg, Run())
    z = layered.latents(range(64))
    with torch.no_grad():
        found = inverter(layered.run(z))
        wanted = layered.all(z, layered.inverted)
    assert [tuple(each.shape[1:]) for each in found] == layered.shapes[:3]
    for one, other in zip(wanted, found):
        assert cosine_error(one, other) < 0.5 * cosine_error(one, other.roll(1, 0))
    photos = layered.run(z[:4])
    losses = {method: invert(layered, photos, Run(), method=method, inverter=inverter, steps=30) for method in METHODS}
    assert min(losses["layers+r"].psnr) > max(5.0, min(losses["layers"].psnr))
    assert sum(losses["layers+z"].psnr) > sum(losses["layers"].psnr)
    assert losses["layers"].features == ""
    assert [each.shape[0] for each in losses["layers+r"].deltas] == [4]


def test_a_photo_is_found_by_itself_and_the_penalty_holds_it_near():
    layered = generator()
    inverter = train_inverter(layered, QUICK, Run())
    photos = torch.rand(3, 3, 16, 16) * 2 - 1
    options = {"inverter": inverter, "steps": 20}
    together = invert(layered, photos, Run(), **options)
    alone = invert(layered, photos[1:2], Run(), **options)
    torch.testing.assert_close(together.pictures[1:2], alone.pictures, atol=1e-3, rtol=0)
    free = invert(layered, photos, Run(), penalty=0.0, **options)
    assert free.deltas[0].square().mean() > together.deltas[0].square().mean()
    held = invert(layered, photos, Run(), penalty=1e4, **options)
    assert held.deltas[0].abs().max() < 0.1 * free.deltas[0].abs().max()
    assert not torch.allclose(held.latent, inverter(photos)[0])  # what it gives is of the generator's own: no penalty
    both = invert(layered, photos, Run(), last=True, **options)
    assert len(both.deltas) == 2
    r = activations(layered, inverter, both.latent, both.deltas)
    torch.testing.assert_close(layered.run(r, 2).clamp(-1, 1), both.pictures)


def test_latent_vectors_of_photos_are_not_longer_than_those_of_samples():
    layered = generator()
    inverter = train_inverter(layered, QUICK, Run())
    with torch.no_grad():
        inverter.layers[0].linear.weight.mul_(1e3)  # an encoder that is far off, as of photos unlike its samples
    found = invert(layered, torch.rand(2, 3, 16, 16) * 2 - 1, Run(), inverter=inverter, method="layers")
    usual = layered.latents(range(500)).square().sum((1, 2, 3)).mean().sqrt()
    assert torch.allclose(found.latent.flatten(1).norm(dim=1), 1.5 * usual.expand(2), rtol=0.05)


@pytest.mark.parametrize("model", [cocogan, stylegan])
def test_trained_models_are_inverted(model):
    cfg = model.PRESETS["tiny"]
    torch.manual_seed(0)
    layered = model.layered(cfg, model.build(cfg).eval().requires_grad_(False))
    inverter = train_inverter(layered, QUICK, Run())
    found = invert(layered, layered.pictures([1, 2]), Run(), inverter=inverter, steps=2)
    assert found.pictures.shape == (2, 3, *layered.size)
    assert all(torch.isfinite(each).all() for each in found.deltas)


def test_the_encoder_of_other_shapes_is_built_as_declared():
    layered = generator()
    inverter = build_inverter(layered, QUICK)
    assert [tuple(each.shape[1:]) for each in inverter(torch.zeros(2, 3, 16, 16))] == layered.shapes[:3]


def test_unknown_methods_and_a_missing_encoder_are_said():
    layered, photos = generator(), torch.zeros(1, 3, 16, 16)
    with pytest.raises(InputError, match="choose one of z, direct"):
        invert(layered, photos, Run(), method="magic")
    with pytest.raises(InputError, match="no encoder"):
        invert(layered, photos, Run())


def test_what_is_lost_is_told_by_class_and_ranks_the_photos():
    photos = torch.tensor([[[0, 0], [1, 1]], [[0, 2], [2, 2]], [[0, 0], [0, 0]]])
    made = torch.tensor([[[0, 0], [1, 1]], [[0, 0], [0, 2]], [[0, 0], [0, 0]]])
    seen = Seen(photos, made, ("sky", "grass", "person"))
    losses = class_losses(seen)
    assert [one.name for one in losses] == ["person", "grass", "sky"]
    assert losses[0].kept == pytest.approx(1 / 3)
    assert losses[0].photos == 1
    assert ranked(seen, [1.0, 2.0, 3.0])[0] == 1
    assert ranked(None, [5.0, 2.0, 3.0]) == [1, 2, 0]
