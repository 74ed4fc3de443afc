"""Models that stay loaded between pictures that follow strokes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from calotype.errors import InputError
from calotype.tasks import kept_models

PARTS = Path(__file__).parents[2] / "examples" / "models" / "parts"


def test_a_model_is_kept_while_its_files_are_the_same(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    shutil.copytree(PARTS, one)
    shutil.copytree(PARTS, other)
    with kept_models.keeping():
        first = kept_models.load(one)
        assert kept_models.load(one) is first
        assert kept_models.load(other) is not first  # one model at a time
        again = kept_models.load(one)
        assert again is not first
        os.utime(one / "weights.safetensors", ns=(1, 1))
        assert kept_models.load(one) is not again
        shutil.rmtree(one)
        with pytest.raises(InputError):
            kept_models.load(one)
    assert kept_models.load(other) is not kept_models.load(other)  # outside every job has its own
