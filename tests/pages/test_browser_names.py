"""The places where one is signed in are told by browser and system, not by what these send."""

import pytest
import signed_in
from pages_town import town  # noqa: F401

from stationmap.store import sessions
from web.app import create_app

MOZILLA = "Mozilla/5.0"
KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.fixture(scope="module")
def client(town):  # noqa: F811
    return signed_in.client(create_app(town.path))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            f"{MOZILLA} (Windows NT 10.0; Win64; x64) {KIT} Chrome/149.0 Safari/537.36",
            "Chrome · Windows",
        ),
        (
            f"{MOZILLA} (Windows NT 10.0) {KIT} Chrome/149.0 Safari/537.36 Edg/149.0",
            "Edge · Windows",
        ),
        (
            f"{MOZILLA} (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox · Linux",
        ),
        (
            f"{MOZILLA} (Macintosh; Intel Mac OS X 14_0) {KIT} Version/18 Safari/605.1",
            "Safari · macOS",
        ),
        (
            f"{MOZILLA} (iPhone; CPU iPhone OS 18_0 like Mac OS X) {KIT} MicroMessenger/8.0",
            "微信 · iPhone",
        ),
        (
            f"{MOZILLA} (Linux; Android 15) {KIT} Chrome/149.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        ("", "其他浏览器"),
        ("{0} <b>", "其他浏览器"),
    ],
)
def test_a_browser_is_told_by_its_name(client, agent, name):
    register, now = (
        client.application.extensions["city"].register,
        client.application.config["CLOCK"](),
    )
    sessions.end(register, client.account.id)
    sessions.begin(register, client.account.id, address="10.0.0.9", agent=agent, now=now)
    signed_in.sign_in(client, client.account)
    page = client.get("/account").text
    assert f">{name}</td>" in page
    assert f">{MOZILLA}" not in page
    assert "<b>" not in page
