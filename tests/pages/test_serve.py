"""``stationmap serve``: one sentence and exit 2 where it cannot, the address where it can."""

import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from pages_town import town  # noqa: F401

from stationmap.city.answers import Answers
from stationmap.cli.run import run
from web.app import create_app
from web.cli import warm
from web.keeping import once


def test_a_port_in_use_is_one_sentence(town, capsys):  # noqa: F811
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run(["serve", str(town.path), "--port", str(port), "--lang", "en"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"port {port} is in use" in captured.err


@pytest.mark.parametrize(
    ("arguments", "sign"),
    [
        (["serve", "no-such-city"], "no-such-city"),
        (["serve", "TOWN", "--host", "no such host"], "no such host"),
        (["serve", "TOWN", "--port", "70000"], "--port"),
    ],
)
def test_what_cannot_be_served_is_said(town, capsys, arguments, sign):  # noqa: F811
    arguments = [str(town.path) if a == "TOWN" else a for a in arguments]
    assert run([*arguments, "--lang", "en"]) == 2
    error = capsys.readouterr().err
    assert sign in error
    assert "Traceback" not in error


def test_it_says_its_address_and_answers_there(town):  # noqa: F811
    command = [sys.executable, "-m", "stationmap", "serve", str(town.path), "--port", "0"]
    with subprocess.Popen(
        [*command, "--lang", "en"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline()
            address = line.split()[4]
            with urllib.request.urlopen(f"{address}healthz", timeout=30) as response:
                assert b'"ok"' in response.read()
        finally:
            process.terminate()
    assert address.startswith("http://127.0.0.1:")


def test_the_pages_answer_while_the_city_is_checked(town, monkeypatch):  # noqa: F811
    begun, go_on, check = threading.Event(), threading.Event(), Answers.check

    def slow(self, **asked):
        begun.set()
        assert go_on.wait(30)
        return check(self, **asked)

    monkeypatch.setattr(Answers, "check", slow)
    app = create_app(town.path)
    background = threading.Thread(target=warm, args=(app,), daemon=True)
    background.start()
    try:
        assert begun.wait(30)
        for address in ("/healthz", "/", "/api/v1/summary", "/api/v1/streets"):
            assert app.test_client().get(address).status_code == 200
    finally:
        go_on.set()
        background.join(30)
    assert app.test_client().get("/api/v1/rules").status_code == 200


def test_what_goes_wrong_in_the_background_is_logged(town, monkeypatch):  # noqa: F811
    def broken(self, **asked):
        raise RuntimeError("no such layer")

    monkeypatch.setattr(Answers, "check", broken)
    app, logged = create_app(town.path), []
    monkeypatch.setattr(app.logger, "exception", lambda words: logged.append(sys.exception()))
    warm(app)
    assert [str(error) for error in logged] == ["no such layer"]
    assert app.test_client().get("/api/v1/summary").status_code == 200


def test_threads_that_ask_together_wait_for_one():
    class Slow:
        lock = threading.RLock()
        made = 0

        @once
        def value(self):
            self.made += 1
            threading.Event().wait(0.05)
            return object()

    slow, together = Slow(), threading.Barrier(4)

    def ask(_):
        together.wait(10)
        return slow.value

    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(ask, range(4)))
    assert (len(found), slow.made) == (1, 1)
    assert found == {slow.value}


def asked(address, path, **headers):
    """Status of a page, asked with headers."""
    request = urllib.request.Request(f"{address}{path}", headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.parametrize(("proxy", "believed"), [("127.0.0.1", True), ("10.0.0.9", False)])
def test_only_the_named_proxy_is_believed_about_https(town, proxy, believed):  # noqa: F811
    command = [sys.executable, "-m", "stationmap", "serve", str(town.path), "--port", "0"]
    with subprocess.Popen(
        [*command, "--proxy", proxy, "--lang", "en"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            address = process.stdout.readline().split()[4].rstrip("/")
            outside = {"Host": "map.example", "X-Forwarded-For": "10.0.0.5"}
            assert asked(address, "/login") == 200
            assert asked(address, "/login", **outside) == 403
            assert asked(address, "/login", **outside, **{"X-Forwarded-Proto": "http"}) == 403
            over_https = asked(address, "/login", **outside, **{"X-Forwarded-Proto": "https"})
            assert over_https == (200 if believed else 403)
        finally:
            process.terminate()
