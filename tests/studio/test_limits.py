"""Several clients: API keys, limits of each client, turns in the queue, probes of supervisors."""

import asyncio
import json
import threading

import httpx2 as httpx
import pytest
from fastapi.testclient import TestClient

from calotype.cli import main
from calotype.errors import InputError
from calotype.studio import pictures, security
from calotype.studio.api_keys import ApiKeys, read_api_keys
from calotype.studio.app import create
from calotype.studio.forms import checked
from calotype.studio.job_queue import Turns
from calotype.studio.job_store import Job, Records
from calotype.studio.limits import Limiting, Limits, Rates
from calotype.studio.security import drained

from .browser import Server
from .conftest import encoded, picture

ALICE, BOB = "a" * 20, "b" * 20
KEYS = ApiKeys({"alice": ALICE, "bob": BOB})


def bearer(key):
    return {"authorization": f"Bearer {key}"}


def guarded(folder, token=None, limits=None):
    studio = create(folder, limits=limits or Limits())
    guard = security.Guard(studio, host="0.0.0.0", port=8765, token=token, most=pictures.MAX_BYTES, keys=KEYS)
    return TestClient(guard, base_url="http://studio.example.org", follow_redirects=False)


# ---------------------------------------------------------------------------------------------------------------
# Keys


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory):
    return guarded(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize("headers", [bearer(ALICE), bearer(BOB), {"x-api-key": ALICE}])
def test_a_key_is_enough_by_any_host_name(behind_a_proxy, headers):
    assert behind_a_proxy.get("/api/pictures", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers", [{}, bearer(""), bearer(ALICE[:-1]), bearer(ALICE + "a"), {"x-api-key": "é" * 20}, bearer("c" * 20)]
)
@pytest.mark.parametrize("host", ["studio.example.org", "127.0.0.1:8765"])
def test_without_a_key_nothing_is_told(behind_a_proxy, headers, host):
    encoded_headers = {name: value.encode("utf-8") for name, value in headers.items()}
    for path in ("/api/pictures", "/", "/metrics"):
        answer = behind_a_proxy.get(path, headers={**encoded_headers, "host": host.encode()})
        assert answer.status_code in (401, 421)
        assert ALICE not in answer.text


def test_a_token_still_opens_the_page(tmp_path):
    client = guarded(tmp_path, token="secret-token")
    assert client.get("/api/pictures", headers={"host": "127.0.0.1:8765"}).status_code == 401
    headers = {"host": "127.0.0.1:8765", **bearer("secret-token")}
    assert client.get("/api/pictures", headers=headers).status_code == 200
    assert client.get("/api/pictures", headers=bearer(ALICE)).status_code == 200


def test_every_key_is_compared(monkeypatch):
    compared = []

    def compare(one, other):
        compared.append(other)
        return one == other

    monkeypatch.setattr("calotype.studio.api_keys.secrets.compare_digest", compare)
    assert KEYS.client_of({b"x-api-key": ALICE.encode()}) == "alice"
    assert compared == [ALICE.encode(), BOB.encode()]


def test_a_body_beyond_the_limit_is_refused_with_a_key_too(behind_a_proxy):
    headers = {**bearer(ALICE), "content-length": str(pictures.MAX_BYTES + 1)}
    assert behind_a_proxy.post("/api/pictures", headers=headers).status_code == 413


def test_keys_from_a_file_and_the_environment(tmp_path, monkeypatch):
    path = tmp_path / "keys"
    path.write_text(f"# of the team\nalice {ALICE}\n\n{BOB}\n")
    keys = read_api_keys(path)
    assert keys.client_of({b"x-api-key": ALICE.encode()}) == "alice"
    assert keys.client_of({b"authorization": b"bearer " + BOB.encode()}) == "client2"
    monkeypatch.delenv("CALOTYPE_STUDIO_API_KEY", raising=False)
    assert read_api_keys(None) is None
    monkeypatch.setenv("CALOTYPE_STUDIO_API_KEY", ALICE)
    assert read_api_keys(None).client_of({b"x-api-key": ALICE.encode()}) == "client"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no keys"),
        ("short", "shorter than 16"),
        (f"a b {ALICE}", "more than a name and a key"),
        (f"{ALICE}\n{ALICE}", "twice"),
        (f"a/b {ALICE}", "other characters"),
        ("é" * 20, "ASCII"),
    ],
)
def test_keys_that_cannot_be_used(tmp_path, text, words):
    path = tmp_path / "keys"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=words) as refused:
        read_api_keys(path)
    assert ALICE not in str(refused.value)


def test_a_key_file_that_is_missing(tmp_path, capsys):
    assert main(["studio", "--no-browser", "--api-key-file", str(tmp_path / "none"), "--home", str(tmp_path)]) == 1
    assert "does not exist" in capsys.readouterr().err


def test_the_command_with_a_key_never_prints_it(tmp_path, monkeypatch):
    import httpx2 as httpx

    monkeypatch.setenv("CALOTYPE_STUDIO_API_KEY", ALICE)
    opened = Server(tmp_path)
    opened.start()
    try:
        address = opened.address.rstrip("/")
        assert ALICE not in address
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert httpx.get(f"{address}/api/pictures").status_code == 401
        assert httpx.get(f"{address}/api/pictures", headers=bearer(ALICE)).status_code == 200
        assert ALICE not in httpx.get(f"{address}/metrics", headers=bearer(ALICE)).text
    finally:
        assert opened.stop() == 0
    assert not any(ALICE.encode() in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


# ---------------------------------------------------------------------------------------------------------------
# Limits


def test_rates_fill_again():
    now = [0.0]
    rates = Rates(2.0, clock=lambda: now[0])
    assert [rates.wait("a") for _ in range(4)] == [0, 0, 0, 0]
    assert rates.wait("a") == pytest.approx(0.5)
    assert rates.wait("b") == 0
    now[0] = 0.5
    assert rates.wait("a") == 0
    assert rates.wait("a") > 0


def test_too_many_requests_of_one_client(tmp_path):
    client = guarded(tmp_path, limits=Limits(rate=1.0))
    answers = [client.get("/api/pictures", headers=bearer(ALICE)) for _ in range(4)]
    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    assert answers[3].status_code == 429
    assert int(answers[3].headers["retry-after"]) >= 1
    assert "too many requests" in answers[3].json()["error"]
    assert client.get("/api/pictures", headers=bearer(BOB)).status_code == 200
    assert client.get("/healthz").status_code == 200


def test_uploads_at_a_time():
    """Two uploads wait inside of the application while others are asked for."""

    async def work():
        leave, inside, sent = asyncio.Event(), [], []

        async def app(scope, receive, send):
            inside.append(scope["calotype.client"])
            await leave.wait()

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        limited = Limiting(app, Limits(uploads=1, upload_bytes=5 << 20), most=64 << 20)

        def asked(client, size, chunked=False):
            headers = [(b"transfer-encoding", b"chunked")] if chunked else [(b"content-length", str(size).encode())]
            scope = {"type": "http", "headers": headers, "calotype.client": client}

            async def send(message):
                if "status" in message:
                    sent.append((client, message["status"], dict(message["headers"])))

            return asyncio.ensure_future(limited(scope, receive, send))

        tasks = [asked("a", 3 << 20)]
        await asyncio.sleep(0)
        tasks += [asked("a", 1 << 20), asked("b", 3 << 20), asked("c", 0, chunked=True), asked("b", 1 << 20)]
        tasks += [asked("a", 10)]  # is no upload
        await asyncio.sleep(0)
        assert inside == ["a", "b", "a"]
        assert [(client, status) for client, status, _ in sent] == [("a", 429), ("b", 429), ("c", 429)]
        assert all(int(headers[b"retry-after"]) >= 1 for _, _, headers in sent)
        tasks[0].cancel()  # the client has vanished
        await asyncio.sleep(0)
        tasks.append(asked("a", 1 << 20))
        await asyncio.sleep(0)
        assert inside == ["a", "b", "a", "a"]
        leave.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (limited._uploads, limited._bytes) == ({}, 0)

    asyncio.run(work())


def test_waiting_jobs_of_one_client(tmp_path):
    client = guarded(tmp_path, limits=Limits(queued=2))
    photo = client.post("/api/pictures", content=encoded(picture()), headers=bearer(ALICE)).json()["id"]

    def asked(key):
        return client.post("/api/verbs/edges/jobs", json={"photo": photo}, headers=bearer(key))

    # Not entered: the queue is not open, so that jobs wait. The first is given to a process that is not begun.
    statuses = [asked(ALICE).status_code for _ in range(4)]
    assert statuses.count(201) >= 2
    answer = asked(ALICE)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "2 of your jobs" in answer.json()["error"]
    assert asked(BOB).status_code == 201


def test_clients_take_turns():
    queue = [Job(str(i), "vary", {}, client=client) for i, client in enumerate("aaaabbc")]
    turns, running, order = Turns(), [], []
    while queue:
        running = [*running[-1:], turns.take(queue, running[-1:])]
        order.append(running[-1].client)
    assert "".join(order) == "abcabaa"


def test_records_without_a_client_are_read(tmp_path):
    records = Records(tmp_path)
    job = records.new("vary", {}, client="alice")
    path = records.place(job) / "job.json"
    assert records.load()[0].client == "alice"
    path.write_text(path.read_text().replace(',\n "client": "alice"', ""))
    assert records.load()[0].client == ""


# ---------------------------------------------------------------------------------------------------------------
# Probes


def test_probes(client):
    assert client.get("/healthz").json() == {"state": "alive"}
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"state": "ready"})


def test_not_ready_before_the_queue_is_open(tmp_path):
    unopened = TestClient(create(tmp_path))
    assert unopened.get("/healthz").status_code == 200
    assert unopened.get("/readyz").status_code == 503


def test_probes_need_no_token_and_no_name(tmp_path):
    client = guarded(tmp_path, token="secret-token")
    for path in ("/healthz", "/readyz"):
        answer = client.get(path, headers={"host": "10.1.2.3:8765"})
        assert answer.status_code in (200, 503)
        assert "x-content-type-options" in answer.headers
    assert client.post("/healthz", headers={"host": "10.1.2.3:8765"}).status_code == 401


# ---------------------------------------------------------------------------------------------------------------
# Clients that vanish


def test_an_upload_that_is_broken_off_is_no_fault_of_the_server(tmp_path, caplog):
    """The rest of the body never comes: the connection is closed."""
    sent, studio = [], create(tmp_path)
    messages = [
        {"type": "http.request", "body": b"part", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message.get("status"))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/api/pictures",
        "raw_path": b"/api/pictures",
        "query_string": b"name=a.png",
        "root_path": "",
        "headers": [(b"content-length", b"1000")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(studio(scope, receive, send))
    assert sent[0] == 400
    assert "Traceback" not in caplog.text


def test_jobs_are_less_urgent_than_answers(monkeypatch):
    import os

    from calotype.studio import queries

    said = []
    monkeypatch.setattr(os, "nice", said.append, raising=False)
    monkeypatch.setattr(queries, "ENGINES", {})
    queries.prepare()
    assert said == [10]


def test_the_list_of_verbs_is_made_once(client):
    from calotype.studio.forms import VERBS, form

    assert client.get("/api/verbs").json() == json.loads(json.dumps([form(verb) for verb in VERBS]))


def test_probes_are_not_limited(tmp_path):
    """What supervises the studio asks as often as it likes."""
    from fastapi.testclient import TestClient

    from calotype.studio.app import create
    from calotype.studio.limits import Limits

    with TestClient(create(tmp_path, limits=Limits(rate=0.5))) as client:
        assert {client.get("/healthz").status_code for _ in range(5)} == {200}
        assert 429 in {client.get("/api/pictures").status_code for _ in range(5)}


@pytest.mark.parametrize("most", [5, 100])
def test_the_body_of_a_refused_request_is_read_before_the_answer(most):
    """A client that is still sending when the connection is closed does not see the answer."""
    left = [b"abc", b"def", b"ghi"]

    async def receive():
        part = left.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    asyncio.run(drained(receive, most=most))
    assert left == ([b"ghi"] if most == 5 else [])


def test_a_refused_body_that_does_not_come_is_not_waited_for_long():
    async def receive():
        await asyncio.Event().wait()

    asyncio.run(drained(receive, seconds=0.01))


def test_a_refused_upload_is_read_to_its_end():
    left, sent = [bytes(2**20)] * 3, []

    async def receive():
        part = left.pop()
        return {"type": "http.request", "body": part, "more_body": bool(left)}

    async def send(message):
        sent.append((message.get("status"), len(left)))

    scope = {"type": "http", "headers": [(b"content-length", b"3145728")], "calotype.client": "a"}
    asyncio.run(Limiting(None, Limits(uploads=0), most=64 << 20)(scope, receive, send))
    assert sent == [(429, 0), (None, 0)]


def test_the_event_loop_does_not_wait_for_a_record_that_is_written(tmp_path, monkeypatch):
    studio = create(tmp_path)
    begun, written = threading.Event(), threading.Event()

    def wake():
        begun.set()
        assert written.wait(20)

    monkeypatch.setattr(studio.state.studio.jobs, "wake", wake)

    async def work():
        transport = httpx.ASGITransport(app=studio)
        async with httpx.AsyncClient(transport=transport, base_url="http://studio.example.org") as http:
            upload = asyncio.ensure_future(http.post("/api/pictures", content=encoded(picture())))
            while not begun.is_set():
                await asyncio.sleep(0.01)
            assert (await http.get("/api/pictures")).status_code == 200  # answered meanwhile
            written.set()
            assert (await upload).status_code == 201

    asyncio.run(work())


def test_settings_name_no_files_of_the_server():
    with pytest.raises(InputError, match="names a file of this machine"):
        checked("train", {"settings": {"classifier": "vgg16", "classifier_file": "/etc/hostname"}})
