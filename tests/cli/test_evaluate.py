import json


def test_table_and_json_say_the_same(calotype, tmp_path, photo, picture):
    picture(64, 64).save(tmp_path / "a.png")
    picture(64, 64).rotate(180).save(tmp_path / "b.png")
    table = calotype("evaluate", photo, "a.png", "b.png")
    assert table.returncode == 0
    assert all(line.startswith("measuring: ") for line in table.stderr.splitlines())  # how far it is, where it is slow
    head, first, second, median, *_ = table.stdout.splitlines()
    assert head.split()[0] == "result"
    assert [line.split()[0] for line in (first, second, median)] == ["a", "b", "median"]
    found = json.loads(calotype("evaluate", photo, "a.png", "b.png", "--json").stdout)
    assert first.split()[head.split().index("sliced")] == f"{found['rows'][0]['sliced']:.4g}"


def test_weights_that_are_not_there(calotype, photo):
    done = calotype("evaluate", photo, photo, "--weights", "nowhere.pt")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert "nowhere.pt" in done.stderr


def test_two_folders_as_sets(calotype, tmp_path, picture):
    for name, turn in (("real", 0), ("made", 180)):
        (tmp_path / name).mkdir()
        for i in range(8):
            picture(32 + i, 40).rotate(turn).save(tmp_path / name / f"{i}.png")
    words = ("evaluate", "real", "made", "--features", "offline")
    done = calotype(*words, "--metrics", "fid,kid")
    assert done.returncode == 0
    head, first, second, *rest = done.stdout.splitlines()
    assert head.split() == ["measure", "value"]
    assert (first.split()[0], second.split()[0]) == ("fid", "kid")
    assert "halves of the real set" in first
    assert any("8 real pictures, 8 generated ones; features: offline" in line for line in rest)
    found = json.loads(calotype(*words, "--json").stdout)
    assert first.split()[1] == f"{found['values']['fid']:.4g}"
    assert {"precision", "recall", "density", "coverage"} < set(found["values"])


def test_sets_that_cannot_be_compared(calotype, tmp_path, photo):
    for words, status, said in (
        (("photos", "photos", "--metrics", "fidd"), 2, "did you mean 'fid'"),
        (("photos", photo, "--metrics", "fid"), 1, "is not a folder"),
        (("photos", photo, photo, "--metrics", "fid"), 2, "give two folders"),
        (("photos", "photos", "--features", "nowhere.pth"), 1, "nowhere.pth"),
        (("photos", "photos", "--metrics", "fid", "--features", "offline"), 1, "give more"),
    ):
        done = calotype("evaluate", *words)
        assert (done.returncode, done.stdout) == (status, ""), done
        assert len(done.stderr.splitlines()) == 1
        assert said in done.stderr


def test_two_folders_say_what_they_are_measured_as(calotype, tmp_path, picture):
    for name in ("real", "made"):
        (tmp_path / name).mkdir()
        picture(40, 40).save(tmp_path / name / "a.png")
    (tmp_path / "made" / "b.png").write_bytes(b"broken")
    picture(40, 40).save(tmp_path / "real" / "b.png")
    done = calotype("evaluate", "real", "made")
    assert done.returncode == 0
    assert done.stderr.splitlines()[0].startswith("measuring: 2 pairs of photo and result, about ")
    assert "give --metrics fid,kid" in done.stderr
    assert any(line.startswith("not measured: 'made/b.png'") for line in done.stdout.splitlines())
