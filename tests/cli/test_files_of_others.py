"""``calotype models describe``, ``import`` and ``export`` for files of other programs, and ``calotype weights``."""

import json
from dataclasses import replace

import torch

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
