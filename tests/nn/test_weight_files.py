"""Where files of weights are looked for: alike for all networks."""

from __future__ import annotations

import pytest

from calotype.nn import efficientnet, face_places, features, shift_tolerant, span, vgg
from calotype.nn.weight_files import weights_file
from calotype.tasks.evaluate import features_by_measure

PLACES = {
    vgg.VGG_FILE: lambda: weights_file(None, vgg.VGG_FILE, "VGG-16"),
    vgg.VISION_VGG19_FILE: lambda: vgg._vgg19_file(None),
    features.STEM_FILE: lambda: weights_file(None, features.STEM_FILE, "Inception"),
    span.file_name(4, 48): lambda: span.weights_file(4, 48),
    shift_tolerant.FILES["alex"]: lambda: shift_tolerant._file("alex", None),
    face_places.WEIGHTS_FILE: lambda: face_places._file(None),
    efficientnet.WEIGHTS_FILE: lambda: efficientnet._files()[-1],
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("variable", ["", "other"])
def test_weights_are_taken_from_the_folder_that_is_named_else_from_the_cache(name, variable, tmp_path, monkeypatch):
    monkeypatch.setattr(efficientnet, "find_spec", lambda package: None)
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CALOTYPE_WEIGHTS", str(tmp_path / variable) if variable else "")
    kept = tmp_path / "cache" / "weights" / name
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert PLACES[name]() == kept
    if variable:
        own = tmp_path / variable / name
        own.parent.mkdir()
        own.touch()
        assert PLACES[name]() == own
        monkeypatch.setenv("CALOTYPE_WEIGHTS", str(own))
        assert PLACES[name]() == own
        monkeypatch.setenv("CALOTYPE_WEIGHTS", str(own.with_name("of another network")))
        assert PLACES[name]() == kept


def test_sifid_is_measured_with_what_calotype_weights_has_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path))
    monkeypatch.delenv("CALOTYPE_WEIGHTS", raising=False)
    monkeypatch.setattr(features, "inception_stem", lambda path: "the stem")
    assert "sifid" not in features_by_measure(None)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / features.STEM_FILE).touch()
    assert features_by_measure(None)["sifid"] == "the stem"
