import numpy as np
import pytest

import calotype

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)


def test_command_says_only_what_was_asked_for(tmp_path):
    path = calotype.vary(PHOTO, preset="tiny", device="cpu").save(tmp_path)[0]
    shown = calotype.show(path)
    plain = "calotype vary image --seed 0 --engine gpnn --preset tiny --structure loose --device cpu"
    assert shown.command == plain
    assert shown.settings["seed"] == 0


def test_settings_of_another_version(tmp_path):
    from PIL import Image

    from calotype.image.io import save_png

    save_png(Image.new("RGB", (20, 20)), tmp_path / "old.png", {"verb": "vary"})
    with pytest.raises(calotype.InputError, match="this version cannot read"):
        calotype.show(tmp_path / "old.png")


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "none"), (True, "true"), (0.5, "0.5"), ([1.0, 0.5], "1.0,0.5"), ([], ""), ("exact", "exact")],
)
def test_values_are_written_as_set_reads_them(value, text):
    from calotype.tasks.show import _as_value

    assert _as_value(value) == text
