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
