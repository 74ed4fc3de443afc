import json

from calotype.data.sets import SETS


def test_the_list(calotype):
    done = calotype("data")
    assert (done.returncode, done.stderr) == (0, "")
    for name in SETS:
        assert sum(line.startswith(f"{name} ") for line in done.stdout.splitlines()) == 1
        assert sum(line.startswith(f"{name}: ") for line in done.stdout.splitlines()) == 1  # its licences
    found = json.loads(calotype("data", "--json").stdout)
    assert [one["name"] for one in found] == list(SETS)
    assert all(one["licence"] for one in found)


def test_help_is_quick_and_says_what_there_is(calotype):
    done = calotype("data", "--help")
    assert done.returncode == 0
    assert "--packages" in done.stdout
    assert "--json" in done.stdout


def test_a_set_that_was_not_made_is_not_learned_from(calotype, tmp_path, monkeypatch):
    monkeypatch.setenv("CALOTYPE_CACHE", str(tmp_path / "cache"))
    for words in (("train", "cocogan", "digits"), ("evaluate", "digits", "digits", "--metrics", "kid")):
        done = calotype(*words)
        assert done.returncode == 1
        assert done.stderr == "calotype: the set 'digits' does not exist yet: run 'calotype data digits' first\n"


def test_what_is_kept_is_told_and_deleted(calotype, tmp_path, monkeypatch):
    where = tmp_path / "cache"
    monkeypatch.setenv("CALOTYPE_CACHE", str(where))
    folder = tmp_path / "set"
    (folder / "images").mkdir(parents=True)
    (folder / "about.json").write_text(json.dumps({"set": "digits"}))
    (folder / "samples.jsonl").write_text("{}")
    for kind, name, text in (("sets", "digits.json", json.dumps({"folder": str(folder)})), ("packages", "p", "x" * 10)):
        (where / kind).mkdir(parents=True, exist_ok=True)
        (where / kind / name).write_text(text)
    listed = calotype("data").stdout
    assert f"digits is in {folder}" in listed
    assert "1 MB of downloaded packages in the cache: calotype data --clean deletes them" in listed
    assert {one["name"]: one["folder"] for one in json.loads(calotype("data", "--json").stdout)}["digits"] == str(
        folder
    )
    for words in (("data", "--remove"), ("data", "digits", "--clean"), ("data", "digits", "--clean", "--remove")):
        assert calotype(*words).returncode == 2
    done = calotype("data", "digits", "--remove")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "1 MB freed\n")
    assert not folder.exists()
    assert calotype("data", "digits", "--remove").returncode == 1
    assert calotype("data", "--clean").returncode == 0
    assert calotype("data", "--clean").stderr == "there was nothing to delete\n"
