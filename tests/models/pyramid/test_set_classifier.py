"""The classifier that learns the classes of a set, and models with one."""

from dataclasses import replace
from importlib import import_module

import pytest
import torch
from fake_card import NAME, fake_card

from calotype.errors import InputError, Stopped
from calotype.models import pyramid
from calotype.models.pyramid import PRESETS, classifier_training
from calotype.models.pyramid.classifier import CONVOLUTIONAL, levels
from calotype.models.pyramid.classifier_training import ClassifierTrainer, held_out, train_classifier
from calotype.run import Run

ABOUT = {"label_names": ["dark", "light", "striped"], "label_counts": [20, 20, 20]}
CFG = pyramid.adapted(
    replace(PRESETS["tiny"], classifier="set", classifier_width=4, classifier_steps=25, batch=32), ABOUT
)


def batch(i, cfg=CFG):
    """Dark, light and striped pictures of 8 bits."""
    noise = torch.Generator().manual_seed(i)
    label = torch.randint(3, (cfg.batch,), generator=noise)
    stripes = torch.tensor([-0.5, 0.5]).repeat(8).expand(16, 16)
    plain = torch.stack([torch.full((16, 16), -0.5), torch.full((16, 16), 0.5), stripes])[label][:, None]
    values = plain + 0.3 * torch.randn(cfg.batch, 3, 16, 16, generator=noise)
    return {"image": ((values.clamp(-1, 1) + 1) * 127.5).round() / 127.5 - 1, "label": label}


@pytest.fixture(scope="module", autouse=True)
def few_batches():
    """Classes are measured on few batches, as there are no more pictures in a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("calotype.models.pyramid.train"), "_CLASSES_MEASURED", 6)
        patch.setattr(import_module("calotype.models.pyramid.classifier_training"), "_MEASURED", 16)
        yield


@pytest.fixture(scope="module")
def trained():
    events = []
    return pyramid.train(batch, CFG, Run(on_event=events.append)), events


def test_the_classifier_learns_first_and_its_accuracy_is_told(trained):
    net, events = trained
    assert [event.stage for event in events if event.kind == "begin"] == ["classifier", "pictures"]
    (note,) = [event.text for event in events if event.kind == "note"]
    assert "3 classes" in note
    assert float(net.classifier.net.accuracy) > 0.9
    last = [event for event in events if event.kind == "step" and event.stage == "classifier"][-1]
    assert last.values["held_out_accuracy"] == pytest.approx(float(net.classifier.net.accuracy))
    assert last.preview.shape[1] == 3
    assert not any(weight.requires_grad for weight in net.classifier.parameters())
    picture = batch(1000)
    assert (net.classifier.told(net.classifier(picture["image"])) == picture["label"]).float().mean() > 0.9


def test_classes_have_typical_vectors(trained):
    net, _ = trained
    for number in range(3):
        vectors = net.classifier.vectors_of(number)
        assert [each.shape[1] for each in vectors] == [level.channels for level in levels(CFG)[CONVOLUTIONAL:]]
        raw = net.classifier.get_buffer(f"typical{len(levels(CFG)) - 1}")[number]
        assert int(raw.argmax()) == number


def test_a_class_by_its_name_or_number_gives_the_subject(trained):
    net, _ = trained
    photo = batch(7)["image"][:1]

    def remixed(**given):
        return pyramid.remix(CFG, Run(), net=net, photo=photo, **given)

    for level in (0.5, 1.0):
        assert torch.equal(remixed(level=level, label="light"), remixed(level=level, label="1"))
        assert not torch.equal(remixed(level=level, label="light"), remixed(level=level, label="striped"))
        assert not torch.equal(remixed(level=level, label="light"), remixed(level=level))
    with pytest.raises(InputError, match="lihgt"):
        pyramid.check_remix(CFG, net=net, label="lihgt")
    with pytest.raises(InputError, match="both"):
        pyramid.check_remix(CFG, net=net, label="light", like=photo)
    with pytest.raises(InputError, match="classifier=set"):
        pyramid.check_remix(PRESETS["tiny"], net=net, label="light")


def stopped_after_the_first_step_of(stage, folder):
    run = Run(folder, on_event=lambda event: run.stop() if (event.stage, event.step) == (stage, 1) else None)
    with pytest.raises(Stopped):
        pyramid.train(batch, CFG, run)


def test_a_training_stopped_in_either_stage_goes_on_as_if_it_had_not_been(trained, tmp_path):
    net, _ = trained
    for stage in ("classifier", "pictures"):
        stopped_after_the_first_step_of(stage, tmp_path)
        assert (pyramid.unfinished(CFG, Run(tmp_path)) is None) == (stage == "classifier")
    again = pyramid.train(batch, CFG, Run(tmp_path))
    for name, value in net.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_held_out_pictures_are_few_and_always_the_same():
    pictures = torch.cat([batch(i)["image"] for i in range(20)])
    chosen = held_out(pictures)
    assert 0.05 < chosen.float().mean() < 0.2
    assert torch.equal(held_out(pictures.flip(0)), chosen.flip(0))


def test_held_out_pictures_are_not_learned_from():
    torch.manual_seed(0)
    trainer = ClassifierTrainer(CFG, torch.device("cpu"))
    pictures = batch(0)
    pictures = {name: value[held_out(pictures["image"])] for name, value in pictures.items()}
    trainer.optimizer.param_groups[0]["weight_decay"] = 0.0
    before = trainer.net.classes.weight.clone()
    trainer.step({}, {name: torch.cat([value] * 4) for name, value in pictures.items()}, 0)
    assert torch.equal(trainer.net.classes.weight, before)


def test_an_accuracy_on_pictures_that_were_learned_from_is_told_as_such(monkeypatch):
    monkeypatch.setattr(classifier_training, "held_out", lambda pictures: torch.zeros(len(pictures), dtype=torch.bool))
    events = []
    train_classifier(batch, replace(CFG, classifier_steps=1), Run(on_event=events.append))
    (note,) = [event.text for event in events if event.kind == "note"]
    assert "of 32 pictures that it learned from" in note


@pytest.mark.parametrize(("size", "joined"), [(16, 4), (48, 2), (64, 1), (100, 1)])
def test_a_step_of_the_classifier_has_64_pictures_at_least(size, joined):
    assert replace(CFG, batch=size).joined == joined


def test_without_labels_the_training_is_refused():
    with pytest.raises(InputError, match="no labels"):
        pyramid.train(lambda i: {"image": batch(i)["image"]}, CFG, Run())


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({"count": 9}, "no classes"),
        ({"label_names": ["cats"], "label_counts": [90]}, "one class alone"),
        ({"label_names": ["cats", "dogs"], "label_counts": [90, 3]}, "'dogs' has 3 pictures"),
    ],
)
def test_sets_without_enough_classes_or_pictures_are_refused(about, message):
    with pytest.raises(InputError, match=message):
        pyramid.adapted(replace(CFG, classes=0, names=()), about)
    assert pyramid.adapted(PRESETS["tiny"], about) == PRESETS["tiny"]


def test_the_training_of_the_classifier_is_in_the_estimate():
    plain, longer = pyramid.training_cost(CFG), pyramid.training_cost(replace(CFG, classifier_steps=2500))
    assert longer.seconds > 2 * plain.seconds
    assert len(pyramid.efforts(CFG)) == len(pyramid.stages(CFG)) == 2


def test_training_and_re_labelling_on_a_card():
    cfg = replace(CFG, classifier_steps=2)
    with fake_card():
        run = Run(device=NAME, on_event=lambda event: None)
        net = pyramid.train(batch, cfg, run)
        photo = batch(7)["image"][:1].to(run.device)
        made = pyramid.remix(cfg, run, net=net, photo=photo, level=0.5, label="light")
    assert made.shape == photo.shape
