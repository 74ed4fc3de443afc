"""``calotype dissect`` and ``calotype invert`` on the command line."""

import json
from dataclasses import replace

import numpy as np
import torch
from PIL import Image

from calotype import saving
from calotype.cli import main
from calotype.models import stylegan


def pictures(folder, levels):
    folder.mkdir()
    for i, level in enumerate(levels):
        picture = np.full((16, 16, 3), 20, np.uint8)
        picture[: 4 + i % 8] = level
        Image.fromarray(picture).save(folder / f"{i}.png")
    return folder


def test_a_folder_is_dissected_and_the_list_is_printed(tmp_path, capsys):
    colours = tmp_path / "colours.json"
    colours.write_text('{"dark": "#141414", "grey": "#808080", "white": "#ffffff"}')
    real = pictures(tmp_path / "real", [128, 255] * 30)
    fake = pictures(tmp_path / "fake", [128] * 60)
    arguments = ["dissect", str(fake), "--real", str(real), "--segmenter", str(colours), "-o", str(tmp_path / "out")]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(tmp_path / "out" / "page.html")
    assert "white" in err
    assert "dropped" in err
    assert "Left out: white." in err
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["classes"][0]["name"] == "white"
    assert main(["dissect", str(fake), "--segmenter", str(colours)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_photos_are_inverted(tmp_path, capsys):
    torch.manual_seed(0)
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    model = tmp_path / "faces"
    saving.write(model, "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    photo = pictures(tmp_path / "photos", [200]) / "0.png"
    quick = [f"--set={name}={value}" for name, value in (("image_steps", 1), ("layer_steps", 1), ("joint_steps", 1))]
    arguments = ["invert", str(model), str(photo), *quick, "--set=width=4", "--steps", "1", "-o", str(tmp_path / "out")]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "out" / "page.html")
    assert main([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photos"][0]["photo"] == "0"
    assert main(["invert", str(model), str(tmp_path / "no.png")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
