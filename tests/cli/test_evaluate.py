import json


def test_table_and_json_say_the_same(calotype, tmp_path, photo, picture):
    picture(64, 64).save(tmp_path / "a.png")
    picture(64, 64).rotate(180).save(tmp_path / "b.png")
    table = calotype("evaluate", photo, "a.png", "b.png")
    assert (table.returncode, table.stderr) == (0, "")
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
