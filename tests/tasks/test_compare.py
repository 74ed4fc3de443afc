import numpy as np
import pytest
import torch
from PIL import Image

from calotype.data.writing import Made, write_samples
from calotype.errors import InputError
from calotype.image.io import save_png
from calotype.metrics.frechet import fid
from calotype.nn.embedding import Formulas, embed
from calotype.tasks.compare import compare


def picture(seed, low=0, high=256, side=32):
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(low, high, (side, side, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Real pictures, others of the same kind, and others that are darker."""
    folder = tmp_path_factory.mktemp("sets")
    for name, first, high in (("real", 0, 256), ("same", 100, 256), ("dark", 200, 120)):
        (folder / name / "sub").mkdir(parents=True)
        for i in range(24):
            place = folder / name / "sub" if i % 2 else folder / name
            picture(first + i, 0, high, 32 if i < 20 else 40).save(place / f"{i}.png")
    return folder


def test_darker_ones_are_farther(sets):
    same = compare(sets / "real", sets / "same", features="offline").values
    dark = compare(sets / "real", sets / "dark", features="offline").values
    assert dark["fid"] > 10 * same["fid"]
    assert dark["kid"] > 10 * abs(same["kid"])
    assert same["fid"] < 3 * same["fid_floor"]
    assert dark["precision"] == dark["recall"] == 0 < same["precision"]
    assert dark["coverage"] < same["coverage"]


def test_the_numbers_are_those_of_the_metrics(sets):
    found = compare(sets / "real", sets / "dark", metrics="fid", features="offline")
    vectors = []
    for name in ("real", "dark"):
        files = [*(sets / name).glob("*.png"), *(sets / name).glob("sub/*.png")]
        pictures = [torch.tensor(np.array(Image.open(file))).permute(2, 0, 1)[None] / 127.5 - 1 for file in files]
        vectors.append(embed(pictures, Formulas()))
    assert found.values["fid"] == pytest.approx(fid(*vectors), rel=1e-4)
    assert set(found.values) == {"fid", "fid_floor"}
    assert (found.real, found.fake, found.features) == (24, 24, Formulas.name)


def test_nearest_neighbours_are_searched_once_for_all_their_measures(sets, monkeypatch):
    from calotype.metrics import neighbours as metric

    calls, search = [], metric.neighbours
    monkeypatch.setattr(metric, "neighbours", lambda *given: calls.append(1) or search(*given))
    found = compare(sets / "real", sets / "dark", metrics="precision,recall,density,coverage", features="offline")
    assert {"precision", "recall", "density", "coverage"} <= set(found.values)
    assert len(calls) == 1


def test_what_should_be_known_is_said(sets, tmp_path):
    for i in range(3):
        picture(i).save(tmp_path / f"{i}.jpg")
    notes = compare(sets / "real", tmp_path, metrics=["kid"], features="offline").notes
    assert len(notes) == 3
    assert "24 real and 3 generated pictures" in notes[0]
    assert "few" in notes[1]
    assert "lossy compression" in notes[2]


def test_progress(sets):
    said = []
    compare(sets / "real", sets / "same", metrics="kid", features="offline", on_progress=lambda *x: said.append(x))
    assert said[-1] == (48, 48)


@pytest.fixture
def mapped(tmp_path):
    """Two sets with maps; the second has no cats."""

    def made(cats):
        for i in range(12):
            index = np.zeros((32, 32), np.uint8)
            index[: 8 + i % 5] = 1
            if cats:
                index[20:24, : 4 + i % 3] = 2
            yield Made(image=picture(i), map=index)

    for name, cats in (("a", True), ("b", False)):
        write_samples(tmp_path / name, {"map_classes": ["ground", "sky", "cat"]}, made(cats))
    return tmp_path


def test_what_is_left_out_by_the_maps(mapped):
    found = compare(mapped / "a", mapped / "b", metrics="fsd")
    assert found.features == ""
    assert set(found.values) == {"fsd", "fsd_floor", "fsd_standardised"}
    classes = {one["name"]: one for one in found.classes}
    assert classes["cat"]["change"] == -1
    assert abs(classes["sky"]["change"]) < 1e-9
    # The maps of a set are not taken for pictures.
    assert compare(mapped / "a", mapped / "b", metrics="kid", features="offline").real == 12


def test_what_few_pictures_allow_is_measured_and_the_rest_named(tmp_path):
    for side in ("real", "fake"):
        (tmp_path / side).mkdir()
        for number in range(4):
            picture(number + 9 * (side == "fake")).save(tmp_path / side / f"{number}.png")
    found = compare(tmp_path / "real", tmp_path / "fake", metrics="all", features="offline")
    assert {"fid", "fid_floor", "kid"} <= set(found.values)
    assert not {"precision", "recall"} & set(found.values)
    (note,) = [note for note in found.notes if note.startswith("left out: ")]
    assert note.startswith(
        "left out: precision, recall, density, coverage: the distance to neighbour 5 needs more than 5"
    )
    with pytest.raises(InputError, match="the distance to neighbour 5"):
        compare(tmp_path / "real", tmp_path / "fake", metrics="recall", features="offline")


def test_refusals(sets, mapped, tmp_path):
    with pytest.raises(InputError, match="did you mean 'kid'"):
        compare(sets / "real", sets / "same", metrics="kd")
    with pytest.raises(InputError, match="did you mean 'offline'"):
        compare(sets / "real", sets / "same", features="ofline")
    with pytest.raises(InputError, match="is not a folder"):
        compare(sets / "real", sets / "real/0.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no pictures"):
        compare(sets / "real", tmp_path / "empty", features="offline")
    with pytest.raises(InputError, match="sees no classes"):
        compare(sets / "real", sets / "same", metrics="class_score", features="offline")
    with pytest.raises(InputError, match="is no set of samples"):
        compare(sets / "real", sets / "same", metrics="fsd")
    write_samples(tmp_path / "plain", {"map_classes": ["ground"]}, [Made(image=picture(0))] * 2)
    with pytest.raises(InputError, match="use sets with label maps"):
        compare(mapped / "a", tmp_path / "plain", metrics="fsd")
    (tmp_path / "few").mkdir()
    picture(0).save(tmp_path / "few/0.png")
    with pytest.raises(InputError, match="give more"):
        compare(sets / "real", tmp_path / "few", metrics="fid", features="offline")
    picture(0).save(tmp_path / "few/1.png")
    (tmp_path / "few/1.png").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"1\.png"):
        compare(sets / "real", tmp_path / "few", metrics="fid", features="offline")


def test_what_is_left_out_as_a_segmenter_sees_it(sets, monkeypatch):
    class Seer:
        classes = ("dark", "light")
        name = "a seer"

        def __call__(self, photos):
            return (photos.mean(1) > 0).long()

    monkeypatch.setattr("calotype.nn.espnet.segmenter", lambda which: Seer())
    found = compare(sets / "real", sets / "dark", metrics="fsd,kid", features="offline", segmenter="city")
    light = next(one for one in found.classes if one["name"] == "light")
    assert light["change"] < -0.9
    assert found.values["fsd"] > 100 * found.values["fsd_floor"]
    assert found.features == f"{Formulas.name}; a seer"


def test_pictures_that_cannot_be_read_are_left_out_and_noted(sets, tmp_path):
    for i in range(24):
        picture(i).save(tmp_path / f"{i}.png")
    (tmp_path / "x.png").write_bytes(b"broken")
    save_png(picture(3), tmp_path / "sheet.png", {"verb": "vary", "sheet": 4})
    found = compare(sets / "real", tmp_path, metrics="kid", features="offline")
    assert "1 of 25 pictures cannot be read and are left out" in found.notes[0]
    assert "x.png" in found.notes[0]


def test_all_measures_without_a_classifier_leave_its_own_out(sets):
    found = compare(sets / "real", sets / "same", metrics="all", features="offline")
    assert {"fid", "kid", "precision", "recall", "density", "coverage"} <= set(found.values)
    assert "class_score" not in found.values
    assert any("pip install 'calotype[deep]'" in note for note in found.notes)
