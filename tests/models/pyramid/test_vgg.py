"""VGG-16 with fully connected layers, from a file with random weights in torchvision's layout."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from PIL import Image

import calotype
from calotype.errors import InputError, Stopped
from calotype.models import pyramid
from calotype.models.pyramid import PRESETS
from calotype.models.pyramid.classifier import CONVOLUTIONAL, Pyramid, levels
from calotype.nn.vgg import VGG_BLOCKS
from calotype.run import Run
from calotype.tasks import models
from calotype.tasks.model_store import key_of
from calotype.types import Size

SIZES = (6, 5, 4)


def weights():
    noise, found, number, before = torch.Generator().manual_seed(0), {}, 0, 3
    for count, channels in VGG_BLOCKS:
        for _ in range(count):
            found[f"features.{number}.weight"] = torch.randn(channels, before, 3, 3, generator=noise) / before**0.5 / 2
            found[f"features.{number}.bias"] = torch.zeros(channels)
            number, before = number + 2, channels
        number += 1
    for name, a, b in zip((0, 3, 6), (512 * 49, *SIZES), SIZES):
        found[f"classifier.{name}.weight"] = torch.randn(b, a, generator=noise) / a**0.5
        found[f"classifier.{name}.bias"] = torch.rand(b, generator=noise)
    return found


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "vgg16-own.pth"
    torch.save(weights(), path)
    return path


@pytest.fixture(scope="module")
def cfg(file):
    plain = replace(PRESETS["tiny"], size=(32, 32), classifier="vgg16", enlarged=1, classifier_file=str(file), steps=1)
    return pyramid.adapted(plain, {})


def test_the_file_decides_the_levels(cfg):
    assert cfg.fully_connected == SIZES
    assert [(level.name, level.channels) for level in levels(cfg)][CONVOLUTIONAL:] == [("fc7", 5), ("classes", 4)]
    assert pyramid.training_cost(cfg).bytes > pyramid.training_cost(replace(cfg, fully_connected=())).bytes


def test_features_are_those_of_the_published_network(cfg):
    classifier, state = Pyramid(cfg), weights()
    classifier.load()
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)) * 2 - 1
    found = classifier.eval().raw(picture)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((picture + 1) / 2 - mean[:, None, None]) / deviation[:, None, None]
    number = 0
    for level, (count, _) in enumerate(VGG_BLOCKS):
        for _ in range(count):
            x = F.relu(F.conv2d(x, state[f"features.{number}.weight"], padding=1))
            number += 2
        number += 1
        x = F.max_pool2d(x, 2)
        torch.testing.assert_close(found[level], x)
    x = F.adaptive_avg_pool2d(x, 7).flatten(1)
    for name in (0, 3):
        x = F.relu(F.linear(x, state[f"classifier.{name}.weight"], state[f"classifier.{name}.bias"]))
    torch.testing.assert_close(found[5], x)
    x = F.linear(x, state["classifier.6.weight"], state["classifier.6.bias"])
    torch.testing.assert_close(found[6], x)
    assert len(classifier.raw(picture, 2)) == 3


def test_a_model_is_asked_for_a_class(cfg):
    net = pyramid.build(cfg).eval()
    net.classifier.load()
    pictures = torch.rand(8, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    net.classifier.measure(pictures)
    net.classifier.measure_classes({"image": part} for part in pictures.split(4))
    told = net.classifier.told(net.classifier(pictures))
    assert torch.equal(told, net.classifier.raw(pictures)[-1].argmax(1))
    seen = int(told[0])
    made = pyramid.remix(cfg, Run(), net=net, photo=pictures[:1], level=1.0, label=str(seen))
    assert made.shape == (1, 3, 32, 32)
    unseen = next(number for number in range(4) if number not in told)
    with pytest.raises(InputError, match=f"class {unseen}"):
        pyramid.check_remix(cfg, net=net, label=str(unseen))


def test_the_content_of_the_file_tells_models_apart(cfg, file, tmp_path):
    def key(path):
        return key_of("photos", Size(32, 32), "pyramid", replace(cfg, classifier_file=str(path)), 0)

    copy = tmp_path / "other name.pth"
    copy.write_bytes(file.read_bytes())
    assert key(copy) == key(file)
    changed = weights()
    changed["classifier.6.bias"] += 1
    torch.save(changed, copy)
    assert key(copy) != key(file)
    copy.unlink()
    with pytest.raises(InputError, match=r"other name.pth' cannot be read .* --set classifier_file=FILE"):
        key(copy)


def test_only_a_training_needs_the_file(cfg, file, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    (tmp_path / "pictures").mkdir()
    for i in range(4):
        Image.new("RGB", (32, 32), (60 * i, 90, 200)).save(tmp_path / f"pictures/{i}.png")
    own, moved = tmp_path / "own.pth", tmp_path / "moved.pth"
    own.write_bytes(file.read_bytes())

    def train(path, run=None):
        names = ("size", "classifier", "enlarged", "steps")
        changes = {**{name: getattr(cfg, name) for name in names}, "steps": 2, "classifier_file": str(path)}
        return calotype.train("pyramid", tmp_path / "pictures", preset="tiny", settings=changes, run=run).folder

    run = Run(on_event=lambda event: run.stop() if event.step == 1 else None)
    with pytest.raises(Stopped):
        train(own, run)
    own.rename(moved)
    (folder,) = (path.parent for path in (tmp_path / "cache/models").glob("*/about.json"))
    facts = models.describe(folder).facts
    assert "which does not exist here" in facts["classifier_file"]
    assert "--set classifier_file=FILE" in facts["classifier_file"]
    assert "--unfinished" not in facts["to use it"]  # none of its verbs has it
    with pytest.raises(InputError, match=r"again to resume$"):
        calotype.remix(tmp_path / "pictures/0.png", model=folder)
    assert pyramid.unfinished(replace(cfg, steps=2, classifier_file=str(own)), Run(folder)) is not None
    with pytest.raises(InputError, match=r"own.pth' does not exist, .* also to resume: .* --set classifier_file=FILE"):
        train(own)
    assert train(moved) == folder
    moved.unlink()
    assert models.describe(folder).facts["verbs"] == "remix, erase, mix"
    assert calotype.remix(tmp_path / "pictures/0.png", model=folder, device="cpu")[0].size == (32, 32)


def test_other_files_are_refused(cfg, tmp_path):
    path = tmp_path / "cut.pth"
    torch.save({name: value for name, value in weights().items() if not name.startswith("classifier.3")}, path)
    for given, message in (
        (path, "fully connected"),
        (tmp_path / "none.pth", r"does not exist.* --set classifier_file=FILE .*a finished model does not"),
    ):
        with pytest.raises(InputError, match=message):
            pyramid.adapted(replace(cfg, classifier_file=str(given), fully_connected=()), {})
    torch.save({**weights(), "classifier.6.bias": torch.zeros(())}, path)
    with pytest.raises(InputError, match="fully connected"):
        pyramid.adapted(replace(cfg, classifier_file=str(path), fully_connected=()), {})
    broken = weights()
    broken["classifier.6.bias"][0] = float("nan")
    torch.save(broken, path)
    with pytest.raises(InputError, match="not finite"):
        pyramid.adapted(replace(cfg, classifier_file=str(path), fully_connected=()), {})
    with pytest.raises(ValueError, match="classifier=vgg16"):
        replace(PRESETS["tiny"], classifier_file="a.pth")
