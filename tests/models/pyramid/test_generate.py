import pytest
import torch

from calotype.models import pyramid
from calotype.models.pyramid import PRESETS
from calotype.models.pyramid.generate import spread
from calotype.run import Run

CFG = PRESETS["tiny"]


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(3)
    return pyramid.build(CFG).eval()


PHOTO = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(2)) * 2 - 1
OTHER = torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(4)) * 2 - 1
REGION = torch.zeros(1, 1, 16, 16)
REGION[:, :, 4:12, 4:12] = 1


def remixed(net, **given):
    return pyramid.remix(CFG, Run(), net=net, photo=PHOTO, **given)


def test_the_level_decides_what_is_seen(net):
    made = [remixed(net, level=level) for level in (0.0, 0.5, 1.0)]
    assert all(each.shape == PHOTO.shape and each.abs().max() <= 1 for each in made)
    assert not torch.equal(made[0], made[1])
    assert not torch.equal(made[1], made[2])
    assert not torch.equal(remixed(net, level=0.5, seed=1), made[1])


def test_levels_in_between_are_continuous(net):
    near = remixed(net, level=0.5), remixed(net, level=0.5 + 1e-6)
    # The next deeper level comes in whole; the finer one hardly changes.
    far = remixed(net, level=0.5 + 1 / 6 - 1e-6), remixed(net, level=0.5 + 1 / 6)
    assert (far[0] - far[1]).abs().max() < 1e-3
    assert (near[0] - near[1]).abs().mean() < (near[0] - far[1]).abs().mean() + 0.5


def test_outside_of_a_region_the_photo_stays(net):
    made = remixed(net, level=0.8, mask=REGION)
    assert torch.equal(made[:, :, :2], PHOTO[:, :, :2])
    assert not torch.allclose(made[:, :, 7:9, 7:9], PHOTO[:, :, 7:9, 7:9])
    erased = pyramid.erase(CFG, Run(), net=net, photo=PHOTO, mask=REGION)
    assert torch.equal(erased[:, :, :2], PHOTO[:, :, :2])


def test_what_lies_in_a_hole_has_no_influence(net):
    changed = torch.where(REGION > 0, -PHOTO, PHOTO)
    one = pyramid.erase(CFG, Run(), net=net, photo=PHOTO, mask=REGION)
    two = pyramid.erase(CFG, Run(), net=net, photo=changed, mask=REGION)
    assert torch.allclose(one, two, atol=1e-5)


def test_another_photo_gives_the_subject(net):
    plain, other = remixed(net, level=0.5), remixed(net, level=0.5, like=OTHER)
    assert not torch.equal(plain, other)
    assert torch.equal(remixed(net, level=1.0, like=OTHER), remixed(net, level=1.0))


def test_two_photos_are_composed(net):
    def mixed(mask):
        return pyramid.mix(CFG, Run(), net=net, photo=PHOTO, other=OTHER, mask=mask, level=0.0)

    nothing = mixed(torch.zeros_like(REGION))
    assert torch.allclose(nothing, remixed(net, level=0.0), atol=1e-5)
    assert not torch.equal(mixed(REGION), nothing)


def test_a_hole_takes_the_colours_around_it():
    flat = torch.full((1, 3, 16, 16), 0.4)
    hole = torch.zeros(1, 1, 16, 16)
    hole[:, :, 3:13, 5:16] = 1
    assert torch.allclose(spread(torch.where(hole > 0, -flat, flat), hole), flat, atol=1e-5)
    halves = flat.clone()
    halves[:, :, :, 8:] = -0.4
    filled = spread(halves, REGION)
    assert torch.equal(filled[REGION.expand_as(filled) == 0], halves[REGION.expand_as(halves) == 0])
    assert filled[0, 0, 8, 4] > filled[0, 0, 8, 11]
