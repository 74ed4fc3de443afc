"""User studies: what is shown, what the page gives away, and what the answers say."""

import base64
import io
import json
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from calotype import InputError, study
from calotype.errors import OutputError
from calotype.tasks.study_answers import ranks


def folder(place: Path, names, seed=0) -> Path:
    place.mkdir()
    rng = np.random.default_rng(seed)
    for name in names:
        Image.fromarray(rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)).save(place / name)
    return place


@pytest.fixture
def places(tmp_path):
    stems = [f"photo{i}" for i in range(6)]
    return [
        folder(tmp_path / "photos", [f"{stem}.jpg" for stem in stems]),
        folder(tmp_path / "first method", [f"{stem}_vary_{k}.png" for stem in stems for k in range(3)], 1),
        folder(tmp_path / "rival", [f"{stem}-{k}.png" for stem in stems for k in range(2)], 2),
    ]


def test_pictures_of_no_photo_are_noted(tmp_path, places):
    assert not any("no photo" in note for note in study(places, out=tmp_path / "all", count=4).notes)
    Image.new("RGB", (20, 20)).save(places[1] / "zzz_1.png")
    for i in range(5):
        Image.new("RGB", (20, 20)).save(places[2] / f"other_{i}.png")
    made = study(places, out=tmp_path / "study", count=4)
    assert made.notes[:2] == [
        f"1 picture in '{places[1]}' is named after no photo and is left out: zzz_1.png",
        f"5 pictures in '{places[2]}' are named after no photo and are left out: other_0.png, other_1.png, other_2.png "
        "and 2 more",
    ]


def test_a_study_that_cannot_be_written_leaves_nothing(tmp_path, places, monkeypatch):
    before = sorted(tmp_path.iterdir())
    with monkeypatch.context() as patched:
        patched.setattr("calotype.tasks.study.KEY", "missing/key.json")  # the page is written before it
        with pytest.raises(OutputError, match="cannot write"):
            study(places, out=tmp_path / "study", count=2)
    assert sorted(tmp_path.iterdir()) == before
    assert study(places, out=tmp_path / "study", count=2).page.is_file()


def content(made):
    text = made.page.read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="study">(.*?)</script>', text, re.S)
    return json.loads(found[1]), text


def key_of(made):
    return json.loads((made.folder / "key.json").read_text())


def save(made, participant, choose, *, form=0, passes=1):
    """The file of a participant who answers with ``choose(trial, order)``."""
    page = content(made)[0]
    answers = []
    for turn in range(passes):
        for number, trial in enumerate(page["forms"][form]):
            order = trial["pictures"][:: -1 if turn else 1]
            answers.append({"trial": number, "pass": turn, "order": order, "choice": choose(trial, order), "ms": 5})
    answer = {"format": 1, "study": page["id"], "participant": participant, "form": form, "answers": answers}
    (made.folder / "answers" / f"{participant}.json").write_text(json.dumps(answer))


def test_rankings_show_one_scale_and_ask_by_the_criterion(tmp_path):
    photos = folder(tmp_path / "photos", ["a.png", "b.png"])
    wide, same = tmp_path / "wide", folder(tmp_path / "same", ["a_1.png", "b_1.png"], 1)
    wide.mkdir()
    for name in ("a_1.png", "b_1.png"):
        Image.new("RGB", (64, 24), "red").save(wide / name)
    made = study([photos, wide, same], kind="ranking", out=tmp_path / "study", criterion="Which is wider?", side=48)
    page, pictures = content(made)[0], key_of(made)["pictures"]
    assert page["criterion"] == "Which is wider?"
    for id, data in page["pictures"].items():
        size = Image.open(io.BytesIO(base64.b64decode(data.split(",")[1]))).size
        assert size == ((48, 18) if pictures[id]["method"] == "wide" else (24, 18))
    with pytest.raises(InputError, match="leave out --criterion"):
        study([photos, wide, same], out=tmp_path / "other", criterion="Which is wider?")
    with pytest.raises(InputError, match="--criterion is for a new one"):
        study([made.folder], criterion="Which is wider?")


def test_the_page_says_neither_what_is_real_nor_who_made_what(places, tmp_path):
    made = study(places, out=tmp_path / "study", count=10)
    shown, text = content(made)
    for word in ("first method", "rival", "vary", "photo1", "photo2", str(tmp_path)):
        assert word not in text
    assert len(shown["forms"][0]) == made.trials == 10
    assert set(shown["pictures"]) == {id for trial in shown["forms"][0] for id in trial["pictures"]}
    assert all(url.startswith("data:image/png;base64,") for url in shown["pictures"].values())
    key = key_of(made)
    for trial in key["forms"][0]:  # a photo and what was generated from it
        about = [key["pictures"][id] for id in trial["pictures"]]
        assert {one["method"] is None for one in about} == {True, False}
        assert len({one["photo"] for one in about}) == 1
    methods = Counter(one["method"] for one in key["pictures"].values() if one["method"])
    assert methods == {"first method": 5, "rival": 5}


@pytest.mark.parametrize("kind", ["paired", "unpaired", "ranking"])
def test_neither_order_nor_name_of_a_picture_tells_its_method(places, tmp_path, kind):
    places_of = {None: [], "first method": [], "rival": []}  # in the trial, and among the sorted names
    for seed in range(8):
        key = key_of(study(places, kind=kind, out=tmp_path / str(seed), count=10, seed=seed))
        form = [trial["pictures"] for trial in key["forms"][0]]
        for k, trial in enumerate(form):
            for place, id in enumerate(trial):
                share = k / len(form) if len(trial) == 1 else place / (len(trial) - 1)
                places_of[key["pictures"][id]["method"]].append(share)
        names = sorted(key["pictures"])
        positions = [names.index(id) / len(names) for id, one in key["pictures"].items() if one["method"] is None]
        assert 0.15 < np.mean(positions) < 0.85
    for found in places_of.values():
        assert not found or 0.2 < np.mean(found) < 0.8


def test_a_photo_is_shown_as_large_as_what_was_generated_from_it(places, tmp_path):
    for path in places[2].iterdir():
        with Image.open(path) as picture:
            picture.resize((26, 20)).save(path)
    for path in places[1].iterdir():
        path.unlink()
    Image.new("RGB", (30, 36)).save(places[1] / "photo3_1.png")  # another shape
    made = study(places, out=tmp_path / "study", side=28)
    shown, key = content(made)[0]["pictures"], key_of(made)["pictures"]
    sides = {}
    for id, url in shown.items():
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
            assert not picture.info
            sides.setdefault(key[id]["photo"], set()).add(max(picture.size))
    assert set(map(len, sides.values())) == {1}
    assert {photo: min(some) for photo, some in sides.items()} == {f"photo{i}": 26 for i in range(6)}


def test_methods_and_photos_get_equal_numbers_of_trials(places, tmp_path):
    key = key_of(study(places, out=tmp_path / "study", count=24))
    made = [one for one in key["pictures"].values() if one["method"]]
    assert Counter(one["method"] for one in made) == {"first method": 12, "rival": 12}
    for method in ("first method", "rival"):
        assert set(Counter(one["photo"] for one in made if one["method"] == method).values()) == {2}
    again = key_of(study(places, out=tmp_path / "again", count=24))
    assert again == key
    assert key_of(study(places, out=tmp_path / "other", count=24, seed=1))["study"] != key["study"]


def test_nobody_sees_a_photo_both_as_itself_and_as_what_was_generated_from_it(places, tmp_path):
    key = key_of(study(places, kind="unpaired", out=tmp_path / "study"))
    assert len(key["forms"]) == 2
    for form in key["forms"]:
        about = [key["pictures"][trial["pictures"][0]] for trial in form]
        real = [one["photo"] for one in about if one["method"] is None]
        made = [one["photo"] for one in about if one["method"] is not None]
        assert len(real) == len(made) == len(set(real)) == 3
        assert not set(real) & set(made)


def test_confusion_is_the_share_of_photos_taken_for_generated(places, tmp_path):
    made = study(places, out=tmp_path / "study", count=20)
    pictures = key_of(made)["pictures"]

    def choose(trial, order):  # wrong about one method alone
        real, generated = sorted(order, key=lambda id: pictures[id]["method"] is not None)
        return real if pictures[generated]["method"] == "rival" else generated

    for participant in "abc":
        save(made, participant, choose)
    result = study([made.folder])
    rates = {row["method"]: row["confusion"] for row in result.rows}
    assert (rates["first method"].value, rates["rival"].value) == (0, 1)
    assert rates["rival"].count == 30
    assert rates["rival"].low is None  # nothing varies
    assert result.participants == 3
    assert result.notes
    json.dumps(result.as_dict())


def test_chance_is_half_and_inside_its_interval(places, tmp_path):
    made = study(places, out=tmp_path / "study", count=30)
    rng = random.Random(3)
    for participant in range(12):
        save(made, f"p{participant}", lambda trial, order: rng.choice(order))
    for row in study([made.folder]).rows:
        assert row["confusion"].low < 0.5 < row["confusion"].high
        assert 0.05 < row["confusion"].high - row["confusion"].low < 0.35


def test_an_interval_covers_the_truth_as_often_as_it_says(tmp_path):
    from calotype.tasks.study_answers import Judgement, mean

    rng, covered, trials = np.random.default_rng(0), 0, 120
    for k in range(trials):
        people, photos = rng.normal(0, 0.15, 15), rng.normal(0, 0.15, 20)
        some = [
            Judgement(f"{a}", f"{b}", "m", f"{b}", float(rng.random() < 0.3 + people[a] + photos[b]))
            for a in range(15)
            for b in range(20)
        ]
        one = mean(some, seed=k)
        covered += one.low <= 0.3 <= one.high
    assert covered >= 0.88 * trials  # clipping at 0 and 1 shifts the true mean a little


def test_errors_of_real_and_of_generated_pictures_count_equally(places, tmp_path):
    made = study(places, kind="unpaired", out=tmp_path / "study")
    save(made, "a", lambda trial, order: "real")  # always wrong about generated pictures, never about photos
    save(made, "b", lambda trial, order: "real", form=1)
    result = study([made.folder])
    for row in result.rows:
        assert row["taken_for_real"].value == 1
        assert row["confusion"].value == 0.5
    assert result.taken_for_generated.value == 0


def test_a_ranking_counts_contradictions_as_ties(places, tmp_path):
    made = study(places, kind="ranking", out=tmp_path / "study", twice=True)
    assert made.trials == 2 * 12
    pictures = key_of(made)["pictures"]

    def by_method(trial, order):
        return sorted(order, key=lambda id: pictures[id]["method"])

    save(made, "sure", by_method, passes=2)
    save(made, "guessing", lambda trial, order: order, passes=2)  # always the left one: never the same twice
    result = study([made.folder])
    (pair,) = result.preferences
    assert pair == {"first": "first method", "second": "rival", "wins": 12, "losses": 0, "ties": 12}
    first, second = result.rows
    assert first["mean_rank"].value == pytest.approx(1.25)
    assert second["mean_rank"].value == pytest.approx(1.75)
    assert first["first"].value == pytest.approx(0.75)


def test_judgements_are_correlated_with_sifid(places, tmp_path):
    made = study(places, out=tmp_path / "study", count=30)
    key = key_of(made)
    distance = {id: one["sifid"] for id, one in key["pictures"].items() if one["method"]}
    assert all(value > 0 for value in distance.values())
    assert all(key["pictures"][id]["sifid"] is None for id in key["pictures"] if id not in distance)
    middle = np.median(list(distance.values()))

    def choose(trial, order):  # pictures with a low distance are taken for real
        (generated,) = [id for id in order if id in distance]
        (real,) = [id for id in order if id not in distance]
        return real if distance[generated] < middle else generated

    for participant in "abc":
        save(made, participant, choose)
    found = study([made.folder]).correlation
    # Half of the pictures have rate 1 and these have the lower half of the ranks: sqrt(3) / 2 for many pictures.
    assert found["spearman"]["value"] == pytest.approx(-(3**0.5) / 2, abs=0.02)
    assert found["pearson"]["value"] < -0.5
    assert found["spearman"]["low"] <= found["spearman"]["value"] <= found["spearman"]["high"]
    assert found["pictures"] == len(distance)


def test_ranks_of_equal_values_are_their_mean():
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_a_picture_belongs_to_the_longest_stem_that_it_begins_with(tmp_path):
    photos = folder(tmp_path / "photos", ["lake.jpg", "lake_2.jpg"])
    fakes = folder(tmp_path / "made", ["lake_2_1.png", "lake_1.png", "lakeside.png", "other.png"])
    key = key_of(study([photos, fakes], out=tmp_path / "study"))
    found = {one["file"]: one["photo"] for one in key["pictures"].values() if one["method"]}
    assert found == {"lake_2_1.png": "lake_2", "lake_1.png": "lake"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "pairs"}, "paired"),
        ({"kind": "ranking", "methods": 1}, "2 to 6 methods"),
        ({"kind": "unpaired", "twice": True}, "--twice"),
        ({"seconds": -1}, "--seconds"),
        ({"seconds": float("nan")}, "--seconds"),
        ({"out": "photos"}, "not empty"),
        ({"methods": 0}, "is no study"),
        ({"kind": "unpaired", "count": 1}, "--count"),
        ({"side": 16}, "--side"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_line(places, tmp_path, change, words):
    out, methods = tmp_path / change.pop("out", "study"), change.pop("methods", 2)
    with pytest.raises(InputError, match=re.escape(words)) as error:
        study(places[: 1 + methods], out=out, **change)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "study").exists()


def test_the_photos_are_no_generated_pictures(places, tmp_path):
    with pytest.raises(InputError, match="folder of photos"):
        study([places[0], places[0]], out=tmp_path / "study")


def test_an_odd_number_of_unpaired_questions_is_made_even_without_blame(places, tmp_path):
    made = study(places, kind="unpaired", out=tmp_path / "study", count=3)
    assert (made.trials, made.notes) == (2, [])


def test_no_name_in_common_is_said(places, tmp_path):
    with pytest.raises(InputError, match="named after a photo"):
        study([places[0], folder(tmp_path / "strange", ["x.png"])], out=tmp_path / "study")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no answers of a study"),
        ('{"format": 2}', "no answers of a study"),
        ('{"study": "another"}', "another study"),
        ('{"form": 7}', "does not have"),
        ('{"answers": [{"trial": 99, "order": [], "choice": "x"}]}', "does not have"),
        ('{"answers": [{"trial": 0, "order": [], "choice": "elsewhere"}]}', "do not fit"),
        ('{"answers": [{"trial": 0, "order": [], "choice": "x"}, {"trial": 0, "order": [], "choice": "x"}]}', "once"),
        ('{"answers": []}', "no answers yet"),
        ('{"answers": [{"trial": 0, "order": [], "choice": ["a", "b"]}]}', "do not fit"),
    ],
)
def test_answers_that_were_changed_are_refused(places, tmp_path, text, words):
    made = study(places, out=tmp_path / "study")
    whole = {"format": 1, "study": content(made)[0]["id"], "participant": "x", "form": 0, "answers": []}
    changed = text if text == "{" else json.dumps({**whole, **json.loads(text)})
    (made.folder / "answers" / "x.json").write_text(changed)
    with pytest.raises(InputError, match=words):
        study([made.folder])


def test_a_study_without_answers_says_where_they_belong(places, tmp_path):
    made = study(places, out=tmp_path / "study")
    with pytest.raises(InputError, match="answers"):
        study([made.folder])


@pytest.mark.parametrize("key", ["{", "[]", '{"format": 0}', '{"format": 1, "kind": "x"}', '{"format": 1, "kind": []}'])
def test_a_damaged_key_is_refused(places, tmp_path, key):
    made = study(places, out=tmp_path / "study")
    (made.folder / "key.json").write_text(key)
    with pytest.raises(InputError, match="damaged"):
        study([made.folder])


@pytest.mark.parametrize("given", [{"count": 3}, {"seed": 1}, {"twice": True}, {"kind": "ranking"}, {"out": "new"}])
def test_options_of_a_new_study_are_refused_for_the_results_of_one(places, tmp_path, given):
    study(places[:2], out=tmp_path / "study", count=2)
    with pytest.raises(InputError, match=rf"is for a new one: leave it out \({next(iter(given))}=\)"):
        study([tmp_path / "study"], **given)
