"""Measures of the studio for Prometheus."""

from prometheus_client.parser import text_string_to_metric_families

from .conftest import asked, awaited, uploaded


def measures(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_jobs_and_requests_are_counted(client):
    before = measures(client)
    job = asked(client, "edges", photo=uploaded(client))
    assert awaited(client, job["id"])["state"] == "done"
    after = measures(client)

    def grown(name, **labels):
        key = (name, *sorted(labels.items()))
        return after.get(key, 0) - before.get(key, 0)

    assert grown("calotype_jobs", state="done") == 1
    assert grown("calotype_jobs_ended_total", verb="edges", state="done") == 1
    assert grown("calotype_job_seconds_count", verb="edges") == 1
    assert grown("calotype_request_seconds_count", method="POST", route="/api/verbs/edges/jobs", status="201") == 1
    # Routes are told by their templates, so that ids make no measures of their own.
    assert grown("calotype_request_seconds_count", method="GET", route="/api/jobs/{id}", status="200") >= 1
    assert not any(job["id"] in str(key) for key in after)


def test_a_job_that_changes_after_its_end_is_counted_once(client):
    before = measures(client)
    job = asked(client, "edges", photo=uploaded(client))
    name = awaited(client, job["id"])["results"][0]["file"]
    assert client.put(f"/api/jobs/{job['id']}/results/{name}", json={"kept": True}).status_code == 200
    key = ("calotype_jobs_ended_total", ("state", "done"), ("verb", "edges"))
    assert measures(client)[key] - before.get(key, 0) == 1
