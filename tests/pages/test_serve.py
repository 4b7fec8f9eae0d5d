"""``stationmap serve``: one sentence and exit 2 where it cannot, the address where it can."""

import socket
import subprocess
import sys
import urllib.request

import pytest
from pages_town import town  # noqa: F401

from stationmap.cli.run import run


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
