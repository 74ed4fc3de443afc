"""Sets of pictures over HTTP: uploaded, trained on, compared, made of results; and imported models."""

import io
import json
import zipfile
from collections import Counter
from dataclasses import replace

import official
import pytest
from PIL import Image
from toys import TOYS

import calotype
import calotype.tasks.compare
import calotype.tasks.dataset
from calotype import saving
from calotype.data.sets import SETS
from calotype.data.writing import write_samples
from calotype.models import stylegan
from calotype.studio import sets
from calotype.studio.picture_set import kinds_of, labels_of, place_in
from calotype.studio.pictures import Missing
from calotype.studio.sets import Sets
from calotype.tasks import model_store
from calotype.tasks.data import told
from calotype.tasks.worker import TaskContext

from .conftest import asked, awaited, encoded, picture, uploaded


def put(client, id, path, data):
    return client.post(f"/api/sets/{id}/pictures", params={"path": path}, content=data)


def a_set(client, name="faces", count=6, first=0, folders=()):
    id = client.post("/api/sets", json={"name": name}).json()["id"]
    for i in range(count):
        within = f"{folders[i % len(folders)]}/" if folders else ""
        answer = put(client, id, f"{within}{i}.png", encoded(picture(24, 20, seed=first + i)))
        assert answer.status_code == 201, answer.text
    return id


def test_a_set_is_uploaded_listed_renamed_and_deleted(client):
    id = a_set(client, "my faces", 4, folders=("anna", "bert"))
    said = client.get(f"/api/sets/{id}").json()
    assert (said["name"], said["count"], said["labels"]) == ("my faces", 4, {"anna": 2, "bert": 2})
    assert said in client.get("/api/sets").json()
    members = client.get(f"/api/sets/{id}/pictures").json()
    assert [one["file"] for one in members] == ["anna/0.png", "bert/1.png", "anna/2.png", "bert/3.png"]
    assert [(one["width"], one["height"]) for one in members] == [(24, 20)] * 4
    assert client.get(f"/api/sets/{id}/pictures", params={"start": 3, "count": 5}).json() == members[3:]
    small = client.get(f"/api/sets/{id}/pictures/{members[1]['id']}/thumbnail")
    assert Image.open(io.BytesIO(small.content)).format == "WEBP"
    assert client.put(f"/api/sets/{id}", json={"name": "../other faces"}).json()["name"] == "other faces"
    assert client.get(f"/api/sets/{id}/pictures/{members[1]['id']}/thumbnail").status_code == 200
    assert client.delete(f"/api/sets/{id}/pictures/{members[0]['id']}").json()["count"] == 3
    used = client.post(f"/api/sets/{id}/pictures/{members[2]['id']}/use").json()
    assert (used["name"], used["width"]) == ("2.png", 24)
    assert client.delete(f"/api/sets/{id}").status_code == 204
    assert client.get(f"/api/sets/{id}").status_code == 404
    assert put(client, id, "x.png", encoded(picture())).status_code == 404


def test_what_is_no_picture_is_left_out_and_named(client):
    id = a_set(client, count=1)
    whole = encoded(picture(64, 64))
    for data, words in ((b"no picture", "notes.png"), (whole[:200], "cut short"), (b"", "empty")):
        answer = put(client, id, "some/notes.png", data)
        assert answer.status_code == 422
        assert words in answer.json()["error"]
        assert "\n" not in answer.json()["error"]
    assert client.get(f"/api/sets/{id}").json()["count"] == 1


def test_the_same_file_sent_twice_is_there_once_and_another_of_its_name_beside_it(client):
    id = a_set(client, count=1)
    data, other = encoded(picture(seed=50)), encoded(picture(seed=51))
    first = put(client, id, "a/x.png", data).json()
    assert put(client, id, "a/x.png", data).json() == first
    assert put(client, id, "a/x.png", other).json()["file"] == "a/x-2.png"
    assert put(client, id, "a/x.jpg", other).json()["file"] == "a/x-2.png"  # a suffix of what it is, not of its name
    assert client.get(f"/api/sets/{id}").json()["count"] == 3


def test_sets_are_there_again_after_a_restart(tmp_path):
    kept = Sets(tmp_path)
    id = kept.new("birds").id
    kept.add(id, encoded(picture()), "wood/a.png")
    kept.add(id, encoded(picture(seed=1)), "b.png")
    with open(tmp_path / id / "index.jsonl", "a") as index:
        index.write('{"id": "cut sho')
    for name, text in (
        ("evil", '{"id": "../../x"}'),
        ("set-0123456789ab", '{"id": "set-0123456789ab", "name": "../x"}'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "set.json").write_text(text)
    again = Sets(tmp_path)
    assert [one.said() for one in again.all()] == [kept.get(id).said()]
    assert sorted(p.name for p in again.folder(id).rglob("*.png")) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    ("path", "stands"),
    [
        ("../../../etc/passwd", "etc/passwd.png"),
        ("/etc/x.png", "etc/x.png"),
        ("..\\..\\windows\\x.png", "windows/x.png"),
        ("C:\\photos\\x.png", "C/photos/x.png"),
        ("a/./../b/x.png", "a/b/x.png"),
        ("", "picture.png"),
        ("....", "picture.png"),
        (".git/.hidden.png", "git/hidden.png"),
        ("a\0b/c\nd.png", "a_b/c_d.png"),
        ("1/2/3/4/5/6/7/x.png", "1/2/3/4/x.png"),
        ("a/x.png/", "a/x.png/x.png"),
        ("x" * 300 + "/y.png", "x" * 80 + "/y.png"),
    ],
)
def test_no_name_leads_out_of_its_set(tmp_path, path, stands):
    kept = Sets(tmp_path / "sets")
    id = kept.new("..").id
    member = kept.add(id, encoded(picture()), path)
    assert member.file == stands
    (file,) = (path for path in tmp_path.rglob("*.png") if path.is_file())
    assert file == tmp_path / "sets" / id / "set" / "pictures" / stands


def test_too_many_and_too_much_are_refused(tmp_path, monkeypatch):
    kept = Sets(tmp_path)
    id = kept.new("many").id
    kept.add(id, encoded(picture()), "a.png")
    monkeypatch.setattr(sets, "MOST_MEMBERS", 1)
    with pytest.raises(sets.InputError, match="at most 1 pictures"):
        kept.add(id, encoded(picture(seed=1)), "b.png")
    monkeypatch.setattr(sets, "MOST_MEMBERS", 9)
    monkeypatch.setattr(sets, "MOST_BYTES", 1 << 10)
    with pytest.raises(sets.InputError, match="at most"):
        kept.add(id, encoded(picture(64, 64, seed=1)), "b.png")
    monkeypatch.setattr(sets, "MOST_SETS", 1)
    with pytest.raises(sets.InputError, match="delete some"):
        kept.new("one more")
    assert [p.name for p in kept.folder(id).rglob("*.png")] == ["a.png"]
    with pytest.raises(Missing):
        kept.folder("set-000000000000")


def test_a_job_whose_set_cannot_be_created_is_not_kept(client, monkeypatch):
    jobs = client.get("/api/jobs").json()
    monkeypatch.setattr(sets, "MOST_SETS", 0)
    answer = client.post("/api/verbs/data/jobs", json={"name": "solids", "count": 1, "size": 16})
    assert "delete some" in answer.json()["error"]
    assert client.get("/api/jobs").json() == jobs
    records = client.app.state.studio.jobs._records
    assert len(records.load()) == len(client.app.state.studio.jobs.all())


def test_labels_are_the_sub_folders():
    assert labels_of(["a/1.png", "a/2.png", "b/x/3.png"]) == {"a": 2, "b": 1}
    assert labels_of(["a/1.png", "a/2.png"]) == labels_of(["1.png"]) == {}
    assert str(place_in("a/b.jpg", "b.jpg")) == "a/b.jpg"


@pytest.mark.parametrize(
    ("names", "lines", "found"),
    [
        (["pale", "dark"], ['{"label": 1}', '{"label": 0}', '{"label": 1}'], {"pale": 1, "dark": 2}),
        (["pale"], ['{"label": 1}', '{"label": 0}', "{}"], {"0": 1, "1": 1}),
        ({"a": 1}, ['{"label": 3}'], {"3": 1}),
        (["pale"], ["{}"], {}),
        (["pale"], ['{"label": 1e999}'], {}),
        (["pale"], ["no JSON"], {}),
    ],
)
def test_labels_of_samples_are_those_that_their_lines_give(tmp_path, names, lines, found):
    (tmp_path / "about.json").write_text(json.dumps({"labels": names}))
    (tmp_path / "samples.jsonl").write_text("\n".join(lines))
    assert kinds_of(tmp_path) == found
    assert kinds_of(tmp_path / "nowhere") == {}


# ---------------------------------------------------------------------------------------------------------------
# A set of samples that was made elsewhere


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The folder of a set with maps, boxes and a licence."""
    folder = tmp_path_factory.mktemp("elsewhere") / "my scenes"
    module, packages = TOYS["scenes"]
    about = {**told(module.ABOUT, 64, 0), "note": "kept as it is"}
    write_samples(folder, about, module.compose(packages(), 64, 4, 0), lambda: {"toys-LICENSE": b"free"})
    return folder


def hand_in_samples(client, folder, without=(), change=None):
    """Hand a folder in as the page does; the set's id and what was refused."""
    id = client.post("/api/sets", json={"name": folder.name}).json()["id"]
    files = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    refused = {}
    for file in sorted(files, key=lambda file: "/" in file):
        if file in without:
            continue
        data = (change or {}).get(file, (folder / file).read_bytes())
        where = "pictures" if file.startswith("images/") else "beside"
        answer = client.post(f"/api/sets/{id}/{where}", params={"path": file}, content=data)
        if answer.status_code not in (201, 204):
            refused[file] = answer.json()["error"]
    return id, refused


def test_a_set_made_elsewhere_is_the_set_that_it_was(client, place, elsewhere):
    id, refused = hand_in_samples(client, elsewhere)
    assert not refused
    before = client.get(f"/api/sets/{id}").json()
    assert (before["count"], before["maps"], before["whole"]) == (4, False, False)
    kept = Sets(place / "home" / "sets").folder(id)
    # Until it is whole it is a set of pictures, and no map is taken for one.
    assert len(calotype.tasks.dataset.Dataset(kept).files) == 4
    said = client.post(f"/api/sets/{id}/whole").json()
    assert (said["count"], said["maps"], said["whole"], said["source"]) == (4, True, True, "scenes")
    assert said["licence"] == json.loads((elsewhere / "about.json").read_text())["licence"]
    assert said == client.get(f"/api/sets/{id}").json() == Sets(place / "home" / "sets").get(id).said()
    found, made = ({p.relative_to(one): p for one in (root,) for p in one.rglob("*.*")} for root in (kept, elsewhere))
    assert found.keys() == made.keys()
    for file, path in found.items():
        if path.suffix == ".png":
            assert path.read_bytes() == made[file].read_bytes()
        if path.suffix == ".json":
            assert json.loads(path.read_text()) == json.loads(made[file].read_text())
    assert (kept / "samples.jsonl").read_text() == (elsewhere / "samples.jsonl").read_text()
    assert (kept / "licences/toys-LICENSE").read_bytes() == b"free"
    assert not (kept.parents[1] / "upload").exists()
    assert len(calotype.tasks.dataset.Dataset(kept).files) == 4
    again = calotype.tasks.compare.compare(elsewhere, kept, metrics="fsd")
    assert (again.real, again.fake) == (4, 4)
    assert again.values["fsd"] == pytest.approx(0)
    members = client.get(f"/api/sets/{id}/pictures").json()
    assert "cannot be changed" in client.delete(f"/api/sets/{id}/pictures/{members[0]['id']}").json()["error"]
    assert "cannot be changed" in put(client, id, "images/x.png", encoded(picture())).json()["error"]
    answer = client.post(f"/api/sets/{id}/beside", params={"path": "about.json"}, content=b"{}")
    assert "cannot be changed" in answer.json()["error"]
    assert "is missing" in client.post(f"/api/sets/{id}/whole").json()["error"]


def test_a_sample_of_which_something_is_missing_is_left_out(client, place, elsewhere):
    coloured = {"maps/000002.png": encoded(picture(64, 64))}
    id, refused = hand_in_samples(client, elsewhere, without=("instances/000000.png",), change=coloured)
    assert refused.keys() == {"maps/000002.png"}
    assert "grey levels" in refused["maps/000002.png"]
    assert client.post(f"/api/sets/{id}/whole").json()["count"] == 2
    kept = Sets(place / "home" / "sets").folder(id)
    assert sorted(path.name for path in (kept / "images").iterdir()) == ["000001.png", "000003.png"]
    assert json.loads((kept / "about.json").read_text())["count"] == 2
    lines = (elsewhere / "samples.jsonl").read_text().splitlines()
    assert (kept / "samples.jsonl").read_text().splitlines() == [lines[1], lines[3]]


@pytest.mark.parametrize(
    ("path", "data", "words"),
    [
        ("about.json", b"{", "does not describe a data set"),
        ("about.json", b'{"format": 99}', "does not describe a data set"),
        ("samples.jsonl", b"", "samples.jsonl is damaged"),
        ("samples.jsonl", b"[" * 100_000, "samples.jsonl is damaged"),
        ("samples.jsonl", b'{"map": "maps/a.png"}', "samples.jsonl is damaged"),
        ("samples.jsonl", b'{"image": "../a.png"}', "not in images/"),
        ("samples.jsonl", b'{"image": "images/../../a.png"}', "not in images/"),
        ("samples.jsonl", b'{"image": "/etc/a.png"}', "not in images/"),
        ("samples.jsonl", b'{"image": "images/a.png", "map": "images/b.png"}', "not in maps/"),
        ("samples.jsonl", b'{"image": "images/a.png", "map": null}', "not in maps/"),
        ("maps/000009.png", encoded(picture(mode="L")), "not listed in"),
        ("images/000000.png", encoded(picture()), "not listed in"),
        ("../../x.png", encoded(picture()), "not listed in"),
        ("maps/000000.png", b"no picture", "000000.png"),
        ("maps/000000.png", encoded(picture(mode="L"), "JPEG"), "does not match its format"),
        ("licences/x", b"x" * (1 << 21), "too many or too large licence files"),
    ],
)
def test_what_belongs_to_no_set_of_samples_is_refused(tmp_path, elsewhere, path, data, words):
    kept = Sets(tmp_path / "sets")
    id = kept.new("x").id
    for name in ("about.json", "samples.jsonl"):
        kept.put_beside(id, (elsewhere / name).read_bytes(), name)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(sets.InputError, match=words) as said:
        kept.put_beside(id, data, path)
    assert str(tmp_path) not in str(said.value)
    assert len(str(said.value).splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(sets.InputError, match="no sample of this set"):
        kept.complete(id)


def test_licences_lead_nowhere_else(tmp_path, elsewhere):
    kept = Sets(tmp_path / "sets")
    id = kept.new("x").id
    kept.put_beside(id, b"free", "licences/../../../../x")
    with pytest.raises(sets.InputError, match=r"about.json or samples.jsonl is missing"):
        kept.complete(id)
    (file,) = (path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == b"free")
    assert file == tmp_path / "sets" / id / "upload" / "licences" / "x"


# ---------------------------------------------------------------------------------------------------------------
# What is done with sets


@pytest.fixture(scope="module")
def learned(place):
    """A studio in which a model has learned from a set; its client, the set, and the model's name."""
    from fastapi.testclient import TestClient

    from calotype.studio.app import create

    with TestClient(create(place / "learning"), base_url="http://127.0.0.1") as client:
        id = a_set(client, "faces", 8)
        job = awaited(client, asked(client, "train", engine="cocogan", photo=id, preset="tiny", device="cpu")["id"])
        assert job["state"] == "done", job
        yield client, id, job


def test_a_model_learns_from_a_set_and_makes_pictures_that_are_a_set_too(learned, tmp_path, monkeypatch):
    client, id, job = learned
    said = client.post("/api/verbs/train/estimate", json={"engine": "cocogan", "photo": id, "preset": "tiny"}).json()
    assert said["training"] == []  # it is there
    # How long a step takes depends on the processor: twice as many take twice as long on any.
    seconds = []
    for steps in ("100000", "200000"):
        more = {"engine": "cocogan", "photo": id, "preset": "tiny", "settings": {"steps": steps}}
        said = client.post("/api/verbs/train/estimate", json=more).json()
        assert said["training"] == ["cocogan"]
        seconds.append(said["seconds"])
    assert seconds[1] == pytest.approx(2 * seconds[0], rel=0.01)
    assert seconds[0] > 0
    assert client.get(f"/api/jobs/{job['id']}/files/{job['previews'][-1]}").status_code == 200
    (model,) = [one for one in client.get("/api/models").json() if one["name"] == job["model"]]
    assert (model["photo"], model["verbs"], model["finished"]) == (
        "faces",
        ["sample", "interpolate", "dissect", "invert"],
        True,
    )
    # The same as a command line would have learned from the same files.
    for i in range(8):
        (tmp_path / f"{i}.png").write_bytes(encoded(picture(24, 20, seed=i)))
    assert calotype.train("cocogan", tmp_path, preset="tiny", device="cpu").folder.name == job["model"]
    made = awaited(client, asked(client, "sample", model=job["model"], n=6, seed=3)["id"])
    assert made["state"] == "done", made
    with zipfile.ZipFile(io.BytesIO(client.get(f"/api/jobs/{made['id']}/archive").content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [f"faces_sample_{seed}.png" for seed in range(3, 9)]
    sheet = client.get(f"/api/jobs/{made['id']}/sheet").content
    assert min(Image.open(io.BytesIO(sheet)).size) > 2 * 16
    assert json.loads(Image.open(io.BytesIO(sheet)).text["calotype"])["sheet"] == 6
    other = client.post("/api/sets", json={"name": "made", "job": made["id"]}).json()
    assert (other["count"], other["source"], other["name"]) == (6, "sample", "made")
    known = client.get("/api/sets").json()
    with monkeypatch.context() as patched:  # the second of the pictures cannot be added
        patched.setattr(sets, "MOST_MEMBERS", 1)
        assert client.post("/api/sets", json={"name": "made", "job": made["id"]}).status_code == 422
    assert client.get("/api/sets").json() == known
    measures = "fid,kid,precision,coverage"
    found = asked(client, "evaluate", real=id, fakes=[other["id"]], metrics=measures, features="offline")
    found = awaited(client, found["id"])
    assert found["state"] == "done", found["message"]
    report = found["report"]
    assert (report["real"], report["fake"]) == (8, 6)
    assert {"fid", "kid", "precision", "coverage"} <= report["values"].keys()
    assert any("few" in note for note in report["notes"])


def test_what_sets_are_used_for_says_what_is_missing(learned):
    client, id, _ = learned
    photo = uploaded(client)
    for arguments, words in (
        ({"engine": "cocogan", "photo": photo}, "choose a set"),
        ({"engine": "cocogan", "photo": id, "purpose": "upscale"}, "What for"),
    ):
        answer = client.post("/api/verbs/train/estimate", json=arguments)
        assert words in answer.json()["error"]
        assert "--" not in answer.json()["error"]
    for arguments, words in (
        ({"real": photo, "fakes": [id], "metrics": "fid"}, "choose a set for both"),
        ({"real": id, "fakes": [photo], "metrics": "fid"}, "choose a set for both"),
    ):
        answer = client.post("/api/verbs/evaluate/jobs", json=arguments)
        assert answer.status_code == 422
        assert words in answer.json()["error"]
    for arguments, words in (
        ({"real": id, "fakes": [photo]}, "the photos are in a set"),
        ({"real": id, "fakes": [id], "metrics": "fidd"}, "did you mean 'fid'"),
        ({"real": id, "fakes": [id], "metrics": "fsd"}, "“Data” made"),
    ):
        job = awaited(client, asked(client, "evaluate", **arguments)["id"])
        assert job["state"] == "failed"
        assert words in job["message"]
        assert "--" not in job["message"]
        assert "/" not in job["message"].replace("http://", "")
        client.delete(f"/api/jobs/{job['id']}")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"real": "SET", "fakes": ["SET", "SET"]}, "leave out the rest"),
        ({"real": "SET", "fakes": ["SET"], "features": "/etc/passwd"}, "features"),
        ({"real": "SET", "fakes": ["SET"], "segmenter": "../weights.pth"}, "segmenter"),
        ({"real": "set-000000000000", "fakes": ["SET"]}, "upload it again"),
        ({"real": "set-../../../etc", "fakes": ["SET"]}, "real"),
    ],
)
def test_no_path_of_this_machine_is_taken(learned, arguments, words):
    client, id, _ = learned
    answer = client.post("/api/verbs/evaluate/jobs", json=json.loads(json.dumps(arguments).replace("SET", id)))
    assert answer.status_code in (404, 422)
    assert words in answer.json()["error"]


def test_a_set_that_is_learned_from_stays_as_it_is(learned):
    client, _, _ = learned
    id = a_set(client, "busy", 4)
    settings = {"steps": "100000"}
    job = asked(client, "train", engine="cocogan", photo=id, preset="tiny", settings=settings, device="cpu")
    working = awaited(client, job["id"], lambda one: one["stage"] == "parts" and one["share"] > 0)
    assert working["left"] is not None
    for answer in (
        put(client, id, "more.png", encoded(picture())),
        client.put(f"/api/sets/{id}", json={"name": "x"}),
        client.delete(f"/api/sets/{id}"),
    ):
        assert answer.status_code == 422
        assert "still needs this set" in answer.json()["error"]
    answer = client.delete("/api/data/kept")
    assert answer.status_code == 422
    assert "active jobs may need these files" in answer.json()["error"]
    client.post(f"/api/jobs/{job['id']}/stop")
    assert awaited(client, job["id"])["state"] == "stopped"
    (model,) = [one for one in client.get("/api/models").json() if one["photo"] == "busy"]
    assert not model["finished"]
    made = awaited(client, asked(client, "sample", model=model["name"], unfinished=True)["id"])
    assert made["state"] == "done", made
    refused = awaited(client, asked(client, "sample", model=model["name"])["id"])
    assert "resume its training under Jobs" in refused["message"]
    assert client.get(f"/api/models/{model['name']}/file").status_code == 422
    for one in (job, refused):
        assert client.delete(f"/api/jobs/{one['id']}").status_code == 204
    assert client.delete(f"/api/sets/{id}").status_code == 204


def test_a_verb_does_the_same_with_every_photo_of_a_set(learned):
    client, _, _ = learned
    id = a_set(client, "places", 4, folders=("wood", "hill"))
    assert put(client, id, "hill/thin.png", encoded(picture(600, 16))).status_code == 201
    said = client.post("/api/verbs/retarget/estimate", json={"photo": id, "factor": "1.5x1", "preset": "tiny"}).json()
    assert said["seconds"] > 0
    job = awaited(client, asked(client, "edges", photo=id, preset="tiny")["id"])
    assert job["state"] == "done", job
    names = [made["file"] for made in job["results"]]
    assert {"wood_0_edges_0.png", "hill_1_edges_0.png", "wood_2_edges_0.png", "hill_3_edges_0.png"} <= set(names)
    assert job["count"] == 5
    assert all(client.get(f"/api/jobs/{job['id']}/files/{name}").status_code == 200 for name in names)


# ---------------------------------------------------------------------------------------------------------------
# Models from elsewhere


def upload(client, files):
    id = client.post("/api/uploads").json()["id"]
    for name, data in files.items():
        for at in range(0, max(1, len(data)), 5000):
            answer = client.put(f"/api/uploads/{id}/{name}", params={"at": at}, content=data[at : at + 5000])
            assert answer.status_code == 200, answer.text
    return id


def test_a_model_is_saved_and_imported(learned):
    client, _, job = learned
    data = client.get(f"/api/models/{job['model']}/file").content
    assert client.delete(f"/api/models/{job['model']}").status_code == 204
    imported = client.post("/api/models", json={"upload": upload(client, {"faces.zip": data}), "name": "faces"})
    assert imported.json() == {"name": job["model"]}
    made = awaited(client, asked(client, "sample", model=job["model"])["id"])
    assert made["state"] == "done", made


@pytest.fixture
def answered_here(client, monkeypatch):
    """Questions are answered in this process, which knows no engine that is for tests alone."""
    from calotype.studio import queries

    monkeypatch.setattr(client.app.state.studio.queries, "ask", lambda q, **with_: queries.answer(q, with_))


@pytest.mark.usefixtures("answered_here")
def test_a_checkpoint_of_the_official_code_is_imported(client, place):
    folder = official.checkpoint(place / "official")
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    answer = client.post("/api/models", json={"upload": upload(client, files), "name": "my birds"})
    assert answer.status_code == 201, answer.text
    name = answer.json()["name"]
    assert name.startswith("my_birds-singan-")
    (model,) = [one for one in client.get("/api/models").json() if one["name"] == name]
    assert (model["preset"], model["finished"]) == ("imported", True)
    again = client.post("/api/models", json={"upload": upload(client, files), "name": "my birds"}).json()
    assert again == {"name": name}  # the same files are the same model
    assert not list((place / "home" / "uploads").glob("*"))
    client.delete(f"/api/models/{name}")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no model files"),
        ({"x.zip": b"PK\x03\x04 no zip"}, "damaged"),
        ({"Gs.pth": b"x", "Zs.pth": b"x", "reals.pth": b"x", "NoiseAmp.pth": b"x"}, "nothing in it was run"),
        ({"model.json": b"{}", "weights.safetensors": b""}, "model"),
    ],
)
@pytest.mark.usefixtures("answered_here")
def test_what_is_no_model_is_refused_and_thrown_away(client, place, files, words):
    answer = client.post("/api/models", json={"upload": upload(client, files), "name": "../../x"})
    assert answer.status_code == 422
    assert words in answer.json()["error"]
    assert str(place) not in answer.json()["error"]
    assert not list(model_store.root().glob("x-*"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"net.pkl": b"not a pickle"}, "'net.pkl' uses the pickle opcode"),
        ({"bad.zip": {"model.json": b"{}", "weights.safetensors": b""}}, "'bad'"),
        ({"bad.zip": {"birds/model.json": b"{}", "birds/weights.safetensors": b""}}, "'birds'"),
    ],
)
@pytest.mark.usefixtures("answered_here")
def test_refused_models_are_named_as_they_were_sent(client, files, words):
    sent = {name: data if isinstance(data, bytes) else zipped(data) for name, data in files.items()}
    answer = client.post("/api/models", json={"upload": upload(client, sent)})
    assert answer.status_code == 422
    assert words in answer.json()["error"]


@pytest.mark.usefixtures("answered_here")
def test_models_get_the_name_of_their_folder_or_zip(client, place):
    cfg = replace(stylegan.PRESETS["tiny"], resolution=16)
    saving.write(place / "net", "stylegan", cfg, stylegan.build(cfg).eval(), "", (16, 16))
    contents = {path.name: path.read_bytes() for path in (place / "net").iterdir()}
    inside = {f"birds/{name}": data for name, data in contents.items()}
    for files, name in (({"net.zip": zipped(inside)}, "birds"), ({"net.zip": zipped(contents)}, "net")):
        answer = client.post("/api/models", json={"upload": upload(client, files)})
        assert answer.status_code == 201, answer.text
        assert answer.json()["name"].startswith(f"{name}-stylegan-")
        client.delete(f"/api/models/{answer.json()['name']}")


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_an_upload_takes_no_paths_no_gaps_and_not_too_much(client, monkeypatch):
    from calotype.studio import file_upload

    id = upload(client, {"a.pth": b"12345"})
    for name in ("..%2f..%2fx", ".hidden", "%2e%2e", "a b.pth"):
        assert client.put(f"/api/uploads/{id}/{name}", content=b"x").status_code in (404, 405, 422)
    answer = client.put(f"/api/uploads/{id}/a.pth", params={"at": 3}, content=b"x")
    assert "a part of this file is missing" in answer.json()["error"]
    monkeypatch.setattr(file_upload, "MOST_BYTES", 8)
    assert client.put(f"/api/uploads/{id}/a.pth", params={"at": 5}, content=b"1234").status_code == 422
    monkeypatch.setattr(file_upload, "MOST_FILES", 1)
    assert client.put(f"/api/uploads/{id}/b.pth", content=b"1").status_code == 422
    assert client.delete(f"/api/uploads/{id}").status_code == 204
    assert client.delete(f"/api/uploads/{id}").status_code == 404
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../weights.safetensors", b"\0" * 100_000)
    monkeypatch.setattr(file_upload, "MOST_BYTES", 50_000)
    answer = client.post("/api/models", json={"upload": upload(client, {"bomb.zip": packed.getvalue()}), "name": "x"})
    assert "this zip has more" in answer.json()["error"]
    assert not list(model_store.root().glob("x-*"))


# ---------------------------------------------------------------------------------------------------------------
# Sets that anyone can have


@pytest.mark.usefixtures("answered_here")
def test_sets_that_anyone_can_have_are_listed_with_what_they_need(client):
    said = {one["name"]: one for one in client.get("/api/data").json()}
    assert said.keys() == set(SETS)
    assert all(one["licence"] and one["summary"] for one in said.values())
    assert (said["digits"]["tools"], said["digits"]["megabytes"], said["digits"]["count"]) == (["apt-get"], 96, 5000)
    assert said["views"]["tools"] == []
    told = client.post("/api/verbs/data/estimate", json={"name": "digits"}).json()
    assert "96 MB" in told["note"]
    assert "Apache-2.0" in told["note"]
    assert "did you mean 'digits'" in client.post("/api/verbs/data/jobs", json={"name": "digit"}).json()["error"]
    assert client.post("/api/verbs/data/jobs", json={"name": "digits", "out": "/tmp/x"}).status_code == 422


def made_here(monkeypatch, studio):
    """Jobs are done in this process, at once; what sets are made from is not fetched."""
    from calotype.data.packages import Fetched
    from calotype.studio import job_runner

    sheet = io.BytesIO()
    Image.effect_noise((2000, 1000), 90).convert("L").save(sheet, "PNG")
    fetched = type("Sheet", (Fetched,), {"files": lambda self, wanted: [("digits.png", sheet.getvalue())]})
    given, told = [], []

    def at_hand(package, folder=None):
        given.append([] if folder is None else [path.name for path in folder.iterdir()])
        return fetched(package, None)

    monkeypatch.setattr("calotype.tasks.data.fetched", at_hand)

    class Worker:
        status = 0

        def submit(self, task):
            slot = studio.jobs._slots.all[0]

            def say(fields):
                told.append(fields)
                studio.jobs._on_report(slot, slot.job, fields)

            class Context(TaskContext):
                def attach(self, run):
                    if studio.stopping:
                        run.stop()

            job_runner.do(task.spec, Context(), say)

    studio.stopping = False
    monkeypatch.setattr(studio.jobs._slots, "process", lambda slot: Worker())
    return told, given


def test_a_set_that_anyone_can_have_is_made_into_a_set(client, place, monkeypatch):
    studio = client.app.state.studio
    told, given = made_here(monkeypatch, studio)
    hand = upload(client, {"opencv-doc.deb": b"fetched by hand"})
    job = client.get(f"/api/jobs/{asked(client, 'data', name='digits', count=6, size=32, packages=hand)['id']}").json()
    assert given == [["opencv-doc.deb"]]
    assert client.post("/api/verbs/data/jobs", json={"name": "digits", "packages": "/etc"}).status_code == 422
    assert client.post("/api/verbs/data/jobs", json={"name": "digits", "packages": "0" * 16}).status_code == 404
    assert (job["state"], job["message"]) == ("done", "")
    assert any(fields.get("stage", "").startswith("creating the pictures") for fields in told)
    said = client.get(f"/api/sets/{job['set']}").json()
    assert (said["name"], said["count"], said["source"], said["licence"]) == (
        "digits",
        6,
        "digits",
        "Apache-2.0 (OpenCV)",
    )
    lines = (Sets(place / "home" / "sets").folder(job["set"]) / "samples.jsonl").read_text().splitlines()
    assert said["whole"]
    assert said["labels"] == Counter(str(json.loads(line)["label"]) for line in lines)
    members = client.get(f"/api/sets/{job['set']}/pictures").json()
    assert [one["file"] for one in members] == [f"images/{i:06d}.png" for i in range(6)]
    small = client.get(f"/api/sets/{job['set']}/pictures/{members[5]['id']}/thumbnail")
    assert Image.open(io.BytesIO(small.content)).format == "WEBP"
    assert "cannot be changed" in client.delete(f"/api/sets/{job['set']}/pictures/{members[0]['id']}").json()["error"]
    # What learns from it is told of its pictures alone, not of the maps and papers beside them.
    folder = Sets(place / "home" / "sets").folder(job["set"])
    assert (folder / "about.json").is_file()
    assert len(calotype.tasks.dataset.Dataset(folder).files) == 6
    assert client.delete(f"/api/sets/{job['set']}").status_code == 204


@pytest.mark.usefixtures("answered_here")
def test_what_is_kept_for_sets_is_told_and_deleted_when_nothing_is_at_work(client, place, monkeypatch):
    kept = place / "cache" / "packages" / "some.deb"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"x" * 1000)
    held = client.get("/api/data/kept").json()
    assert held["packages"] >= 1000
    busy = type("Job", (), {"state": "running"})
    with monkeypatch.context() as at_work:
        at_work.setattr(client.app.state.studio.jobs, "all", lambda: [busy])
        assert "stop them first" in client.delete("/api/data/kept").json()["error"]
    assert kept.exists()
    assert client.delete("/api/data/kept").json() == {"bytes": sum(held.values())}
    assert client.get("/api/data/kept").json() == {"packages": 0, "data": 0}


def test_a_set_whose_making_is_stopped_leaves_nothing(client, place, monkeypatch):
    studio = client.app.state.studio
    made_here(monkeypatch, studio)
    studio.stopping = True
    job = client.get(f"/api/jobs/{asked(client, 'data', name='digits', count=6)['id']}").json()
    assert job["state"] == "stopped"
    assert client.get(f"/api/sets/{job['set']}").json()["count"] == 0
    assert "still needs this set" in client.delete(f"/api/sets/{job['set']}").json()["error"]
    assert client.delete(f"/api/jobs/{job['id']}").status_code == 204
    assert client.get(f"/api/sets/{job['set']}").status_code == 404
    assert not (place / "home" / "sets" / job["set"]).exists()
