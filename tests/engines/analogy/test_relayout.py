import copy
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from calotype.engines import analogy
from calotype.engines.analogy import PRESETS, adapted
from calotype.errors import InputError, Stopped
from calotype.nn.vgg import VGG_FILE, Vgg16
from calotype.run import Run

TINY = adapted(PRESETS["tiny"], "relayout", classes=3)


@pytest.fixture(scope="module")
def net(photo, labels):
    return analogy.train(photo, TINY, Run(), labels=labels)


def laid(photo, labels, target, net, cfg=TINY, seed=0):
    return analogy.relayout([photo], cfg, Run(), before=labels, target=target, seed=seed, net=net)


@pytest.mark.parametrize("refined", [True, False])
def test_a_result_has_the_size_of_its_target(photo, labels, target, net, refined):
    cfg = replace(TINY, refined=refined)
    for wanted in (labels, target):
        one, again = (laid(photo, labels, wanted, net, cfg, seed=3) for _ in range(2))
        assert one.shape == (1, 3, *wanted.shape[1:])
        assert one.abs().max() <= 1
        assert torch.equal(one, again)


def test_labels_are_where_the_target_has_them(photo, labels, target, net):
    """The photo's classes differ by their mean: what is made has to, in the same places."""
    made = laid(photo, labels, target, net)
    means = torch.stack([photo.permute(0, 2, 3, 1)[labels == k].mean(0) for k in range(3)])
    found = (made[0].permute(1, 2, 0)[..., None, :] - means).square().sum(-1).argmin(-1)
    assert (found == target[0]).float().mean() > 0.9


def test_the_net_alone_learns_where_things_are(photo, labels):
    """At the photo's own map it is to make the photo."""
    cfg = replace(TINY, steps=150, width=8, parts=1, average=0.9, rate=5e-3, refined=False)
    net = analogy.train(photo, cfg, Run(), labels=labels)
    before = (laid(photo, labels, labels, analogy.train(photo, TINY, Run(), labels=labels), cfg) - photo).abs().mean()
    after = (laid(photo, labels, labels, net, cfg) - photo).abs().mean()
    assert after < 0.25
    assert after < 0.6 * before


@pytest.mark.parametrize(
    "changes",
    [
        {"side": 0},
        {"side": 0, "refined": False},
        {"coding": "colours", "norm": "batch", "output": "leaky", "average": 0.0, "ratio": "raw", "anchored": False},
        {"spectral": True},
        {"features": "auto", "conditional": False, "average": 0.0, "blend": True, "coding": "colours", "semantic": 0.0},
        {"critic_after": 1, "generator_steps": 2, "segment_always": False, "fixed_point": 1.0, "anchored": False},
    ],
)
def test_every_kind_of_settings_works(photo, labels, target, changes):
    cfg = replace(TINY, **changes)
    net = analogy.train(photo, cfg, Run(), labels=labels)
    assert laid(photo, labels, target, net, cfg).shape == (1, 3, 40, 60)


@pytest.mark.parametrize("classes", [1, 40])
def test_few_and_many_classes(photo, classes):
    height, width = photo.shape[2:]
    numbers = torch.arange(height * width).view(1, height, width) * classes // (height * width)
    cfg = adapted(PRESETS["tiny"], "relayout", classes=classes)
    net = analogy.train(photo, cfg, Run(), labels=numbers)
    made = laid(photo, numbers, numbers.flip(1), net, cfg)
    assert made.shape == photo.shape
    assert made.isfinite().all()


def test_stopped_and_gone_on_with_it_is_the_same_model(photo, labels, net, tmp_path):
    cfg = replace(TINY, steps=6, parts=2)
    whole = analogy.train(photo, cfg, Run(), labels=labels)
    for stop_at in (2, 5):
        folder = tmp_path / str(stop_at)
        run = Run(folder)
        seen = []

        def heard(event, run=run, seen=seen, stop_at=stop_at):
            seen.append(event)
            if sum(e.kind == "step" for e in seen) == stop_at:
                run.stop()

        run.on_event = heard
        with pytest.raises(Stopped):
            analogy.train(photo, cfg, run, labels=labels)
        part = analogy.unfinished(photo, cfg, Run(folder), labels=labels)
        assert (part is None) == (stop_at < 3)
        if part is not None:
            assert int(part.finished) == 1
        again = analogy.train(photo, cfg, Run(folder), labels=labels)
        assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values()))


def test_a_saved_model_makes_the_same(photo, labels, target, net):
    other = analogy.build(TINY, tuple(photo.shape[2:]))
    other.load_state_dict(copy.deepcopy(net.state_dict()))
    assert torch.equal(laid(photo, labels, target, net), laid(photo, labels, target, other))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"coding": "rgb"}, "coding=rgb cannot be used: give --set coding=one-hot or --set coding=colours"),
        ({"width": 6}, "width=6 cannot be used"),
        ({"patch": 4}, "patch=4 cannot be used"),
        ({"steps": 0}, "steps=0 cannot be used"),
        ({"average": 1.0}, "average=1 cannot be used"),
        ({"norm": "batch", "average": 0.9}, "--set average=0"),
        ({"output": "leaky", "average": 0.9}, "--set average=0"),
        ({"together": -1.0}, "together=-1 cannot be used: give a number from 0 up"),
        ({"components": -1}, "components=-1 cannot be used: give a whole number from 0 up"),
        ({"critic_after": 0}, "the discriminator has to be trained"),
        ({"classes": 2}, "class 2, and the model knows 2"),
    ],
)
def test_settings_that_cannot_work_are_refused(photo, labels, changes, words):
    with pytest.raises(InputError, match=words):
        analogy.train(photo, replace(TINY, **changes), Run(), labels=labels)


class Blind(torch.nn.Module):
    """A net that does not know what label 2 looks like: noise everywhere."""

    def forward(self, photo, before, target):
        return 0.5 * torch.randn(1, 3, *target.shape[1:], generator=torch.Generator().manual_seed(1))


def test_a_rare_label_is_laid_where_it_is_asked_for():
    """A few pixels hardly vary among thousands: the leading components of all patches have to say something of them."""
    photo = 0.5 * torch.randn(1, 3, 72, 72, generator=torch.Generator().manual_seed(0))
    before = (torch.arange(72) >= 36).long()[None, :, None].expand(1, 72, 72).clone()
    target = before.clone()
    before[:, 50:56, 10:16] = target[:, 50:56, 50:56] = 2
    red = torch.tensor([1.0, -1.0, -1.0])
    photo[:, :, 50:56, 10:16] = red.view(3, 1, 1)
    cfg = replace(PRESETS["fast"], classes=3, believed=0.0)
    made = laid(photo, before, target, Blind(), cfg)
    apart = (made[0] - red.view(3, 1, 1)).abs().mean(0)
    assert apart[51:55, 51:55].mean() < 0.15
    assert apart[51:55, 11:15].mean() > 0.5


def test_bad_input_is_refused(photo, labels, target, net):
    with pytest.raises(InputError, match="train it first"):
        laid(photo, labels, target, None)
    with pytest.raises(InputError, match="the target has class 1, which the photo's own map does not have"):
        laid(photo, torch.where(labels == 1, 0, labels), target, net)
    with pytest.raises(InputError, match="the target has class 7, and the model knows 3"):
        laid(photo, labels, target + 5, net)
    with pytest.raises(InputError, match="is 44x40 pixels, not 44x52"):
        laid(photo, labels[:, :40], target, net)
    with pytest.raises(InputError, match="give class indices"):
        laid(photo, labels.float(), target, net)
    with pytest.raises(InputError, match="patch=4 cannot be used"):
        laid(photo, labels, target, net, replace(TINY, patch=4))
    with pytest.raises(InputError, match="opaque photos"):
        analogy.train(torch.zeros(1, 4, 52, 44), TINY, Run(), labels=labels)
    with pytest.raises(InputError, match="20x52 pixels are too few"):
        analogy.train(photo[:, :, :, :20], TINY, Run(), labels=labels[:, :, :20])


def test_settings_that_depend_on_what_is_there_are_settled_before_a_model_is_looked_for(monkeypatch, tmp_path):
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path))
    assert adapted(PRESETS["paper"], "relayout", classes=3).features == "pixels"
    net = Vgg16("any")
    save_file({key: value.half() for key, value in net.state_dict().items()}, tmp_path / VGG_FILE)
    assert adapted(PRESETS["paper"], "relayout", classes=3).features == "vgg"
    assert adapted(replace(PRESETS["paper"], features="pixels"), "relayout", classes=3).features == "pixels"
