"""The command ``calotype studio``: what it says when it cannot be opened, and when it is closed."""

import gzip
import signal
import socket

import pytest

from calotype.cli import main
from calotype.errors import InputError, OutputError
from calotype.studio import server
from calotype.studio.page_files import PAGE

from .browser import Server


def test_without_its_packages_one_line_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    assert main(["studio", "--no-browser"]) == 1
    assert capsys.readouterr().err == "calotype: the studio needs further packages: pip install 'calotype[studio]'\n"


def test_a_port_that_is_taken_is_said(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert main(["studio", "--no-browser", "--port", str(port), "--home", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"port {port}" in said
    assert "--port 0" in said
    assert said.count("\n") == 1


def test_a_host_that_is_none_is_said(tmp_path, capsys):
    assert main(["studio", "--no-browser", "--host", "no.such.host.invalid", "--home", str(tmp_path)]) == 1
    assert "cannot listen on no.such.host.invalid" in capsys.readouterr().err


def test_a_folder_is_for_one_studio_which_ctrl_c_closes(tmp_path, capsys):
    opened = Server(tmp_path)
    opened.start()
    try:
        assert main(["studio", "--no-browser", "--port", "0", "--home", str(tmp_path / "home")]) == 1
        said = capsys.readouterr().err
        assert "another studio uses" in said
        assert said.count("\n") == 1
    finally:
        assert opened.stop(signal.SIGINT) == 0


def test_where_others_can_reach_it_a_token_is_made_up(tmp_path, monkeypatch):
    heard = []

    def serve(serving, listening, ready, close):
        ready()

        async def nothing():
            return None

        return nothing()

    monkeypatch.setattr(server, "_serve", serve)
    monkeypatch.setattr(server, "_bound", lambda host, port: socket.create_server(("127.0.0.1", 0)))
    server.run(tmp_path, host="0.0.0.0", port=0, at_once=1, token=None, ready=heard.append)
    server.run(tmp_path, host="127.0.0.1", port=0, at_once=1, token=None, ready=heard.append)
    assert "?token=" in heard[0]
    assert len(heard[0].partition("?token=")[2]) >= 20
    assert heard[1].endswith("/")


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises((InputError, OutputError)):
        server.run(tmp_path / "file" / "home", host="127.0.0.1", port=0, at_once=1, token=None, ready=print)


def test_the_front_end_is_small():
    """A page without a build step stays light: what a browser fetches, compressed, in kB."""
    weight = 0
    for path in PAGE.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            weight += len(data) if path.suffix == ".webp" else len(gzip.compress(data))
    assert weight <= 300_000
