"""The HTTP interface: pictures in, jobs, results out."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import calotype
from calotype.errors import Stopped
from calotype.run import Run
from calotype.studio import evaluation_job, job_progress
from calotype.studio.forms import UPLOADED_FOLDERS, VERBS
from calotype.studio.job_spec import JobSpec
from calotype.studio.routes.jobs import zipped
from calotype.studio.words import plain
from calotype.tasks.compare import compare
from calotype.tasks.param import described
from calotype.tasks.verbs import JOBS
from calotype.tasks.worker import TaskContext

from .conftest import asked, awaited, encoded, mask, picture, uploaded, wait_until


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def result(client, job, number=0):
    name = job["results"][number]["file"]
    answer = client.get(f"/api/jobs/{job['id']}/files/{name}")
    assert answer.status_code == 200
    return name, answer.content


# ---------------------------------------------------------------------------------------------------------------
# Forms


def test_every_verb_has_a_form_made_from_its_signature(client):
    forms = {form["name"]: form for form in client.get("/api/verbs").json()}
    assert {task.__name__ for task in JOBS} <= forms.keys()
    assert forms.keys() == set(VERBS)
    hidden = {"freeze_d"}  # goes with a file of this machine
    for name, form in forms.items():
        every = described(VERBS[name]) | (described(compare) if name == "evaluate" else {})
        known = {n: one for n, one in every.items() if n not in hidden}
        fields = [field for field in form["fields"] if field["name"] != "film_format"]
        folders = {n for n, (about, _) in known.items() if about.kind == "folder"} - UPLOADED_FOLDERS
        # Nor are there fields for files that are written beside the results, or for scene files.
        files = {n for n, (about, _) in known.items() if about.kind in ("looks", "poses")} | {"stages", "freeze_d"}
        assert [field["name"] for field in fields] == [n for n in known if n not in folders | files]
        assert all(field["help"] == plain(known[field["name"]][0].help) for field in fields)
        without = {"sample", "interpolate", "panorama", "draw", "data", "repose", "scene", "turntable"}
        without |= {"morph", "crossover", "transfer", "adjust"}
        assert sum(field["kind"] == "photo" for field in fields) == (name not in without)
        assert form["summary"]


def test_the_description_of_the_interface_has_every_verb_with_its_arguments(client):
    said = client.get("/api/openapi.json").json()
    vary = said["components"]["schemas"]["Vary"]
    assert vary["required"] == ["photo"]
    assert vary["properties"]["seed"]["description"] == described(calotype.vary)["seed"][0].help
    assert all(f"/api/verbs/{verb}/jobs" in said["paths"] for verb in VERBS)


# ---------------------------------------------------------------------------------------------------------------
# Pictures


def test_a_picture_is_kept_shown_and_forgotten(client):
    data = encoded(picture(seed=5))
    id = uploaded(client, data, "../../etc/Bird of mine.png")
    said = client.get(f"/api/pictures/{id}").json()
    assert (said["name"], said["width"], said["height"]) == ("Bird of mine.png", 48, 32)
    assert said["sha256"] == calotype.open_photo(io.BytesIO(data)).sha256
    assert client.get(f"/api/pictures/{id}/file").content == data
    assert Image.open(io.BytesIO(client.get(f"/api/pictures/{id}/thumbnail").content)).format == "WEBP"
    assert uploaded(client, data) == id  # the same picture is the same thing
    assert client.delete(f"/api/pictures/{id}").status_code == 204
    assert client.get(f"/api/pictures/{id}").status_code == 404


def test_what_browsers_cannot_show_is_shown_as_a_png_and_upright(client):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    id = uploaded(client, encoded(picture(seed=6), "TIFF", exif=exif), "turned.tif")
    said = client.get(f"/api/pictures/{id}").json()
    assert (said["width"], said["height"], said["media"]) == (32, 48, "image/png")
    assert Image.open(io.BytesIO(client.get(f"/api/pictures/{id}/file").content)).size == (32, 48)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"not a picture at all", "not a picture"),
        (encoded(picture(8, 8)), "at least 16x16"),
        (encoded(picture())[:200], "broken or cut short"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not a picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(client, data, words):
    answer = client.post("/api/pictures", params={"name": "x.png"}, content=data)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


# ---------------------------------------------------------------------------------------------------------------
# Jobs


def test_a_job_makes_what_the_verb_makes(client):
    id = uploaded(client)
    job = awaited(client, asked(client, "vary", photo=id, n=2, seed=3, preset="tiny")["id"])
    assert job["state"] == "done", job
    assert [made["seed"] for made in job["results"]] == [3, 4]
    assert [made["file"] for made in job["results"]] == ["bird_vary_3.png", "bird_vary_4.png"]
    same = calotype.vary(io.BytesIO(encoded(picture())), n=2, seed=3, preset="tiny")
    for number in (0, 1):
        assert (pixels(result(client, job, number)[1]) == np.asarray(same[number])).all()


def test_results_are_kept_used_as_photos_and_discarded(client):
    job = awaited(client, asked(client, "vary", photo=uploaded(client), n=2, preset="tiny")["id"])
    path = f"/api/jobs/{job['id']}/results/{job['results'][0]['file']}"
    assert client.put(path, json={"kept": True}).json()["results"][0]["kept"]
    name, data = result(client, job)
    used = client.post(f"{path}/picture").json()
    assert (used["name"], used["made"], used["width"]) == (name, "vary", 48)
    small = client.get(f"/api/jobs/{job['id']}/thumbnails/{name}")
    assert Image.open(io.BytesIO(small.content)).format == "WEBP"
    assert [made["seed"] for made in client.delete(path).json()["results"]] == [1]
    assert client.get(f"/api/jobs/{job['id']}/files/{name}").status_code == 404
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.get(f"/api/jobs/{job['id']}").status_code == 404
    assert data


def test_a_result_brings_back_its_form_and_the_same_picture(client):
    given = {"photo": uploaded(client), "seed": 4, "structure": "close", "preset": "tiny", "settings": {"patch": "5"}}
    job = awaited(client, asked(client, "vary", **given)["id"])
    name, data = result(client, job)
    said = client.post("/api/settings", content=data).json()
    assert said == client.get(f"/api/jobs/{job['id']}/results/{name}/settings").json()
    assert said["verb"] == "vary"
    assert said["missing"] == {}
    assert {key: said["arguments"][key] for key in given} == given
    assert said["command"].startswith("calotype vary bird.png")
    again = awaited(client, asked(client, "vary", **said["arguments"])["id"])
    assert (pixels(result(client, again)[1]) == pixels(data)).all()


def test_a_form_comes_back_without_photos_that_are_gone(client):
    other = uploaded(client, encoded(picture(seed=77)), "gone.png")
    job = awaited(client, asked(client, "vary", photo=other, preset="tiny")["id"])
    _, data = result(client, job)
    assert client.delete(f"/api/pictures/{other}").status_code == 204
    said = client.post("/api/settings", content=data).json()
    assert said["missing"] == {"photo": "gone.png"}
    assert "photo" not in said["arguments"]


def test_settings_of_a_foreign_picture_are_refused(client):
    answer = client.post("/api/settings", content=encoded(picture()))
    assert answer.status_code == 422
    assert "carries no settings" in answer.json()["error"]
    assert "/tmp" not in answer.json()["error"]


def test_masks_and_further_pictures_go_to_the_verb(client):
    photo, hole = uploaded(client, encoded(picture(64, 48)), "lake.png"), uploaded(client, mask(64, 48), "hole.png")
    job = awaited(client, asked(client, "erase", photo=photo, mask=hole, grow=0, preset="tiny")["id"])
    assert job["state"] == "done", job
    before, after = np.asarray(picture(64, 48)), pixels(result(client, job)[1])
    selected = pixels(mask(64, 48))[..., 0] > 128
    assert (after[~selected] == before[~selected]).all()
    assert (after[selected] != before[selected]).any()


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("retarget", {"size": "64x32"}),
        ("segment", {"classes": 3}),
        ("edges", {}),
        ("texture", {"size": "40x40"}),
        ("expand", {"right": 12}),
        ("mix", {"other": "photo"}),
        ("stylize", {"style": "photo"}),
        ("analogy", {"target": "photo"}),
        ("paint", {"sketch": "photo"}),
        ("harmonize", {"pasted": "changed"}),
        ("edit", {"edited": "changed"}),
    ],
)
def test_verbs_that_learn_nothing(client, verb, arguments):
    changed = picture()
    changed.paste((250, 20, 30), (10, 8, 26, 22))
    ids = {"photo": uploaded(client), "changed": uploaded(client, encoded(changed), "changed.png")}
    given = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
    job = awaited(client, asked(client, verb, photo=ids["photo"], preset="tiny", **given)["id"])
    assert job["state"] == "done", job
    assert len(job["results"]) == 1


def test_empty_sets_are_said_to_be_empty(client):
    photo = uploaded(client)
    empty = client.post("/api/sets", json={"name": "places"}).json()["id"]
    for verb, arguments in (
        ("evaluate", {"real": photo, "fakes": [empty]}),
        ("evaluate", {"real": empty, "fakes": [empty], "metrics": "fid"}),
        ("edges", {"photo": empty}),
        ("train", {"photo": empty, "engine": "cocogan"}),
    ):
        answer = client.post(f"/api/verbs/{verb}/jobs", json=arguments)
        assert answer.status_code == 422
        assert answer.json()["error"] == "the set “places” is empty: add pictures to it"
    assert client.delete(f"/api/sets/{empty}").status_code == 204


def test_relayout_with_the_map_that_segment_makes(client):
    photo = uploaded(client)
    seen = awaited(client, asked(client, "segment", photo=photo, classes=3, preset="tiny")["id"])
    name, data = result(client, seen)
    labels = uploaded(client, data, name)
    turned = uploaded(client, encoded(Image.open(io.BytesIO(data)).transpose(Image.Transpose.FLIP_LEFT_RIGHT)), "t.png")
    job = awaited(client, asked(client, "relayout", photo=photo, labels=labels, target=turned, preset="tiny")["id"])
    assert job["state"] == "done", job


def test_measuring(client):
    photo, other = uploaded(client), uploaded(client, encoded(picture(seed=9)), "other.png")
    job = awaited(client, asked(client, "evaluate", real=photo, fakes=[photo, other])["id"])
    assert job["state"] == "done", job
    assert [row["result"] for row in job["report"]["rows"]] == ["bird", "other"]
    assert job["report"]["rows"][0]["copied"] > job["report"]["rows"][1]["copied"]


def measure_here(tmp_path, run, count=3):
    """Pictures measured one by one in this process: what is told of it."""
    told, files = [], [tmp_path / f"{i}.png" for i in range(count + 1)]
    for i, path in enumerate(files):
        picture(24, 20, seed=i).save(path)
    given = {"real": str(files[0]), "fakes": [str(path) for path in files[1:]]}

    class Context(TaskContext):
        def attach(self, started):
            if run.stopping:
                started.stop()

    evaluation_job.evaluate(JobSpec("evaluate", given, tmp_path), Context(), told.append)
    return told


def test_measuring_one_by_one_says_how_far_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(job_progress, "_INTERVAL", 0)
    first, *counted, last = measure_here(tmp_path, Run(device="cpu"))
    assert first == {"stage": "measuring"}
    assert [(said["stage"], said["share"]) for said in counted] == [
        ("measuring, 1 of 3", 0.3333),
        ("measuring, 2 of 3", 0.6667),
        ("measuring, 3 of 3", 1.0),
    ]
    assert counted[0]["left"] > 0 == counted[-1]["left"]
    assert len(last["report"]["rows"]) == 3


def test_measuring_one_by_one_can_be_stopped(tmp_path):
    run = Run(device="cpu")
    run.stop()
    with pytest.raises(Stopped):
        measure_here(tmp_path, run)


def test_learning_and_what_was_learned(client):
    photo = uploaded(client)
    asked_first = client.post("/api/verbs/vary/estimate", json={"photo": photo, "engine": "tiny_engine"}).json()
    assert asked_first["training"] == ["tiny_engine"]
    job = awaited(client, asked(client, "train", engine="tiny_engine", photo=photo, preset="tiny")["id"])
    assert job["state"] == "done", job
    assert client.get(f"/api/jobs/{job['id']}/files/{job['previews'][-1]}").status_code == 200
    models = client.get("/api/models").json()
    assert [(one["name"], one["finished"], one["engine"]) for one in models] == [(job["model"], True, "tiny_engine")]
    seen = client.get(f"/api/models/{job['model']}/previews/{models[0]['previews'][0]}")
    assert Image.open(io.BytesIO(seen.content)).size
    made = awaited(client, asked(client, "vary", photo=photo, model=job["model"])["id"])
    assert made["state"] == "done", made
    assert client.delete(f"/api/models/{job['model']}").status_code == 204
    assert client.get("/api/models").json() == []
    assert client.get(f"/api/models/{job['model']}/previews/x.png").status_code == 404


def test_a_model_of_many_photos(client, tmp_path):
    for i in range(4):
        picture(24, 20, seed=i).save(tmp_path / f"{i}.png")
    model = calotype.train("cocogan", tmp_path, preset="tiny", device="cpu").folder.name
    said = client.post("/api/verbs/sample/estimate", json={"model": model, "n": 2}).json()
    assert said["size"] == "16x16"
    job = awaited(client, asked(client, "sample", model=model, n=2, seed=5)["id"])
    assert job["state"] == "done", job
    name, data = result(client, job, 1)
    assert (pixels(data) == np.asarray(calotype.sample(model, n=2, seed=5)[1])).all()
    back = client.get(f"/api/jobs/{job['id']}/results/{name}/settings").json()
    assert (back["arguments"]["model"], back["arguments"]["seed"], back["missing"]) == (model, 6, {})
    assert client.delete(f"/api/models/{model}").status_code == 204


# ---------------------------------------------------------------------------------------------------------------
# What goes wrong


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("vary", {}, "photo"),
        ("vary", {"photo": "0123456789abcdef"}, "upload it again"),
        ("vary", {"photo": "../../secret"}, "photo"),
        ("vary", {"photo": "PHOTO", "n": 0}, "n:"),
        ("vary", {"photo": "PHOTO", "n": 100000}, "at most"),
        ("vary", {"photo": "PHOTO", "sead": 1}, "sead"),
        ("vary", {"photo": "PHOTO", "model": "../../etc"}, "no such model"),
        ("vary", {"photo": "PHOTO", "model": "/etc"}, "no such model"),
        ("vary", {"photo": "PHOTO", "also": ["x"]}, "also"),
        ("train", {"photo": "PHOTO", "engine": "singan", "out": "/tmp/x"}, "out"),
        ("evaluate", {"real": "PHOTO", "fakes": []}, "evaluate needs another argument"),
        ("vary", {"photo": "PHOTO", "seed": 10**30}, "seed is out of range: give a number from 0 to 90071"),
        ("scene", {"model": "x", "look": 2**70}, "look is out of range: give a number from 0 to 90071"),
        ("scene", {"model": "x", "azimuth": -1e300}, "azimuth is out of range: give a number from -9007199254740992"),
        ("evaluate", {"real": "PHOTO", "fakes": ["PHOTO"], "weights": "/etc/passwd"}, "weights"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_one_sentence(client, verb, arguments, words):
    photo = uploaded(client)
    swapped = json.loads(json.dumps(arguments).replace("PHOTO", photo))
    answer = client.post(f"/api/verbs/{verb}/jobs", json=swapped)
    assert answer.status_code in (404, 422)
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("vary", {"engine": "gpn"}, "did you mean 'gpnn'"),
        ("vary", {"engine": "gpdm", "tile": "both", "size": "9x"}, "9x"),
        ("vary", {"all_scales": True, "structure": "free"}, "every start scale"),
        ("retarget", {"engine": "ingan", "size": "64x32", "tile": "both"}, "tileable"),
        ("animate", {"engine": "gpnn"}, "has no verb 'animate'"),
        ("retarget", {}, "new size"),
        ("retarget", {"size": "64x32", "factor": "2"}, "one of the two"),
        ("erase", {}, "no mask of what to erase"),
        ("expand", {}, "needs a margin"),
        ("draw", {"layout": "PHOTO"}, "needs a trained model"),
        ("draw", {"layout": {"boxes": [[0, 0, 1, 1]], "classes": [0]}}, "needs a model of bachgan or layout2im"),
        ("train", {"engine": "cocogan"}, "choose a set"),
        ("train", {"engine": "gpnn"}, "cannot be trained"),
        ("train", {"engine": "analogy"}, "trained on a photo and its label map"),
        ("evaluate", {"real": "PHOTO", "fakes": ["PHOTO"], "metrics": "fid"}, "choose a set for both"),
    ],
)
def test_what_would_surely_fail_is_not_queued(client, verb, arguments, words):
    photo = uploaded(client)
    given = json.loads(json.dumps(arguments).replace("PHOTO", photo))
    whole = given if {"layout", "real"} & given.keys() else {"photo": photo, **given}
    before = client.get("/api/jobs").json()
    answer = client.post(f"/api/verbs/{verb}/jobs", json=whole)
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert "--" not in answer.json()["error"]
    assert client.get("/api/jobs").json() == before
    estimated = client.post(f"/api/verbs/{verb}/estimate", json=whole)
    if verb != "evaluate":  # of which no more than the time is estimated
        assert estimated.status_code == 422
        assert words in estimated.json()["error"]


@pytest.mark.parametrize("kind", ["RGBA", "RGB"])
def test_erase_of_a_set_without_a_mask_needs_a_photo_with_transparency(client, kind):
    made = client.post("/api/sets", json={"name": kind}).json()["id"]
    for number, mode in enumerate(["RGB", kind]):
        data = encoded(picture(seed=40 + number, mode=mode))
        client.post(f"/api/sets/{made}/pictures", params={"path": f"some/{number}.png"}, content=data)
    answer = client.post("/api/verbs/erase/jobs", json={"photo": made})
    assert answer.status_code == (201 if kind == "RGBA" else 422), answer.text


def test_checks_of_requests_import_no_torch(tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(picture(mode="RGBA")))
    lines = """
import sys
from inspect import Parameter
from calotype.catalog import ENGINES, able
from calotype.errors import InputError
from calotype.kinds import KINDS
from calotype.studio.forms import VERBS, parameters
from calotype.studio.refusing import refuse
from calotype.tasks.verbs import VERBS as MAKING

for verb in VERBS:
    needed = {name: about.kind for name, (about, default) in parameters(verb).items() if default is Parameter.empty}
    given = {name: "photo.png" for name, kind in needed.items() if KINDS[kind].form == "file"}
    given |= {name: ["photo.png"] for name, kind in needed.items() if KINDS[kind].form == "files"}
    for engine in [name for name in able(verb) if name in ENGINES] if verb in MAKING else ["gpnn"]:
        try:
            refuse(verb, {**given, "engine": engine})
        except InputError:
            pass
        assert "torch" not in sys.modules, (verb, engine)
print("done")
"""
    alone = {**os.environ, "PYTHONPATH": str(Path(calotype.__file__).parents[1])}
    made = subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert made.stdout == "done\n", made.stderr


def test_a_job_that_cannot_be_done_says_why(client):
    photo = uploaded(client)
    asked_first = client.post("/api/verbs/retarget/estimate", json={"photo": photo, "size": "13x40"})
    assert asked_first.status_code == 422
    assert "pixels are too few" in asked_first.json()["error"]
    job = awaited(client, asked(client, "retarget", photo=photo, size="13x40")["id"])
    assert job["state"] == "failed"
    assert "pixels are too few" in job["message"]
    assert client.post(f"/api/jobs/{job['id']}/continue").status_code == 200  # it may be tried again
    assert awaited(client, job["id"])["state"] == "failed"


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("vary", {"settings": {"pach": "5"}}, "patch"),
        ("vary", {"settings": {"patch": "wide"}}, "a whole number"),
        ("vary", {"preset": "fst"}, "fast"),
        ("erase", {"engine": "completion", "settings": {"rato": "2"}}, "ratio"),
        ("train", {"engine": "singan", "settings": {"stepss": "5"}}, "steps"),
        ("train", {"engine": "singan", "preset": "fst"}, "fast"),
    ],
)
def test_wrong_settings_are_refused_before_a_job_is_queued(client, verb, arguments, words):
    photo, before = uploaded(client, encoded(picture(mode="RGBA"))), client.get("/api/jobs").json()
    answer = client.post(f"/api/verbs/{verb}/jobs", json={"photo": photo, **arguments})
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["error"]
    assert client.get("/api/jobs").json() == before


def test_wrong_settings_of_a_model_are_refused_before_a_job_is_queued(client):
    made = client.post("/api/sets", json={"name": "some"}).json()["id"]
    client.post(f"/api/sets/{made}/pictures", params={"path": "one.png"}, content=encoded(picture(mode="RGB")))
    given = {"photo": made, "engine": "cocogan", "settings": {"widht": "8"}}
    answer = client.post("/api/verbs/train/jobs", json=given)
    assert answer.status_code == 422, answer.text
    assert "width" in answer.json()["error"]


def test_what_it_would_take_is_known_before(client):
    said = client.post("/api/verbs/vary/estimate", json={"photo": uploaded(client), "size": "64x40"}).json()
    assert said["size"] == "64x40"
    assert said["seconds"] > 0
    assert said["training"] == []


def test_a_picture_that_a_job_needs_is_not_forgotten(client):
    photo = uploaded(client, encoded(picture(seed=31)), "needed.png")
    job = awaited(client, asked(client, "retarget", photo=photo, size="13x40")["id"])
    answer = client.delete(f"/api/pictures/{photo}")
    assert answer.status_code == 422
    assert "needs this picture" in answer.json()["error"]
    client.delete(f"/api/jobs/{job['id']}")
    assert client.delete(f"/api/pictures/{photo}").status_code == 204


def test_only_files_of_the_job_are_served(client):
    job = awaited(client, asked(client, "edges", photo=uploaded(client), preset="tiny")["id"])
    for name in ("job.json", "..%2F..%2Fpictures", "%2e%2e", ".lock", "no.png"):
        answer = client.get(f"/api/jobs/{job['id']}/files/{name}")
        assert answer.status_code in (404, 422), name


def test_a_wish_to_stop_is_heard_before_the_process_is_ready():
    import pickle
    from multiprocessing import Pipe

    from calotype.run import Run
    from calotype.tasks.worker import _Inbox

    def attached():
        run = Run()
        inbox.attach(run)
        return run

    receive, asked_by = Pipe(duplex=False)
    _, send = Pipe(duplex=False)
    inbox = _Inbox(send, receive)
    for message in (("do", b"1"), ("stop", None)):
        asked_by.send_bytes(pickle.dumps(message))
    wait_until(lambda: inbox._stopped)  # both are heard before the first is taken
    assert inbox.next() == b"1"
    assert attached().stopping
    asked_by.send_bytes(pickle.dumps(("do", b"2")))
    assert inbox.next() == b"2"
    assert not attached().stopping
    asked_by.close()
    assert inbox.next() is None


def test_stopping_waiting_and_going_on(client, hold, place):
    photo = uploaded(client, encoded(picture(96, 64)), "long.png")
    hold.at()
    first = asked(client, "vary", photo=photo, n=60, preset="tiny")
    made = place / "home" / "jobs" / first["id"] / "*_vary_*.png"
    hold.at(files=made, count=1)
    second = asked(client, "vary", photo=photo, n=2, preset="tiny")
    assert second["state"] == "waiting"
    assert client.post(f"/api/jobs/{second['id']}/stop").json()["state"] == "stopped"
    awaited(client, first["id"], lambda job: len(job["results"]) >= 1)
    assert client.delete(f"/api/jobs/{first['id']}").status_code == 422  # at work
    client.post(f"/api/jobs/{first['id']}/stop")
    stopped = awaited(client, first["id"])
    assert stopped["state"] == "stopped"
    assert 1 <= len(stopped["results"]) < 60
    hold.release()
    assert client.post(f"/api/jobs/{second['id']}/continue").json()["state"] in ("waiting", "working")
    assert awaited(client, second["id"])["state"] == "done"
    kept = [made["file"] for made in stopped["results"]]
    hold.at(files=made, count=len(kept) + 1, deaf=True)
    client.post(f"/api/jobs/{first['id']}/continue")
    went_on = awaited(client, first["id"], lambda job: len(job["results"]) > len(kept))
    assert [made["file"] for made in went_on["results"]][: len(kept)] == kept
    wait_until(hold.waiting)
    client.post(f"/api/jobs/{first['id']}/stop")
    assert client.get(f"/api/jobs/{first['id']}").json()["state"] == "stopping"
    # The step that it is in does not end by itself: only with its process, which is replaced.
    client.post(f"/api/jobs/{first['id']}/stop")
    assert awaited(client, first["id"])["state"] == "stopped"
    hold.release()
    assert awaited(client, asked(client, "edges", photo=photo, preset="tiny")["id"])["state"] == "done"


def test_all_saved_results_are_one_zip_found_by_verb_photo_and_date(client, tmp_path):
    first, second = (uploaded(client, encoded(picture(seed=seed)), "oak.png") for seed in (71, 72))
    made = [awaited(client, asked(client, "edges", photo=photo, engine="canny")["id"]) for photo in (first, second)]
    made.append(awaited(client, asked(client, "vary", photo=first, preset="tiny")["id"]))
    for job in made:
        name = job["results"][0]["file"]
        assert client.put(f"/api/jobs/{job['id']}/results/{name}", json={"kept": True}).status_code == 200

    def names(**wanted):
        answer = client.get("/api/kept/archive", params=wanted)
        if answer.status_code != 200:
            return answer.status_code
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert archive.testzip() is None
            return sorted(archive.namelist())

    assert names() == ["oak_edges_0 2.png", "oak_edges_0.png", "oak_vary_0.png"]
    assert names(verb="vary") == ["oak_vary_0.png"]
    assert names(photo=second) == ["oak_edges_0.png"]
    assert names(since=made[1]["asked"]) == ["oak_edges_0.png", "oak_vary_0.png"]
    assert names(until=made[0]["asked"]) == 404


def test_a_zip_is_made_in_small_pieces(tmp_path):
    large = tmp_path / "large.png"
    large.write_bytes(np.random.default_rng(0).bytes(5 << 20))
    pieces = list(zipped([large, tmp_path / "gone.png", large]))
    assert max(map(len, pieces)) < 1 << 20
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.namelist() == ["large.png", "large 2.png"]
        assert archive.read("large 2.png") == large.read_bytes()


def test_layers_of_a_scene_belong_to_its_result(client, tmp_path):
    for i in range(4):
        (tmp_path / f"{i}.png").write_bytes(encoded(picture(16, 16, seed=i)))
    model = calotype.train("control3d", tmp_path, preset="tiny", device="cpu").folder.name
    job = awaited(client, asked(client, "scene", model=model, layers=True, seed=3)["id"])
    assert job["state"] == "done", job["message"]
    (made,) = job["results"]
    stem = made["file"].removesuffix(".png")
    parts = [".depth.png", ".background.png", ".json", ".object1.png", ".object2.png"]
    assert (made["film"], made["code"]) == ("", "")
    assert made["beside"] == [f"{stem}{part}" for part in parts]
    for name in made["beside"]:
        assert client.get(f"/api/jobs/{job['id']}/files/{name}").status_code == 200
    for place in ("", f"/results/{made['file']}"):
        answer = client.get(f"/api/jobs/{job['id']}{place}/archive")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            assert sorted(archive.namelist()) == sorted([made["file"], *made["beside"]])
    plain = awaited(client, asked(client, "scene", model=model, seed=3)["id"])
    assert plain["results"][0]["beside"] == []
    assert client.delete(f"/api/jobs/{job['id']}/results/{made['file']}").json()["results"] == []
    assert client.get(f"/api/jobs/{job['id']}/files/{stem}.json").status_code == 404
    assert client.delete(f"/api/models/{model}").status_code == 204
