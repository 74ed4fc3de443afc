"""Requests that nobody would think of, made from the interface's own description."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is missing: the interface is not fuzzed")

from schemathesis import GenerationMode  # noqa: E402

from calotype.studio.app import create  # noqa: E402
from calotype.studio.forms import VERBS as FORMS  # noqa: E402

from .conftest import TestClient, encoded, picture  # noqa: E402

BINARY = {"content-type": "application/octet-stream"}


ANSWERS = {"clean": 0, "engines": {}, "models": [], "data": [], "import_model": "a-model", "live": b""}


# Made at import, where there are no fixtures; deleted when Python ends.
FOLDER = tempfile.TemporaryDirectory(prefix="fuzzed")


def application():
    app = create(Path(FOLDER.name))
    studio = app.state.studio
    # No process is begun: what is tried here is what comes before the work.
    studio.queries.ask = lambda question, **arguments: ANSWERS.get(question, {})
    studio.jobs._dispatch = studio.jobs.wake = lambda: None
    return app


APP = application()
DESCRIBED = APP.openapi()
# Verbs of every kind; the others have no argument of a kind that these have not.
VERBS = ("vary", "retarget", "erase", "relayout", "animate", "train", "evaluate", "data")
OTHERS = tuple(f"/api/verbs/{verb}/" for verb in FORMS if verb not in VERBS)
# A stream of events does not end.
OPERATIONS = [
    operation.ok()
    for operation in schemathesis.openapi.from_dict(DESCRIBED).get_all_operations()
    if operation.ok().path != "/api/events" and not operation.ok().path.startswith(OTHERS)
]


@pytest.fixture(scope="module")
def client():
    client = TestClient(APP, base_url="http://127.0.0.1")
    client.post("/api/pictures", content=encoded(picture()))
    return client


def asked(client, case):
    how = case.as_transport_kwargs(base_url="http://127.0.0.1")
    body = {name: how[name] for name in ("json", "data") if how.get(name) is not None}
    if isinstance(body.get("data"), bytes | str):
        body["content"] = body.pop("data")
    headers = {name: value for name, value in how.get("headers", {}).items() if value.isascii() and value.isprintable()}
    return client.request(
        how["method"],
        how["url"],
        params=how.get("params"),
        headers=headers,
        **body,
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
def test_no_request_breaks_the_studio(client, operation):
    modes = [operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)]
    known = {int(code) for code in DESCRIBED["paths"][operation.path][operation.method]["responses"]}

    @settings(
        max_examples=8,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(modes))
    def tried(case):
        answer = asked(client, case)
        assert answer.status_code in known | {404, 405}, answer.text
        assert answer.status_code < 500, answer.text
        if answer.status_code >= 400:
            assert set(answer.json()) == {"error"}
            assert "\n" not in answer.json()["error"]

    tried()
