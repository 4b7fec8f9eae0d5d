"""The interface of inspections: every answer of it, and that it keeps to one's own stations."""

import datetime as dt
import hashlib
import io
import uuid

import pytest
import signed_in
from pages_town import own_town, place, town  # noqa: F401
from PIL import Image

from stationmap.store.events import Change
from web.app import create_app

API = "/api/v1/inspect"
WEST, EAST = "330802", "330803"
NOW = dt.datetime(2026, 3, 5, 4, 0, tzinfo=dt.UTC)


@pytest.fixture
def app(own_town):  # noqa: F811
    app = create_app(own_town.path)
    app.config["CLOCK"] = lambda: NOW
    return app


@pytest.fixture
def inspector(app):
    return signed_in.client(app, role="inspector", adcode=WEST)


def jpeg(*, size=(640, 480), colour="red"):
    stream = io.BytesIO()
    Image.new("RGB", size, colour).save(stream, "JPEG")
    return stream.getvalue()


def head(client, **more):
    if not hasattr(client, "csrf"):
        client.csrf = client.get(f"{API}/me").json["csrf"]
    return {"X-CSRFToken": client.csrf, **more}


def upload(client, data, *, photo=None, piece=1_000_000):
    """Send a photo as a phone does; its id."""
    own = photo or str(uuid.uuid4())
    told = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    answer = client.put(f"{API}/photos/{own}", json=told, headers=head(client))
    assert answer.status_code == 200, answer.text
    offset = answer.json["offset"]
    while not answer.json.get("photo"):
        headers = head(client, **{"Upload-Offset": str(offset)})
        part = data[offset : offset + piece]
        answer = client.patch(f"{API}/photos/{own}", data=part, headers=headers)
        assert answer.status_code == 200, answer.text
        offset = answer.json["offset"]
    return own


def visit(client, station="P0", **more):
    """What a phone sends of a visit of these answers."""
    me = client.get(f"{API}/me").json
    return {
        "id": str(uuid.uuid4()),
        "station_id": station,
        "checklist": me["checklist"],
        "visit": me["visits"][0]["id"],
        "claimed_at": NOW.isoformat(),
        "sent_at": NOW.isoformat(),
        "seen": None,
        "answers": {"visit#1": "met", "visit#2": "met"},
        **more,
    }


def send(client, sent):
    return client.post(f"{API}/visits", json=sent, headers=head(client))


def test_a_phone_learns_who_it_is_and_by_what_it_inspects(inspector):
    me = inspector.get(f"{API}/me").json
    assert me["account"]["id"] == inspector.account.id
    assert [v["id"] for v in me["visits"]] == ["call", "supervision", "covert"]
    words = inspector.get(f"{API}/checklists/{me['checklist']}").json
    assert [line["key"] for line in words["lines"]][:2] == ["visit#1", "visit#2"]
    assert words["supplies"]
    assert words["conditions"]
    register = inspector.application.extensions["city"].register
    assert register.get("checklist", me["checklist"])["content"]["pack"] == words["pack"]


def test_a_visit_with_a_photo_is_kept_once_and_shown(inspector):
    photo = upload(inspector, jpeg())
    sent = visit(inspector, photos={"visit#1": [photo]}, notes={"visit#1": "开着"})
    first, second = send(inspector, sent), send(inspector, {**sent, "sent_at": ""})
    assert (first.status_code, second.status_code) == (201, 200), first.text
    assert (first.json["number"], first.json["at"]) == (second.json["number"], second.json["at"])
    assert second.json["again"]
    site = inspector.get(f"{API}/sites/P0").json
    assert site["lines"]["visit#1"]["photos"] == [photo]
    assert site["lines"]["visit#1"]["note"] == "开着"
    assert site["seen"] == sent["id"] == site["last"]["id"]
    one = inspector.get(f"{API}/visits/{sent['id']}").json
    assert [(line["key"], line["photos"]) for line in one["lines"]][0] == ("visit#1", [photo])
    listed = inspector.get(f"{API}/sites/P0/visits").json
    assert [v["id"] for v in listed["visits"]] == [sent["id"]]
    picture = inspector.get(f"/inspect/photos/{photo}.jpg?size=thumb")
    assert picture.mimetype == "image/jpeg"
    assert max(Image.open(io.BytesIO(picture.data)).size) == 320
    assert inspector.get(f"{API}/photos/{photo}").json["photo"]
