"""Estimates: corrected by what was measured on this machine, and updated while a job runs; by clocks of the tests."""

from types import SimpleNamespace

import pytest
from PIL import Image

from calotype.run import Event
from calotype.studio.job_progress import Progress
from calotype.studio.remaining import Remaining
from calotype.studio.stand_ins import with_stand_ins
from calotype.studio.times import Times, TimesFile, work_key
from calotype.types import Cost

from .conftest import asked, awaited, encoded, mask, picture, uploaded

ERASE = work_key("erase", "completion", "fast")


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Told(list):
    def last(self, name):
        return next(said[name] for said in reversed(self) if name in said)


def step(stage, number, count):
    return Event("step", stage, number, count)


def test_an_estimate_is_corrected_by_measurements_of_as_much_work():
    times = Times()
    assert times.corrected(ERASE, 10) == 10
    for estimate, seconds in ((1, 8), (1.1, 8.8), (0.9, 7.2), (20, 40), (22, 44), (18, 36)):
        times = times.with_measured(ERASE, estimate, seconds, {})
    assert times.corrected(ERASE, 1) == pytest.approx(8)
    assert times.corrected(ERASE, 20) == pytest.approx(40)


def test_work_that_was_never_done_here_is_corrected_by_work_like_it():
    times = Times().with_measured("vary gpnn fast", 2, 6, {})
    assert times.corrected("expand gpnn fast", 5) == pytest.approx(15)  # the same engine
    assert times.corrected(ERASE, 5) == pytest.approx(15)  # another one, on the same machine
    times = times.with_measured("vary completion fast", 1, 10, {})
    assert times.corrected(ERASE, 5) == pytest.approx(50)


def test_measured_times_are_there_after_a_restart_and_a_damaged_file_is_none(tmp_path):
    path = tmp_path / "times.json"
    TimesFile(path).learn({"key": ERASE, "estimate": 10, "seconds": 79, "stages": {"level 1 of 1": 1.0}})
    assert TimesFile(path).times.corrected(ERASE, 10) == pytest.approx(79)
    assert TimesFile(path).times.stages[ERASE] == {"level 1 of 1": 1.0}
    path.write_text('{"pairs": {"erase": [["a", 2]]}}')
    assert TimesFile(path).times == Times()


def test_what_is_left_is_never_less_than_the_steps_that_are_known_to_come():
    left = Remaining(10.0, 0.0)
    assert left.left(0) == 10
    left.step("level 1 of 1", 1, 8, 10.0)  # a step took as long as the whole was to take
    assert left.left(10.0) == pytest.approx(70)
    assert left.left(15.0) == pytest.approx(65)
    left.step("level 1 of 1", 4, 8, 40.0)
    assert left.left(40.0) == pytest.approx(40)
    assert left.done(40.0) == pytest.approx(0.5)


def test_work_that_takes_longer_than_expected_is_not_about_to_end():
    left = Remaining(10.0, 0.0)
    said = [left.left(now) for now in (5, 9.9, 11, 60, 120)]
    assert said[0] == pytest.approx(5)
    assert said[1] >= 0.9  # not "a second left" before it is due
    assert said[3] == pytest.approx(6)
    assert said[4] == pytest.approx(12)
    assert left.done(120) < 1


def test_stages_of_the_last_work_tell_how_far_it_is():
    before = Remaining(10.0, 0.0)
    before.step("coarse", 1, 1, 2.0)
    before.step("fine", 1, 1, 18.0)
    shares = before.stages(20.0)
    assert shares == {"coarse": pytest.approx(0.1), "fine": pytest.approx(0.9)}
    now = Remaining(10.0, 0.0, shares)
    now.step("coarse", 1, 1, 30.0)  # a tenth of the work took thirty seconds
    assert now.left(30.0) == pytest.approx(270)


def outputs(times, seconds, count, tmp_path, estimate=10.0):
    """Outputs that take so many seconds each, in a job of ``count``: what is told."""
    told, clock = Told(), Clock()
    progress = Progress(tmp_path, told.append, times, clock)
    progress.expect(ERASE, estimate, count, 0)
    yield told, 0
    for _ in range(count):
        progress.on_event(SimpleNamespace(kind="begun", training=None, event=None))
        for number in range(1, 5):
            clock.now += seconds / 4
            progress(step("level 1 of 1", number, 4))
            yield told, number
        progress.on_event(SimpleNamespace(kind="saved", training=None, event=None))


def test_a_job_is_estimated_anew_while_it_runs_and_teaches_the_next_one(tmp_path):
    left = []
    for told, number in outputs(Times(), 80.0, 3, tmp_path):
        if number:
            left.append((told.last("left"), number))
    # After the first step of the first output: three more are known, and two more outputs.
    assert left[0][0] >= 60
    # The second output is expected to take as long as the first did.
    assert left[4][0] == pytest.approx(60 + 80, rel=0.05)
    measured = [said["measured"] for said in told if "measured" in said]
    assert [round(one["seconds"]) for one in measured] == [80, 80, 80]
    times = Times()
    for one in measured:
        times = times.with_measured(**one)
    second = outputs(times, 80.0, 1, tmp_path)
    next(second)
    told, _ = next(second)
    assert told[0]["left"] == pytest.approx(80)


def test_the_remaining_time_is_told_without_events(tmp_path):
    told, clock = Told(), Clock()
    progress = Progress(tmp_path, told.append, Times(), clock)
    progress.expect(ERASE, 10.0, 1, 0)
    progress.picture()
    for expected in (8.0, 6.0):
        clock.now += 2
        progress.tick()
        assert told.last("left") == pytest.approx(expected)


def test_a_training_teaches_the_next_one(tmp_path):
    told, clock = Told(), Clock()
    model = SimpleNamespace(
        engine="singan", cost=Cost(120.0, 1), done=lambda: 0.0, done_at=lambda stage, step, steps: step / steps
    )
    progress = Progress(tmp_path, told.append, Times(), clock)
    progress.expect("train", 0.0, 0, 0, [("singan", 120.0)])
    with progress.ticking():
        progress.training(model)
        clock.now += 600
        progress(step("", 1, 4))
        assert told.last("left") == pytest.approx(1800)
    measured = told.last("measured")
    times = Times().with_measured(**measured)
    assert times.corrected("train singan", 120.0) == pytest.approx(2400)


@pytest.mark.parametrize("verb", ["erase", "harmonize", "relayout", "edit", "paint"])
def test_what_is_painted_can_be_estimated_before_it_is(client, verb):
    photo = uploaded(client, encoded(picture(160, 120, seed=3)), "wall.png")
    few, many = (
        client.post(f"/api/verbs/{verb}/estimate", params={"unpainted": share}, json={"photo": photo})
        for share in (0.01, 0.5)
    )
    assert few.status_code == many.status_code == 200, few.text
    assert few.json()["seconds"] > 0
    if verb == "erase":
        assert many.json()["seconds"] > few.json()["seconds"]
    # Without being asked to, nothing is assumed.
    assert client.post(f"/api/verbs/{verb}/estimate", json={"photo": photo}).status_code == 422


def test_a_picture_that_was_painted_is_not_replaced(tmp_path):
    picture(64, 48).save(tmp_path / "photo.png")
    given = {"photo": str(tmp_path / "photo.png"), "labels": "mine.png"}
    with with_stand_ins("relayout", given, 0.25) as whole:
        assert whole["labels"] == "mine.png"
        with Image.open(whole["target"]) as target:
            assert len(target.getcolors()) == 2


def test_the_next_job_is_estimated_by_what_the_last_one_took(client):
    photo = uploaded(client, encoded(picture(96, 64, seed=9)), "pond.png")
    hole = client.post("/api/pictures", params={"part": True}, content=mask(96, 64)).json()["id"]
    key = work_key("erase", "completion", "tiny")
    times = client.app.state.studio.times
    assert key not in times.times.pairs
    job = awaited(client, asked(client, "erase", photo=photo, mask=hole, preset="tiny")["id"])
    assert job["state"] == "done", job
    ((estimate, seconds),) = times.times.pairs[key]
    said = client.post("/api/verbs/erase/estimate", json={"photo": photo, "mask": hole, "preset": "tiny"}).json()
    assert said["seconds"] == pytest.approx(seconds, abs=0.006)  # told with two decimals
    assert estimate > 0
