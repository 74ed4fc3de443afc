"""``calotype models describe``, ``import`` and ``export`` for files of other programs, and ``calotype weights``."""

import json
from dataclasses import replace

import torch

from calotype.cli import main
from calotype.models import stylegan


def written(folder):
    """A generator in the format of rosinality's program."""
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], clamp=0.0)
    path = folder / "network.pt"
    stylegan.exported(cfg, stylegan.build(cfg), path)
    return path


def test_a_file_is_described_imported_and_exported(calotype, tmp_path):
    path = written(tmp_path)
    said = calotype("models", "describe", str(path))
    assert said.returncode == 0
    lines = dict(line.split("  ", 1) for line in said.stdout.splitlines())
    assert lines["network"].strip() == "StyleGAN2"
    assert lines["written by"].strip() == "rosinality stylegan2-pytorch (converted)"
    assert lines["resolution"].strip() == "16x16, colour"
    assert "non-commercial" in lines["licence"]
    found = json.loads(calotype("models", "describe", str(path), "--json").stdout)
    assert (found["family"], found["unused"]) == ("StyleGAN2", [])
    done = calotype("models", "import", str(path))
    assert "licence: as the author of the weights says" in done.stderr
    name = done.stdout.strip().rsplit("/", 1)[-1]
    assert name.startswith("network-stylegan-")
    done = calotype("models", "export", name, "again.pt")
    assert done.stdout == "again.pt\n"
    assert "size 16" in done.stderr
    for words, message in (
        (("models", "describe", "nothing.pkl"), "does not exist"),
        (("models", "export", "nobody", "a.pt"), "nobody"),
        (("sample", name, "--size", "64x64"), "has no size"),
        (("sample", name, "--mix-from", "3"), "give --mix SEED too"),
        (("sample", name, "--label", "1"), "trained without labels"),
    ):
        done = calotype(*words)
        assert done.returncode != 0
        assert message in done.stderr
        assert done.stderr.strip().splitlines()[-1].startswith("calotype: ")


def test_weights_are_listed(calotype):
    said = calotype("weights").stdout
    assert "vgg16" in said
    assert "no package contains these" in said
    assert {one["name"] for one in json.loads(calotype("weights", "--json").stdout)} >= {"vgg16", "stlpips"}
    done = calotype("weights", "vgg61")
    assert done.returncode != 0
    assert "did you mean 'vgg16'?" in done.stderr


def line_of(capsys, *words):
    assert main([*words]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_a_folder_without_a_model_is_told_what_can_be_imported(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    line = line_of(capsys, "models", "import", "empty")
    assert line.startswith("calotype: there is no model in 'empty': give a folder of ")
    for words in ("singan (Gs.pth", "spade (*_net_G.pth, opt.txt)", "control3d (*.pt, *.yaml)", "model.json"):
        assert words in line
    (tmp_path / "empty" / "Zs.pth").touch()
    assert "'empty/Gs.pth' does not exist" in line_of(capsys, "models", "import", "empty")


def test_a_part_of_a_model_asks_for_its_folder(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("opt.txt", "config.yaml"):
        (tmp_path / name).touch()
        assert f"'{name}' is a part of a model: give the folder" in line_of(capsys, "models", "import", name)
    (tmp_path / "photo.txt").touch()
    assert "'photo.txt' is no model" in line_of(capsys, "models", "import", "photo.txt")
    (tmp_path / "model.json").touch()
    (tmp_path / "weights.safetensors").touch()
    assert "is a part of a model" in line_of(capsys, "models", "import", "weights.safetensors")
