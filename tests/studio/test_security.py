"""Who may ask, and what: the guard before the studio, uploads that are too large, paths that lead elsewhere."""

import io
import struct
import zlib

import pytest
from fastapi.testclient import TestClient

from calotype.studio import pictures, security
from calotype.studio.app import create
from calotype.studio.pictures import Pictures, safe_name
from calotype.studio.server import is_local

from .conftest import encoded, picture

HOST = {"host": "127.0.0.1:8765"}
WRITING = {"content-type": "application/octet-stream"}


def guarded(folder, token=None, host="127.0.0.1", most=pictures.MAX_BYTES):
    # Not entered: nothing is worked on, so no process is begun.
    app = security.Guard(create(folder), host=host, port=8765, token=token, most=most)
    return TestClient(app, base_url="http://127.0.0.1:8765", follow_redirects=False)


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    return guarded(tmp_path_factory.mktemp("guarded"))


@pytest.fixture(scope="module")
def remote(tmp_path_factory):
    return guarded(tmp_path_factory.mktemp("remote"), token="secret-token", host="0.0.0.0")


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765", "[::1]:8765"])
def test_this_machine_may_ask(local, host):
    assert local.get("/api/pictures", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *(
            "evil.example:8765",
            "evil.example",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:8765.evil.example",
            "192.168.0.5:8765",
        ),
        *("", "user@127.0.0.1:8765", "127.0.0.1:8765/", "[::1", "localhost:port"),
    ],
)
def test_a_foreign_name_that_points_here_is_turned_away(local, host):
    answer = local.get("/api/pictures", headers={"host": host})
    assert answer.status_code == 421
    assert "wrong host name" in answer.json()["error"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765", "file://"]
)
def test_pages_of_other_origins_may_not_write(local, origin):
    answer = local.post("/api/pictures", content=encoded(picture()), headers={**HOST, "origin": origin})
    assert answer.status_code == 403
    assert local.get("/api/pictures", headers=HOST).json() == []


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_pages_of_other_origins_may_not_read_or_embed(local, site):
    for path in ("/api/pictures", "/api/events", "/page/style.css"):
        assert local.get(path, headers={**HOST, "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}).status_code == 403
    opened = {**HOST, "sec-fetch-site": site, "sec-fetch-mode": "navigate"}
    assert local.get("/", headers=opened).status_code == 200  # a link may open it
    assert local.get("/api/jobs", headers=opened).status_code == 403
    assert local.post("/api/pictures", headers=opened).status_code == 403


def test_its_own_page_may(local):
    headers = {**HOST, "origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert local.post("/api/pictures", content=encoded(picture(seed=3)), headers=headers).status_code == 201


def test_nothing_from_elsewhere_is_loaded_and_nothing_is_framed(local):
    for path in ("/", "/api", "/page/style.css", "/api/pictures", "/nothing"):
        headers = local.get(path, headers=HOST).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_the_page_names_no_other_machine():
    from calotype.studio.page_files import PAGE

    for path in PAGE.rglob("*"):
        if path.suffix in (".html", ".css", ".js"):
            text = path.read_text("utf-8").replace("http://www.w3.org/", "")
            assert "http://" not in text, path
            assert "https://" not in text, path
            assert "@import" not in text, path


# ---------------------------------------------------------------------------------------------------------------
# A token, where other machines can ask


def test_without_the_token_nothing_is_said(remote):
    for path in ("/", "/api/pictures", "/page/style.css", "/api/openapi.json"):
        answer = remote.get(path, headers=HOST)
        assert answer.status_code == 401
        assert "token" in answer.json()["error"]
    assert remote.get("/?token=wrong", headers=HOST).status_code == 401
    assert remote.get("/api/pictures?token=secret-token", headers=HOST).status_code == 401  # only the page takes it so
    assert remote.get("/api/pictures", headers={**HOST, "authorization": "Bearer wrong"}).status_code == 401
    assert remote.get("/api/pictures", headers={**HOST, "cookie": f"{security.COOKIE}=wrong"}).status_code == 401
    assert remote.get("/api/pictures", headers={**HOST, "authorization": b"Bearer s\xe9cret"}).status_code == 401


def test_with_the_token_all_is(remote):
    assert remote.get("/api/pictures", headers={**HOST, "authorization": "Bearer secret-token"}).status_code == 200
    answer = remote.get("/?token=secret-token", headers=HOST)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    remote.cookies.clear()
    assert remote.get("/", headers={**HOST, "cookie": cookie.split(";")[0]}).status_code == 200


def test_addresses_may_ask_where_there_is_a_token_but_names_may_not(remote):
    token = {"authorization": "Bearer secret-token"}
    assert remote.get("/api/pictures", headers={"host": "192.168.0.5:8765", **token}).status_code == 200
    assert remote.get("/api/pictures", headers={"host": "evil.example:8765", **token}).status_code == 421


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_only_this_machine_can_reach(host, local):
    assert is_local(host) is local


# ---------------------------------------------------------------------------------------------------------------
# Too much


def bomb(width, height):
    """A PNG of a few hundred bytes that says it has very many pixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (8_000, 7_000), (2_000_000_000, 17)])
def test_a_decompression_bomb_is_refused_from_its_header(local, width, height):
    answer = local.post("/api/pictures", content=bomb(width, height), headers=HOST)
    assert answer.status_code == 422
    assert "megapixels" in answer.json()["error"]


def test_a_bomb_of_text_is_refused(tmp_path):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    whole = encoded(picture())
    text = chunk(b"zTXt", b"calotype\0\0" + zlib.compress(b"a" * (80 << 20)))
    with pytest.raises(pictures.InputError):
        Pictures(tmp_path).add(whole[:33] + text + whole[33:], "x.png")
    assert list(tmp_path.iterdir()) == []


def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(tmp_path):
    small = guarded(tmp_path, most=1000)
    assert small.post("/api/pictures", content=b"x" * 1001, headers=HOST).status_code == 413
    assert small.post("/api/verbs/vary/jobs", content=b" " * 1001, headers=HOST).status_code == 413
    for path in ("/api/pictures", "/api/settings", "/api/verbs/vary/jobs"):  # in chunks, without a length
        headers = HOST | {"content-type": "application/json"}
        answer = small.post(path, content=iter([b"x" * 600] * 3), headers=headers)
        assert answer.status_code == 413
        assert "send a smaller file" in answer.json()["error"]
    assert small.get("/api/jobs", headers={**HOST, "content-length": "no"}).status_code == 400
    assert small.get("/api/pictures", headers=HOST).json() == []


def test_a_body_that_is_no_json_is_said_to_be_none(local):
    headers = HOST | {"content-type": "application/json"}
    answer = local.post("/api/verbs/vary/jobs", content=b"{bad", headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"] == "the body is not valid JSON: send an object of arguments"


def test_nothing_half_written_stays_of_a_picture_that_is_refused(tmp_path):
    kept = Pictures(tmp_path)
    data = encoded(picture(200, 200))
    with pytest.raises(pictures.InputError):
        kept.add(data[: len(data) // 2], "cut.png")
    assert list(tmp_path.rglob("*")) == []
    assert kept.all() == []


# ---------------------------------------------------------------------------------------------------------------
# Paths


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("bird.png", "bird.png"),
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/absolute/Bird 2.png", "Bird 2.png"),
        ("..", "picture"),
        ("", "picture"),
        (".hidden", "hidden"),
        ("a\0b\nc.png", "a_b_c.png"),
        ("Käfer.jpg", "Käfer.jpg"),
        ("con:aux|<>?*.png", "con_aux_.png"),
    ],
)
def test_names_of_clients_are_made_safe(given, kept):
    assert safe_name(given) == kept


def test_very_long_names_are_cut(tmp_path):
    picture_kept = Pictures(tmp_path).add(encoded(picture()), "x" * 5000 + ".png")
    assert len(picture_kept.name) < 120


@pytest.mark.parametrize(
    "path",
    [
        "/page/../app.py",
        "/page/%2e%2e/app.py",
        "/page/..%2fapp.py",
        "/page//etc/passwd",
        "/page/%2Fetc%2Fpasswd",
        "/api/pictures/..%2f..%2fsecret/file",
        "/api/pictures/0123456789abcdef/../../x",
        "/api/jobs/20260101000000-00000000/files/..%2f..%2fjob.json",
        "/api/models/..%2f..%2fetc",
        "/api/models/%2e%2e/previews/x.png",
        "/api/models/x/previews/..%2fabout.json",
    ],
)
def test_no_path_leads_elsewhere(local, path):
    answer = local.get(path, headers=HOST)
    assert answer.status_code in (404, 405, 422), answer.text
    assert b"from calotype" not in answer.content
    assert b"root:" not in answer.content


def test_pictures_that_were_kept_are_found_again_and_strange_folders_are_not(tmp_path):
    kept = Pictures(tmp_path).add(encoded(picture()), "bird.png")
    (tmp_path / "evil").mkdir()
    (tmp_path / "evil" / "about.json").write_text('{"id": "../../x"}')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "about.json").write_text("{")
    again = Pictures(tmp_path)
    assert again.all() == [kept]
    assert again.path(kept.id).read_bytes() == encoded(picture())
    assert io.BytesIO(again.thumbnail(kept.id).read_bytes()).read(4) == b"RIFF"
