import numpy as np
import pytest

import calotype

PHOTO = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
TINY = {"preset": "tiny", "device": "cpu"}


def test_new_size():
    result = calotype.retarget(PHOTO, factor="2x1", **TINY)
    assert [image.size for image in result] == [(96, 32)]
    assert result.settings["verb"] == "retarget"
    assert "structure" not in result.settings


def test_a_size_is_needed():
    with pytest.raises(calotype.InputError, match="--size 1280x480 or --factor 2x1"):
        calotype.retarget(PHOTO, **TINY)
