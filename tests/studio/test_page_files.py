"""How the page is sent: compressed, and at addresses that browsers may keep."""

import gzip
import re

from calotype.studio.page_files import PAGE, key_of


def test_the_page_names_lasting_addresses(client):
    answer = client.get("/")
    assert answer.headers["cache-control"] == "no-cache"
    key = key_of(PAGE)
    names = re.findall(r'(?:href|src|data-page)="(/page/[^"#]*)', answer.text)
    assert len(names) > 10
    assert all(name.startswith(f"/page/{key}/") for name in names)
    for name in {name for name in names if not name.endswith("/")}:
        file = client.get(name)
        assert file.status_code == 200, name
        assert "immutable" in file.headers["cache-control"]
    # Of another key, and without one, files are as they are now.
    for name in (f"/page/{'0' * 12}/style.css", "/page/style.css"):
        file = client.get(name)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "no-cache"


def test_a_changed_file_has_another_address(tmp_path):
    (tmp_path / "a.js").write_text("1")
    before = key_of(tmp_path)
    (tmp_path / "a.js").write_text("2")
    assert key_of(tmp_path) != before


def test_text_is_compressed_where_it_is_accepted(client):
    for path in ("/", "/page/js/main.js", "/page/style.css", "/page/icons.svg", "/api/verbs"):
        packed = client.get(path, headers={"accept-encoding": "gzip"})
        plain = client.get(path, headers={"accept-encoding": "identity"})
        assert packed.headers["content-encoding"] == "gzip", path
        assert "content-encoding" not in plain.headers
        assert packed.content == plain.content
        assert int(packed.headers["content-length"]) < len(plain.content) / 2
        assert packed.headers["vary"] == "accept-encoding"


def test_pictures_are_not_compressed_again(client):
    answer = client.get("/page/verbs/vary.webp", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers
    assert len(gzip.compress(answer.content)) > 0.95 * len(answer.content)
