"""The inspectors' shell: the same for everybody, and its worker keeps all that it needs."""

import json
import re
import uuid

import pytest
from pages_town import client, own_town, town  # noqa: F401

import web.inspect
from stationmap.store import Change
from web.app import create_app
from web.words import catalogue

STATIC = web.inspect.STATIC


def file(path):
    """File behind an address of a static file."""
    return STATIC / path.removeprefix("/static/")


def kept(client):  # noqa: F811
    """What the worker keeps, read from its first line."""
    text = client.get("/inspect/sw.js").text
    return json.loads(text.split("const KEPT = ", 1)[1].split(";\n", 1)[0])


def test_the_worker_keeps_every_script_that_another_one_asks_for(client):  # noqa: F811
    files = set(kept(client)["files"])
    asked = set()
    for path in files:
        if path.endswith(".js") and "/vendor/" not in path:
            for other in re.findall(
                r'(?:from|import\()\s*"(\.[^"]+)"', file(path).read_text("utf-8")
            ):
                asked.add(f"/static/{(file(path).parent / other).resolve().relative_to(STATIC)}")
    assert "/static/js/inspect/app.js" in files
    assert asked
    assert asked <= files


def test_what_the_shell_links_is_kept_and_there(client):  # noqa: F811
    files, page = set(kept(client)["files"]), client.get("/inspect/").text
    linked = set(re.findall(r'(?:href|src)="(/static/[^"?]+)"', page))
    assert linked <= files
    assert [path for path in files if not file(path).is_file()] == []


def test_the_shell_opens_for_everybody_and_knows_nobody(client):  # noqa: F811
    answer = client.get("/inspect/")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "nonce=" not in answer.text, "a page that is kept cannot have a word of the day"


def test_only_the_shell_may_have_a_worker_and_pictures_of_its_own(client):  # noqa: F811
    policy = client.get("/inspect/").headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    other = client.get("/login").headers["Content-Security-Policy"]
    assert "blob:" not in other
    assert "worker-src" not in other


def test_another_word_or_file_makes_another_version(client, monkeypatch):  # noqa: F811
    before = kept(client)["version"]
    assert kept(client)["version"] == before
    texts = {**web.inspect.script_texts("zh"), "engine.update": "换了说法"}
    with monkeypatch.context() as other:
        other.setattr(web.inspect, "script_texts", lambda lang: texts)
        assert kept(client)["version"] != before
    assert kept(client)["version"] == before


def test_a_visit_makes_no_new_version(own_town):  # noqa: F811
    before = kept(create_app(own_town.path).test_client())["version"]
    was = own_town.now().version
    change = Change("station", "P0", {"address": "别处"})
    own_town.register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")
    app = create_app(own_town.path)
    assert app.extensions["stationmap"].now().version != was
    assert kept(app.test_client())["version"] == before


@pytest.mark.parametrize(("lang", "start"), [("zh", "/inspect/"), ("en", "/inspect/?lang=en")])
def test_the_manifest_opens_the_shell_in_its_language(client, lang, start):  # noqa: F811
    answer = client.get(f"/inspect/manifest.webmanifest?lang={lang}")
    assert answer.mimetype == "application/manifest+json"
    assert answer.json["start_url"] == start
    assert answer.json["scope"] == "/inspect/"


def test_every_text_that_a_script_names_is_in_the_page(client):  # noqa: F811
    page = client.get("/inspect/").text
    data = json.loads(page.split('id="page-data">', 1)[1].split("</script>", 1)[0])
    named = set()
    for path in kept(client)["files"]:
        if path.startswith("/static/js/inspect/"):
            text = file(path).read_text("utf-8")
            named |= set(re.findall(r'\bt\(\s*"([\w.]+)"', text))
            named |= set(re.findall(r'"(engine\.\w+)"', text))
    assert len(named) > 20
    assert named <= set(data["texts"])
    chinese = catalogue("zh")
    assert {text for key, text in data["texts"].items() if key.startswith("engine.")} <= set(
        chinese.values()
    )
