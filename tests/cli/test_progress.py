import io
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from calotype.cli.progress import Bar, Reporter, reporter
from calotype.tasks.eta import TimeEstimate, format_duration

from .conftest import PATIENCE, environment

EVENT = SimpleNamespace(kind="step", stage="level 3", step=4, steps=10)


def test_plain_lines_come_at_most_every_few_seconds(monkeypatch, capsys):
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    report = Reporter()
    with report.picture("bird_vary_0.png", 0, 4):
        for _ in range(120):
            now[0] += 0.1
            report._event(EVENT)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "bird_vary_0.png (1 of 4)" in lines[0]
    assert "level 3" in lines[0]


def test_quiet_is_quiet(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    with reporter(quiet=True) as report:
        report.say("hello")
        now[0] = 99
        report._event(EVENT)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_without_a_terminal_there_is_no_bar():
    with reporter(quiet=False) as report:
        assert not isinstance(report, Bar)


def on_a_terminal(tmp_path, arguments, more=(), look=lambda seen: None, **surroundings):
    """Run the command with a terminal as its standard error: what was seen there, the status and what was printed.

    ``look`` is shown all that was seen so far, whenever there is more.
    """
    import pty
    import subprocess

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "calotype", *arguments],
        cwd=tmp_path,
        env={**environment(*more), "TERM": "xterm", **surroundings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    seen = io.BytesIO()
    while True:
        try:
            block = os.read(ours, 4096)
        except OSError:  # what Linux says when the other end is closed
            break
        if not block:
            break
        seen.write(block)
        look(seen.getvalue())
    printed, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    return seen.getvalue(), (process.returncode, printed.decode().split())


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("no_color", [False, True])
def test_on_a_terminal_the_bar_keeps_off_standard_output(tmp_path, photo, no_color):
    surroundings = {"NO_COLOR": "1"} if no_color else {}
    said, done = on_a_terminal(tmp_path, ["vary", str(photo), "-n", "2", "--preset", "tiny"], **surroundings)
    assert done == (0, ["bird_vary_0.png", "bird_vary_1.png"])
    assert b"48x32 -> 2 pictures" in said
    assert b"bird_vary_1.png (2 of 2)" in said
    coloured = b"\x1b[3" in said or b"\x1b[9" in said
    assert coloured is not no_color
    assert Path(tmp_path, "bird_vary_1.png").is_file()


def test_remaining_time_goes_by_the_pace(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    at = {("a", 0): 0.0, ("a", 10): 0.25, ("b", 10): 1.0}
    model = SimpleNamespace(
        done_at=lambda stage, step, _: at[stage, step], cost=SimpleNamespace(seconds=100.0), done=lambda: 0.0
    )
    remaining = TimeEstimate(model)
    assert remaining.seconds("a", 0, 10) == 100
    now[0] = 10.0
    assert remaining.seconds("a", 10, 10) == 30
    assert remaining.seconds("b", 10, 10) == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.01, "a second"), (12.4, "12 s"), (95, "95 s"), (300, "5 min"), (9000, "2.5 h")]
)
def test_duration(seconds, text):
    assert format_duration(seconds) == text
