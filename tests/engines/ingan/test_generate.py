from dataclasses import replace

import pytest
import torch

from calotype.engines import ingan
from calotype.engines.ingan import PRESETS
from calotype.errors import InputError
from calotype.run import Run
from calotype.types import Shape

TINY = PRESETS["tiny"]


@pytest.fixture
def net(photo):
    return ingan.train(photo, TINY, Run())


@pytest.mark.parametrize("size", [(40, 52), (80, 26), (20, 150), (31, 33)])
def test_one_model_gives_any_size(photo, net, size):
    made = ingan.retarget([photo], TINY, Run(), size=size, seed=0, net=net)
    assert made.shape == (1, 3, *size)
    assert made.abs().max() <= 1


def test_without_patches_it_is_what_the_network_makes(photo):
    cfg = replace(TINY, side=0)
    net = ingan.train(photo, cfg, Run())
    made = ingan.retarget([photo], cfg, Run(), size=(47, 61), seed=0, net=net)
    assert torch.equal(made, net.resized(photo, (47, 61)))


def test_a_shape_is_transparent_outside(photo, net):
    shape = Shape.parse("trapezoid:0.4")
    made = ingan.retarget([photo], TINY, Run(), size=(40, 60), seed=0, shape=shape, net=net)
    assert made.shape == (1, 4, 40, 60)
    assert made[0, :, 0, 0].tolist() == [0, 0, 0, -1]
    assert float(made[0, 3, 20, 30]) == 1
    assert made.abs().max() <= 1


def test_a_film_leads_from_the_photos_size_to_the_results(photo, net):
    shape = Shape.parse("arc:0.3")
    places = [0.0, 0.5, 1.0]
    how = {"size": (30, 70), "seed": 0, "net": net}
    frames = list(ingan.film([photo], TINY, Run(), places=places, shape=shape, **how))
    assert [tuple(frame.shape[2:]) for frame in frames] == [(40, 52), (35, 61), (30, 70)]
    assert {frame.shape[1] for frame in frames} == {4}
    assert float((frames[0][:, 3] == 1).float().mean()) == 1
    assert float((frames[2][:, 3] == 1).float().mean()) < 0.95
    assert [frame.shape[1] for frame in ingan.film([photo], TINY, Run(), places=places, **how)] == [3, 3, 3]


def test_what_cannot_be_made(photo, net):
    with pytest.raises(InputError, match="train it first"):
        ingan.retarget([photo], TINY, Run(), size=(40, 40), seed=0)
    with pytest.raises(InputError, match="1x1 pixels is too small"):
        ingan.retarget([photo], TINY, Run(), size=(1, 1), seed=0, net=net)


def test_costs_grow_with_the_work(photo):
    fast = PRESETS["fast"]
    training = ingan.training_cost((188, 250), fast).seconds
    assert ingan.training_cost((188, 250), PRESETS["paper"]).seconds > 50 * training
    small, large = (ingan.cost([(188, 250)], size, fast) for size in ((188, 250), (1880, 2500)))
    assert large.seconds > 20 * small.seconds
    assert large.bytes > small.bytes
    assert ingan.training_cost((4000, 6000), fast).bytes < 1 << 30
