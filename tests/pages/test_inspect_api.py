"""The interface of inspections: every answer of it, and that it keeps to one's own stations."""

import datetime as dt
import errno
import hashlib
import io
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import signed_in
from pages_town import own_town, place, town  # noqa: F401
from PIL import Image

from stationmap.city import photos, visits
from stationmap.errors import RegisterError
from stationmap.store import Register
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
    assert (one["lines"][0]["key"], one["lines"][0]["photos"]) == ("visit#1", [photo])
    listed = inspector.get(f"{API}/sites/P0/visits").json
    assert [v["id"] for v in listed["visits"]] == [sent["id"]]
    picture = inspector.get(f"/inspect/photos/{photo}.jpg?size=thumb")
    assert picture.mimetype == "image/jpeg"
    assert max(Image.open(io.BytesIO(picture.data)).size) == 320
    assert inspector.get(f"{API}/photos/{photo}").json["photo"]


# -- who may ------------------------------------------------------------------------------------


def test_without_a_session_nothing_is_taken_and_nothing_lost(app):
    nobody = app.test_client()
    for path in ("me", "sites", "sites/P0", "taken?ids=P0", "checklists/x"):
        answer = nobody.get(f"{API}/{path}")
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    own = uuid.uuid4()
    for method, path in (("post", "visits"), ("put", f"photos/{own}"), ("patch", f"photos/{own}")):
        assert getattr(nobody, method)(f"{API}/{path}", json={}).status_code == 401


def test_a_page_of_who_was_signed_in_before_learns_and_sends_nothing(app, inspector):
    other = signed_in.client(app, role="inspector", adcode=WEST)
    theirs = {"X-Account": other.account.id}
    own = {"X-Account": inspector.account.id}
    for path in ("sites?list=today", "sites/P0", "taken?ids=P0"):
        assert inspector.get(f"{API}/{path}", headers=own).status_code == 200
        assert inspector.get(f"{API}/{path}", headers=theirs).status_code == 401
    sent = visit(inspector)
    answer = inspector.post(f"{API}/visits", json=sent, headers=head(inspector, **theirs))
    assert answer.status_code == 401
    assert not app.extensions["city"].register.rows("inspection")


def test_a_planner_may_not_and_a_form_of_others_is_not_taken(app, inspector):
    planner = signed_in.client(app, role="planner")
    assert planner.get(f"{API}/me").status_code == 403
    sent = visit(inspector)
    assert inspector.post(f"{API}/visits", json=sent).status_code == 403
    assert send(inspector, sent).status_code == 201


def test_a_station_out_of_scope_is_not_there(app, inspector):
    stranger = signed_in.client(app, role="inspector", adcode=EAST)
    sent = visit(inspector)
    assert send(inspector, sent).status_code == 201
    photo = upload(inspector, jpeg())
    more = visit(inspector, photos={"": [photo]})
    assert send(inspector, more).status_code == 201
    for path in (
        f"{API}/sites/P0",
        f"{API}/sites/P0/visits",
        f"{API}/visits/{sent['id']}",
        f"{API}/photos/{photo}",
        f"/inspect/photos/{photo}.jpg",
    ):
        assert inspector.get(path).status_code == 200, path
        assert stranger.get(path).status_code == 404, path
    assert stranger.get(f"{API}/taken?ids=P0,P640").json["sites"][0]["station_id"] == "P640"
    ids = {s["station_id"] for s in stranger.get(f"{API}/sites?list=all").json["sites"]}
    assert ids == {"P640", "HOSTILE"}
    refused = send(stranger, visit(stranger))
    assert refused.status_code == 404
    assert "仍在手机上" in refused.json["detail"]
    log = app.extensions["city"].register
    with log.reading() as connection:
        lines = connection.exec_driver_sql("SELECT outcome FROM audit WHERE action = 'refused'")
        assert {row[0] for row in lines} == {"scope"}


def test_a_photo_that_nothing_names_is_for_its_sender_alone(app, inspector):
    photo = upload(inspector, jpeg())
    other = signed_in.client(app, role="city")
    assert inspector.get(f"/inspect/photos/{photo}.jpg").status_code == 200
    assert other.get(f"/inspect/photos/{photo}.jpg").status_code == 404
    assert other.get(f"{API}/photos/{photo}").status_code == 404
    # and nobody else can send it as theirs
    refused = send(other, visit(other, photos={"": [photo]}))
    assert (refused.status_code, refused.json["missing"]) == (422, [photo])


def with_unit(app, station="P0", unit="u1"):
    register = app.extensions["city"].register
    changes = [Change("station", station, {"unit_id": unit, "unit": "一单位"})]
    register.write(changes, action=str(uuid.uuid4()), by="cli", kind="edit")
    return signed_in.client(app, role="unit", adcode=WEST, unit_id=unit)


def test_a_unit_checks_itself_and_sees_no_names(app, inspector):
    unit = with_unit(app)
    assert [v["id"] for v in unit.get(f"{API}/me").json["visits"]] == ["self"]
    sent = visit(unit, answers={"visit#1": "not_met"})
    assert send(unit, sent).status_code == 201
    assert send(unit, visit(unit, visit="call")).status_code == 422
    assert send(unit, visit(unit, station="P40")).status_code == 404
    assert send(inspector, visit(inspector, visit="self")).status_code == 422
    # its own word: in its own form, and no judgement in anybody else's
    assert unit.get(f"{API}/sites/P0").json["lines"]["visit#1"]["state"] == "not_met"
    assert "visit#1" not in inspector.get(f"{API}/sites/P0").json["lines"]
    assert inspector.get(f"{API}/sites/P0").json["last"] is None
    assert send(inspector, visit(inspector, visit="supervision")).status_code == 201
    shown = unit.get(f"{API}/sites/P0/visits").json["visits"]
    assert {v["by"] for v in shown} == {unit.account.name, "督查员"}
    shown = inspector.get(f"{API}/sites/P0/visits").json["visits"]
    assert {v["by"] for v in shown} == {unit.account.name, inspector.account.name}


def test_a_unit_hears_of_an_unannounced_visit_on_the_next_day_and_as_a_supervision(app, inspector):
    unit = with_unit(app)
    first = visit(inspector, claimed_at="2026-03-04T03:00:00+00:00")
    # seven in the morning of the fifth, which is the fourth in UTC
    covert = visit(
        inspector,
        visit="covert",
        answers={"visit#1": "not_met"},
        claimed_at="2026-03-04T23:00:00+00:00",
    )
    assert [send(inspector, one).status_code for one in (first, covert)] == [201, 201]
    before = unit.get(f"{API}/sites/P0").json
    assert before["last"]["id"] == before["seen"] == first["id"]
    assert before["lines"]["visit#1"]["state"] == "met"
    assert before["work"] == "fresh"
    shown = unit.get(f"{API}/sites/P0/visits").json["visits"]
    assert [one["id"] for one in shown] == [first["id"]]
    assert unit.get(f"{API}/visits/{covert['id']}").status_code == 404
    assert send(unit, visit(unit)).json["others"] == []
    # who inspects sees it as it is
    assert inspector.get(f"{API}/sites/P0").json["last"]["visit"] == "covert"
    assert inspector.get(f"{API}/visits/{covert['id']}").json["visit_name"] == "暗访"
    app.config["CLOCK"] = lambda: NOW + dt.timedelta(days=1)
    unit = signed_in.client(app, role="unit", adcode=WEST, unit_id="u1")
    shown = unit.get(f"{API}/sites/P0/visits").json["visits"]
    assert [one["visit_name"] for one in shown] == ["自查", "督查", "走访"]
    told = unit.get(f"{API}/visits/{covert['id']}")
    assert (told.status_code, told.json["visit"]) == (200, "supervision")
    assert "covert" not in unit.get(f"{API}/sites/P0").text


def test_checks_of_a_units_own_hide_no_finding_from_who_inspects(app, inspector):
    unit = with_unit(app)
    found = visit(inspector, answers={"visit#1": "not_met"})
    send(inspector, found)
    for _ in range(41):
        assert send(unit, visit(unit, answers={"visit#2": "met"})).status_code == 201
    form = inspector.get(f"{API}/sites/P0").json
    assert form["lines"]["visit#1"]["inspection"] == form["seen"] == found["id"]


# -- sending ------------------------------------------------------------------------------------


def test_the_same_visit_in_any_order_and_number_has_one_effect(app, inspector):
    register = app.extensions["city"].register
    first, second = visit(inspector), visit(inspector, answers={"visit#1": "not_met"})
    answers = [send(inspector, s) for s in (second, first, second, first, first, second)]
    assert [a.status_code for a in answers] == [201, 201, 200, 200, 200, 200]
    assert len(register.rows("inspection")) == 2
    numbers = {(a.json["id"], a.json["number"], a.json["received_at"]) for a in answers}
    assert len(numbers) == 2


def test_the_same_visit_many_times_at_once_has_one_effect(app, inspector):
    photos = [upload(inspector, jpeg(colour=colour)) for colour in ("red", "blue")]
    sent = visit(inspector, photos={"visit#1": photos})
    clients = [signed_in.client(app, own=inspector.account) for _ in range(6)]
    for one in clients:
        head(one)
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = list(pool.map(lambda one: send(one, sent), clients))
    assert sorted(a.status_code for a in answers) == [200] * 5 + [201], [a.text for a in answers]
    assert len({a.json["number"] for a in answers}) == 1
    register = app.extensions["city"].register
    assert len(register.rows("inspection")) == 1
    assert {row["id"] for row in register.rows("photo")} == set(photos)


def test_other_content_under_the_same_id_is_a_conflict(app, inspector):
    sent = visit(inspector)
    assert send(inspector, sent).status_code == 201
    answer = send(inspector, {**sent, "answers": {"visit#1": "not_met"}})
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert "先" in answer.json["detail"]
    row = app.extensions["city"].register.get("inspection", sent["id"])
    assert row["found"].startswith("mm")


def test_a_receipt_is_given_again_whatever_happened_to_the_account_since(app, inspector):
    sent = visit(inspector)
    first = send(inspector, sent).json
    register = app.extensions["city"].register
    change = Change("station", "P0", None)
    register.write([change], action=str(uuid.uuid4()), by="cli", kind="edit")
    assert send(inspector, visit(inspector)).status_code == 404
    again = send(inspector, sent)
    assert (again.status_code, again.json["number"]) == (200, first["number"])


def test_photos_that_have_not_arrived_are_named(app, inspector):
    here, absent = upload(inspector, jpeg()), str(uuid.uuid4())
    sent = visit(inspector, photos={"visit#1": [here], "visit#2": [absent]})
    answer = send(inspector, sent)
    assert (answer.status_code, answer.json["missing"]) == (422, [absent])
    assert app.extensions["city"].register.get("inspection", sent["id"]) is None
    upload(inspector, jpeg(colour="blue"), photo=absent)
    assert send(inspector, sent).status_code == 201
    rows = app.extensions["city"].register.rows("photo", inspection_id=sent["id"])
    assert {row["id"]: row["line"] for row in rows} == {here: "visit#1", absent: "visit#2"}
    # a photo belongs to one inspection
    other = send(inspector, visit(inspector, photos={"": [here]}))
    assert other.status_code == 422


def test_what_cannot_be_read_gets_a_sentence(inspector):
    sent = visit(inspector)
    wrong = [
        {**sent, "answers": {"visit#1": "maybe"}},
        {**sent, "answers": {"no-such-line": "met"}},
        {**sent, "checklist": "0" * 32},
        {**sent, "answers": {"visit#1": "not_applicable"}},
        {**sent, "extra": 1},
        {**sent, "notes": {"visit#1": "x" * 501}},
        {**sent, "photos": {"visit#1": ["../../x"]}},
        {},
        [],
    ]
    for body in wrong:
        answer = send(inspector, body)
        assert answer.status_code == 422, body
        assert answer.json["detail"]
    headers = head(inspector)
    answer = inspector.post(f"{API}/visits", data=b"{", headers=headers, content_type="text/plain")
    assert answer.status_code == 422
    big = {**sent, "note": "x" * 1_100_000}
    assert send(inspector, big).status_code == 413
    assert send(inspector, sent).status_code == 201


def test_a_phone_whose_clock_is_in_1970_dates_nothing(inspector):
    sent = visit(
        inspector, claimed_at="1970-01-01T00:03:00+00:00", sent_at="1970-01-01T00:05:00+00:00"
    )
    answer = send(inspector, sent)
    assert answer.status_code == 201
    assert answer.json["at"] == "2026-03-05T03:58:00.000+00:00"
    assert len(answer.json["notes"]) == 1
    assert "手机时间不对" in answer.json["notes"][0]
    future = visit(inspector, claimed_at="2040-01-01T00:00:00Z", sent_at="")
    assert send(inspector, future).json["at"] == NOW.isoformat(timespec="milliseconds")
    none = visit(inspector, claimed_at="yesterday", sent_at="?")
    assert send(inspector, none).status_code == 201


def test_a_form_of_a_former_edition_is_taken_and_shown_in_its_own_words(app, inspector):
    register = app.extensions["city"].register
    current = inspector.get(f"{API}/me").json["checklist"]
    content = register.get("checklist", current)["content"]
    lines = [{**line, "text": {"zh": "旧文字", "en": "old words"}} for line in content["lines"]]
    former = "f" * 32
    change = Change(
        "checklist",
        former,
        {
            "pack": content["pack"],
            "edition": "2017",
            "content": {**content, "edition": "2017", "lines": lines},
        },
    )
    register.write([change], action=str(uuid.uuid4()), by="system", kind="edition")
    sent = visit(inspector, checklist=former)
    answer = send(inspector, sent)
    assert answer.status_code == 201
    assert "新" in answer.json["notes"][0]
    one = inspector.get(f"{API}/visits/{sent['id']}").json
    assert (one["edition"], one["lines"][0]["text"]) == ("2017", "旧文字")
    assert (
        inspector.get(f"{API}/visits/{sent['id']}?lang=en").json["lines"][0]["text"] == "old words"
    )
    site = inspector.get(f"{API}/sites/P0").json
    assert site["checklist"] == current
    assert site["lines"]["visit#1"]["state"] == "met"


def test_two_inspectors_at_one_site_are_both_kept_and_both_told(app, inspector):
    other = signed_in.client(app, role="inspector", adcode=WEST)
    mine, theirs = visit(inspector), visit(other, answers={"visit#1": "not_met"})
    assert send(inspector, mine).json["others"] == []
    told = send(other, theirs).json["others"]
    assert [(o["id"], o["by"]) for o in told] == [(mine["id"], inspector.account.name)]
    received = inspector.get(f"{API}/me").json["received"]
    assert [(r["id"], [o["id"] for o in r["others"]]) for r in received] == [
        (mine["id"], [theirs["id"]])
    ]
    assert other.get(f"{API}/me").json["received"][0]["others"][0]["by"] == inspector.account.name


def test_a_full_disk_is_507_and_the_visit_goes_through_later(inspector, monkeypatch):
    sent = visit(inspector)
    full = RegisterError("the disk under {name} is full", name="x", why="full")

    def refuse(*args, **options):
        raise full

    with monkeypatch.context() as patched:
        patched.setattr(Register, "write", refuse)
        assert send(inspector, sent).status_code == 507
    assert send(inspector, sent).status_code == 201


# -- photos -------------------------------------------------------------------------------------


def test_a_photo_goes_on_where_it_stood(inspector):
    data, own = jpeg(size=(1200, 900)), str(uuid.uuid4())
    told = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "taken_at": "?"}

    def put():
        return inspector.put(f"{API}/photos/{own}", json=told, headers=head(inspector))

    def patch(offset, part):
        headers = head(inspector, **{"Upload-Offset": str(offset)})
        return inspector.patch(f"{API}/photos/{own}", data=part, headers=headers)

    assert put().json["offset"] == 0
    assert patch(0, data[:1000]).json["offset"] == 1000
    assert patch(0, data[:1500]).json["offset"] == 1500  # the answer before was lost
    assert patch(5000, data[5000:]).json["offset"] == 1500
    assert put().json["offset"] == inspector.get(f"{API}/photos/{own}").json["offset"] == 1500
    done = patch(1500, data[1500:]).json
    assert (done["offset"], done["photo"]) == (len(data), True)
    assert put().json == {"offset": len(data), "size": len(data), "photo": True}
    assert patch(1500, data[1500:]).json["photo"]


def test_what_is_no_photo_or_too_large_gets_a_sentence(inspector):
    own = str(uuid.uuid4())
    path = f"{API}/photos/{own}"
    told = {"size": 40_000_000, "sha256": "0" * 64}
    answer = inspector.put(path, json=told, headers=head(inspector))
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert "40 MB" in answer.json["detail"]
    assert inspector.put(path, json=[], headers=head(inspector)).status_code == 400
    text = "这是一段文字".encode()
    told = {"size": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    assert inspector.put(path, json=told, headers=head(inspector)).status_code == 200
    headers = head(inspector, **{"Upload-Offset": "0"})
    answer = inspector.patch(path, data=text, headers=headers)
    assert answer.status_code == 422
    assert "仍在手机上" in answer.json["detail"]
    assert inspector.patch(path, data=text, headers=headers).status_code == 404
    assert inspector.patch(path, data=text, headers=head(inspector)).status_code == 400
    headers = head(inspector, **{"Upload-Offset": "0"})
    assert inspector.patch(path, data=b"x" * 1_200_000, headers=headers).status_code == 413


def test_a_full_disk_is_507_for_a_photo_too_and_it_comes_later(inspector, monkeypatch):
    data, own = jpeg(), str(uuid.uuid4())
    told = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def put():
        return inspector.put(f"{API}/photos/{own}", json=told, headers=head(inspector))

    with monkeypatch.context() as patched:
        patched.setattr(photos, "replace_file", full)
        answer = put()
        assert (answer.status_code, answer.mimetype) == (507, "application/problem+json")
        assert "仍在手机上" in answer.json["detail"]
    assert put().json["offset"] == 0
    with monkeypatch.context() as patched:
        patched.setattr(photos, "replace_file", full)
        headers = head(inspector, **{"Upload-Offset": "0"})
        answer = inspector.patch(f"{API}/photos/{own}", data=data, headers=headers)
        assert answer.status_code == 507
    assert upload(inspector, data, photo=own) == own


def test_another_photo_under_the_same_id_is_a_conflict(inspector):
    photo = upload(inspector, jpeg())
    data = jpeg(colour="green")
    told = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    answer = inspector.put(f"{API}/photos/{photo}", json=told, headers=head(inspector))
    assert answer.status_code == 409


# -- lists --------------------------------------------------------------------------------------


def work(client, which="all", **query):
    answer = client.get(f"{API}/sites", query_string={"list": which, **query})
    assert answer.status_code == 200, answer.text
    return {site["station_id"]: site["work"] for site in answer.json["sites"]}


def order(app, station, *, state="open", due="2026-03-20", lines=("visit#1",)):
    own = str(uuid.uuid4())
    columns = {"station_id": station, "state": state, "due": due, "lines": list(lines)}
    columns |= {"adcode": WEST, "checklist": "c", "issued_at": NOW.isoformat()}
    register = app.extensions["city"].register
    change = Change("rectification", own, columns, expects=0)
    register.write([change], action=str(uuid.uuid4()), by="cli", kind="order")
    return own


def test_the_lists_tell_what_is_to_be_done(app, inspector):
    register = app.extensions["city"].register
    assert set(work(inspector).values()) == {"due", "fresh"}  # what is not in operation is not due
    assert work(inspector)["PLAN"] == "fresh"
    order(app, "P40", due="2026-03-04")
    order(app, "P80", state="answered")
    order(app, "P300")
    row = {"day": "2026-03-05", "inspector_id": inspector.account.id, "adcode": WEST}
    change = Change("round", str(uuid.uuid4()), {**row, "stations": ["P300", "P0"]})
    register.write([change], action=str(uuid.uuid4()), by="cli", kind="round")
    found = work(inspector, "today")
    assert list(found.items()) == [
        ("P300", "round"),
        ("P0", "round"),
        ("P40", "overdue"),
        ("P80", "reinspect"),
    ]
    assert list(work(inspector, "orders")) == ["P80", "P40", "P300"]
    assert send(inspector, visit(inspector)).status_code == 201
    assert work(inspector)["P0"] == "done"
    assert "P0" not in work(inspector, "due")
    lon, lat = place(299, 0)
    assert next(iter(work(inspector, "near", lon=lon, lat=lat))) == "P300"
    assert list(work(inspector, "all", q="有礼点3")) == ["P300"]
    page = inspector.get(f"{API}/sites?list=all&offset=1&limit=2").json
    assert (page["total"], len(page["sites"])) == (len(work(inspector)), 2)
    for bad in ("list=x", "list=near&lon=a&lat=b", "list=near&lon=nan&lat=1", "limit=x"):
        assert inspector.get(f"{API}/sites?{bad}").status_code == 400


def test_a_voided_visit_counts_no_more(app, inspector):
    register = app.extensions["city"].register
    first = visit(inspector, claimed_at="2026-03-04T04:00:00Z")
    second = visit(inspector, answers={"visit#1": "not_met"})
    assert send(inspector, first).status_code == send(inspector, second).status_code == 201
    assert work(inspector)["P0"] == "done"
    visits.void(register, second["id"], reason="录错站点", action=str(uuid.uuid4()), by="cli")
    site = inspector.get(f"{API}/sites/P0").json
    assert (site["last"]["id"], site["work"]) == (first["id"], "fresh")
    assert site["lines"]["visit#1"]["state"] == "met"
    shown = inspector.get(f"{API}/sites/P0/visits").json["visits"]
    assert [v["voided"] for v in shown] == ["录错站点", None]


def test_the_visits_of_a_station_are_paged_to_their_end(inspector):
    sent = [
        visit(inspector, claimed_at=f"2026-03-0{1 + n % 4}T0{n // 4}:00:00Z", sent_at="")
        for n in range(7)
    ]
    for one in sent:
        assert send(inspector, one).status_code == 201
    seen, before = [], ""
    while before is not None:
        page = inspector.get(f"{API}/sites/P0/visits", query_string={"limit": 3, "before": before})
        seen += page.json["visits"]
        before = page.json["next"]
    assert [v["at"] for v in seen] == sorted((v["at"] for v in seen), reverse=True)
    assert {v["id"] for v in seen} == {one["id"] for one in sent}
    bad = inspector.get(f"{API}/sites/P0/visits?before=x,y")
    assert bad.status_code == 400


def test_an_order_goes_with_the_form_and_closes_by_the_reinspection(app, inspector):
    own = str(uuid.uuid4())
    asked = {"id": own, "lines": ["visit#1"], "due": "2026-03-20", "note": "请尽快"}
    sent = visit(inspector, answers={"visit#1": "not_met", "visit#2": "met"}, order=asked)
    receipt = send(inspector, sent).json
    assert receipt["failed"] == ["visit#1"]
    assert (receipt["order"]["id"], receipt["order"]["lines"]) == (own, ["visit#1"])
    site = inspector.get(f"{API}/sites/P0").json
    assert site["order"]["id"] == site["orders"][0]["id"] == own
    again = visit(inspector, answers={"visit#1": "met"}, order_id=own)
    assert send(inspector, again).json["decided"] == {
        "order_id": own,
        "state": "closed",
        "by_this": True,
    }
    assert inspector.get(f"{API}/sites/P0").json["order"] is None
    assert inspector.get(f"{API}/visits/{sent['id']}").json["order"]["state"] == "closed"


def test_nobody_else_is_shown_a_checklist_that_is_none(inspector):
    assert inspector.get(f"{API}/checklists/{'0' * 32}").status_code == 404
    assert inspector.get(f"{API}/checklists/%00").status_code == 404
    assert inspector.get(f"{API}/visits/{uuid.uuid4()}").status_code == 404
    for odd in ("none", "%00", "P0%00", "%F0%9F", "../P0", "a/b/c"):
        assert inspector.get(f"{API}/sites/{odd}").status_code == 404
        assert inspector.get(f"{API}/sites/{odd}/visits").status_code == 404
    assert inspector.get(f"{API}/taken?ids=" + ",".join(map(str, range(51)))).status_code == 400
    assert inspector.get(f"{API}/taken?ids=P0,none,P40,P0").json["sites"][1]["station_id"] == "P40"


def test_the_words_of_an_edition_are_written_once(app, inspector):
    register = app.extensions["city"].register
    seq = [inspector.get(f"{API}/me") and register.seq() for _ in range(3)]
    inspector.get(f"{API}/sites/P0")
    assert len({*seq, register.seq()}) == 1
    assert len(register.rows("checklist")) == 1
    assert register.actions(limit=1)[0].by == "system"


def test_nothing_of_an_inspection_is_public(app, inspector):
    photo = upload(inspector, jpeg())
    sent = visit(inspector, notes={"visit#1": "内部记录"}, photos={"visit#1": [photo]})
    assert send(inspector, sent).status_code == 201
    nobody = app.test_client()
    for path in ("/api/v1/stations/P0", "/api/v1/summary"):
        text = nobody.get(path).text
        assert not [m for m in ("内部记录", photo, inspector.account.name, sent["id"]) if m in text]
    answer = nobody.get(f"/inspect/photos/{photo}.jpg", headers={"Sec-Fetch-Dest": "image"})
    assert answer.status_code == 303


def test_brackets_within_brackets_are_refused(inspector):
    for path in (f"{API}/visits", f"{API}/photos/{uuid.uuid4()}"):
        method = inspector.post if path.endswith("visits") else inspector.put
        deep = "[" * 200_000 + "]" * 200_000
        answer = method(path, data=deep, content_type="application/json", headers=head(inspector))
        assert answer.status_code == 400
        assert answer.json["detail"]


def test_a_long_history_asks_for_each_account_once(inspector, monkeypatch):
    for minute in range(5):
        sent = visit(inspector, claimed_at=f"2026-03-04T04:{minute:02}:00Z")
        assert send(inspector, sent).status_code == 201
    asked, get = [], Register.get

    def counted(self, entity, own):
        asked.append((entity, own))
        return get(self, entity, own)

    monkeypatch.setattr(Register, "get", counted)
    found = inspector.get(f"{API}/sites/P0/visits").json["visits"]
    assert [one["by"] for one in found] == [inspector.account.name] * 5
    assert asked.count(("account", inspector.account.id)) <= 2  # the session's own look, and one
