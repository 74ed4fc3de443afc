"""A studio at rest has no process with torch, and begins one again when somebody comes back."""

import time

from calotype.studio.job_slots import IDLE

from .conftest import asked, awaited, uploaded, wait_until


def processes(studio):
    return [slot.worker for slot in studio.jobs._slots.all if slot.worker is not None]


def test_processes_without_work_end_and_begin_again(client):
    studio = client.app.state.studio
    photo = uploaded(client)
    assert awaited(client, asked(client, "edges", photo=photo, engine="canny")["id"])["state"] == "done"
    assert client.post("/api/verbs/edges/estimate", json={"photo": photo}).status_code == 200
    (worker,) = processes(studio)
    studio.rest(time.time() + IDLE / 2)
    assert processes(studio) == [worker]
    studio.rest(time.time() + IDLE + 1)
    assert processes(studio) == []
    assert studio.queries._worker is None
    wait_until(lambda: worker.status is not None)
    assert client.post("/api/wake").status_code == 204
    assert len(processes(studio)) == 1
    studio.rest(time.time() + IDLE + 1)
    # Who chooses something is about to ask for a job.
    assert client.post("/api/verbs/edges/estimate", json={"photo": photo}).status_code == 200
    assert len(processes(studio)) == 1
    assert awaited(client, asked(client, "edges", photo=photo, engine="canny")["id"])["state"] == "done"


def test_a_process_at_work_is_left_alone(client, hold):
    studio = client.app.state.studio
    hold.at()
    job = asked(client, "vary", photo=uploaded(client), preset="tiny", n=2)
    awaited(client, job["id"], lambda one: one["state"] == "working")
    before = processes(studio)
    studio.rest(time.time() + 10 * IDLE)
    assert processes(studio) == before
    hold.release()
    assert awaited(client, job["id"])["state"] == "done"
