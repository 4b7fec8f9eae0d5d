"""Every route × role × scope × object, derived from what the routes declare: as intended, no more.

A new route fails here until it stands in one of the two tables below; what is expected of it then
follows from its permission and from `Account.covers`.
"""

import io
import shutil
import uuid
import zipfile
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest
import signed_in
from flask import Blueprint, Flask
from pages_town import place, table, town  # noqa: F401
from PIL import Image
from signed_in import cheap_hashes  # noqa: F401

from stationmap.city.open_data import LAYERS
from stationmap.city.photos import Photos
from stationmap.city.remarks import KINDS
from stationmap.city.visits import edition
from stationmap.inspections import Checklist
from stationmap.inspections.draw import POINTS, written
from stationmap.standards import load
from stationmap.store.events import Change
from web.access import PERMISSIONS, access_of, allow, guard, public
from web.app import create_app

# routes about no single object: what they show is cut to the account's scope
PLAIN = {
    "accounts.listed",
    "accounts.new",
    "applications.apply",
    "applications.listed",
    "applications.new",
    "applications.own",
    "audit.download",
    "audit.listed",
    "home_tables.applications",
    "home_tables.remarks",
    "importing.start",
    "importing.upload",
    "inspect_api.checklist",
    "inspect_api.own",
    "inspect_api.sites",
    "inspect_api.taken",
    "inspect_map.viewport",
    "login.end_session",
    "login.own",
    "login.password",
    "login.sign_out",
    "manage_forms.form",
    "manage_forms.listing",
    "manage_forms.pdf",
    "manage_forms.printed",
    "manage_forms.style",
    "manage_history.changes",
    "manage_locate.accept",
    "manage_locate.exact",
    "manage_locate.places",
    "manage_locate.queue",
    "manage_locate.workbook",
    "manage_merge.proposals",
    "manage_stations.create",
    "manage_stations.export",
    "manage_stations.listing",
    "manage_stations.new",
    "order_files.evidence",
    "order_files.packed",
    "order_files.table",
    "orders.listing",
    "orders.standing",
    "remarks.received",
    "scenarios.compare",
    "scenarios.listing",
    "scenarios_api.listing",
    "scenarios_api.make",
    "supervision.listed",
    "supervision.make",
    "supervision_table.download",
    "supervision_table.good",
    "supervision_table.shown",
    "unit_home.home",
    "unit_home.many",
    "unit_home.close_many",
    "what_if_planner.sent",
}
# routes about one object -> its kind
ABOUT = {
    "accounts.edit": "account",
    "accounts.first_password": "account",
    "accounts.reset": "account",
    "accounts.state": "account",
    "applications.decide": "application",
    "applications.give_up": "station",
    "applications.one": "application",
    "applications.open_station": "admitted",
    "applications.take_back": "application",
    "importing.carry_out": "upload",
    "importing.choose": "upload",
    "importing.columns": "upload",
    "importing.done": "upload",
    "importing.refused": "upload",
    "importing.rows": "upload",
    "importing.undo": "import",
    "inspect_api.history": "station",
    "inspect_api.send": "station",
    "inspect_api.site": "station",
    "inspect_api.visit": "inspection",
    "manage_history.change": "action",
    "manage_history.history": "station",
    "manage_history.undo": "action",
    "manage_locate.one": "lost",
    "manage_locate.place": "lost",
    "manage_locate.undo": "placing",
    "manage_merge.choose": "station",
    "manage_merge.merge": "station",
    "manage_stations.contact": "station",
    "manage_stations.one": "station",
    "manage_stations.save": "station",
    "manage_stations.save_contact": "station",
    "manage_stations.state": "station",
    "order_files.notice": "order",
    "order_files.notice_docx": "order",
    "orders.answer": "order",
    "orders.cancel": "order",
    "orders.extend": "order",
    "orders.give_back": "order",
    "orders.one": "order",
    "photos.begin": "photo",
    "photos.picture": "photo",
    "photos.piece": "photo",
    "photos.state": "photo",
    "remarks.answer": "remark",
    "scenarios.adopt": "scenario",
    "scenarios.change": "scenario",
    "scenarios.copy": "scenario",
    "scenarios.delete": "scenario",
    "scenarios.steps": "scenario",
    "scenarios.undo": "keeping",
    "scenarios_api.adopt": "scenario",
    "scenarios_api.change": "scenario",
    "scenarios_api.delete": "scenario",
    "scenarios_api.one": "scenario",
    "scenarios_api.steps": "scenario",
    "supervision.assign": "round",
    "supervision.lay": "draw",
    "supervision.one": "draw",
    "supervision.pool": "draw",
    "supervision.workbook": "draw",
    "supervision_table.mark": "station",
    "unit_home.reopen": "closure",
    "unit_home.close": "station",
    "unit_home.replenish": "restock",
    "unit_home.report": "station",
    "unit_home.station": "station",
    "visit_pages.one": "inspection",
    "visit_pages.void": "inspection",
}
# what is read by all who are signed in, and may be changed by some: here the county made them
OWNED = {"scenarios.change", "scenarios.delete", "scenarios_api.change", "scenarios_api.delete"}
# the public routes that take a form; every other public route changes nothing
OPEN_FORMS = {"login.sign_in", "remarks.send"}
CHECKLIST = Checklist.of_pack(load("quzhou-2018"))
ENDINGS = {
    "inspect_api.checklist": {"checklist_id": CHECKLIST.id},
    "inspect_map.viewport": {"bbox": "118,28,120,30", "zoom": 16},
    "manage_forms.pdf": {"type": "point"},
    "manage_stations.export": {"ending": "csv"},
    "supervision_table.download": {"ending": "xlsx"},
}
# routes that take something else than a form: what they are sent about a station
SENT = {
    "inspect_api.send": lambda station: {
        "id": str(uuid.uuid4()),
        "station_id": station,
        "checklist": CHECKLIST.id,
        "visit": "call",
        "claimed_at": "2026-03-05T04:00:00Z",
        "answers": {},
    },
    "photos.begin": lambda _: {"size": 9, "sha256": "0" * 64},
    "photos.piece": lambda _: {},
    "scenarios_api.adopt": lambda _: {},
    "scenarios_api.change": lambda _: {},
    "scenarios_api.delete": lambda _: {},
    "scenarios_api.make": lambda _: {},
    "what_if_planner.sent": lambda _: {"changes": []},
}

PRIVATE = ("人west", "人east", "0570-0000000", "账号west", "话west", "戊west", "缘由")
KIND = next(iter(KINDS))
MARKS = ("甲", "乙", "丙", "丁", "戊", "人", "话", "账号", "路")  # before the name of a side
WEST, EAST = "330802", "330803"
WHO = {
    "city": ("city", "", None),
    "west": ("county", WEST, None),
    "east": ("county", EAST, None),
    "planner": ("planner", "", None),
    "planner-west": ("planner", WEST, None),
    "inspector": ("inspector", WEST, None),
    "unit-west": ("unit", WEST, "u-west"),
    "unit-east": ("unit", EAST, "u-east"),
}
SIDES = {"west": (WEST, "u-west"), "east": (EAST, "u-east")}


def test_what_declares_nothing_is_refused_by_name():
    app, bare, open_one = Flask("x"), Blueprint("bare", "x"), public(Blueprint("open", "x"))
    bare.add_url_rule("/a", "forgotten", lambda: "")
    bare.add_url_rule("/b", "said", allow("own")(lambda: ""))
    open_one.add_url_rule("/c", "seen", lambda: "")
    app.register_blueprint(open_one)
    assert access_of(app, "open.seen").permission is None
    app.register_blueprint(bare)
    with pytest.raises(LookupError, match=r"bare\.forgotten$"):
        guard(app)


def test_a_permission_that_does_not_exist_cannot_be_declared():
    with pytest.raises(KeyError):
        allow("station.destroy")


@pytest.fixture(scope="module")
def world(town, tmp_path_factory):  # noqa: F811
    """The town with two of everything, one in each county, and an account of every kind."""
    return make_world(town, tmp_path_factory.mktemp("matrix"))


def make_world(town, folder):  # noqa: F811
    shutil.copytree(town.path, folder / "town")
    app = create_app(folder / "town")
    made = SimpleNamespace(app=app, objects={}, clients={}, tokens={})
    made.register = app.extensions["city"].register
    for name, (role, adcode, unit_id) in WHO.items():
        made.clients[name] = signed_in.client(app, role=role, adcode=adcode, unit_id=unit_id)
        made.tokens[name] = signed_in.token(made.clients[name])
    picture = io.BytesIO()
    Image.new("RGB", (30, 20)).save(picture, "JPEG")
    sha256 = Photos(folder / "town").keep(picture.getvalue()).sha256
    for side in SIDES:
        by = made.clients[side].account.id
        made.objects[side] = objects(made.register, side, by=by, sha256=sha256)
    made.nobody = app.test_client()
    return made


def objects(register, side, *, by, sha256):
    """One of every kind in a county, by kind; the county's administrator made them."""
    adcode, unit_id = SIDES[side]
    x, at = 100 if side == "west" else 900, "2026-03-05T04:00:00.000+00:00"
    own = {"unit_id": unit_id, "unit": f"单位{side}", "adcode": adcode, "type": "point"}
    own |= {"status": "active", "supplies": "umbrella"}

    def write(kind, entity, made, columns):
        mark, change = str(uuid.uuid4()), Change(entity, made, columns)
        register.write([change], action=mark, by=by, kind=kind)
        return mark

    def new(entity, mark, **columns):
        made = mark if len(mark) == 36 else f"{mark}-{side}"
        write("edit", entity, made, columns)
        return made

    new("unit", "u", name=f"单位{side}", adcode=adcode)
    station = new("station", "s", name=f"甲{side}", geometry=place(x, 40), **own)
    other = new("station", "o", name=f"乙{side}", geometry=place(x + 5, 45), **own)
    placed = new("station", "p", name=f"丁{side}", **own)
    new("contact", "s", person=f"人{side}", phone="0570-0000000")
    weights = {"base": 1, "points": dict(POINTS), "within": adcode, "types": []}
    kept = [{"id": station, "county": adcode, "factors": [], "weight": 1}]
    drawn = new(
        "draw",
        "d",
        adcode=adcode,
        at=at,
        seed="x",
        size=1,
        weights=weights,
        pool=written([]),
        drawn=kept,
        shares=[],
        note=f"缘由{side}",
    )
    waiting = {"unit_id": unit_id, "reason": "缘由", "at": at}
    asked = {"name": f"戊{side}", "adcode": adcode, "geometry": place(x, 60)}
    words = edition(CHECKLIST)
    write("edition", words.entity, words.id, words.after)
    inspection = new(
        "inspection",
        str(uuid.uuid4()),
        station_id=station,
        checklist=CHECKLIST.id,
        visit="call",
        inspector_id=by,
        at=at,
        received_at=at,
        found=CHECKLIST.found({}),
        result="unknown",
        details={"note": f"话{side}"},
        adcode=adcode,
        unit_id=unit_id,
    )
    order = new(
        "rectification",
        str(uuid.uuid4()),
        station_id=station,
        inspection_id=inspection,
        checklist=CHECKLIST.id,
        unit_id=unit_id,
        unit=f"单位{side}",
        adcode=adcode,
        lines=[CHECKLIST.lines[2].key],
        note=f"话{side}",
        due="2026-03-20",
        state="answered",
        issued_at=at,
    )
    lon, lat = place(x, 70)
    changes = [{"station_id": "new-1", "lon": lon, "lat": lat, "type": "point"}]
    kept = {"name": f"方案{side}", "adcode": adcode, "by_id": by, "at": at, "changes": changes}
    return {
        "scenario": new("scenario", str(uuid.uuid4()), **kept),
        "keeping": write("scenario", "scenario", str(uuid.uuid4()), kept),
        "inspection": inspection,
        "order": order,
        "photo": new(
            "photo",
            str(uuid.uuid4()),
            sha256=sha256,
            station_id=station,
            inspection_id=inspection,
        ),
        "station": station,
        "other": other,
        "lost": new("station", "l", name=f"丙{side}", **own),
        "action": write("edit", "station", station, {"address": f"路{side}"}),
        "import": write("import", "station", other, {"address": "巷"}),
        "placing": write("locate", "station", placed, {"geometry": place(x, 50)}),
        "account": signed_in.account(
            register, role="unit", adcode=adcode, unit_id=unit_id, name=f"账号{side}"
        ).id,
        "closure": new("closure", "c", station_id=station, from_date="2026-03-05", at=at),
        "draw": drawn,
        "round": new("round", "w", draw_id=drawn, adcode=adcode, stations=[station]),
        "restock": new("restock", "r", station_id=station, supply="umbrella", state="short", at=at),
        "remark": new(
            "remark", "m", station_id=station, kind=KIND, text=f"话{side}", state="open", at=at
        ),
        "application": new(
            "application", "a", kind="withdrawal", station_id=other, state="submitted", **waiting
        ),
        "admitted": new(
            "application",
            "b",
            kind="admission",
            station_id=station,
            station=asked,
            state="approved",
            **waiting,
        ),
    }


def routes(app):
    """Endpoint, rule and method of all that is not public."""
    for rule in sorted(
        app.url_map.iter_rules(), key=lambda r: (r.endpoint == "login.sign_out", r.endpoint)
    ):
        permission = access_of(app, rule.endpoint).permission
        if permission is not None:
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                yield rule, method, permission


def ask(world, client, rule, method, own, *, token="", upload=None):
    """Send what a route asks for about the objects of one side; answer its status."""
    kind = ABOUT.get(rule.endpoint)
    target = upload if kind == "upload" else own.get(kind)
    values = dict(ENDINGS.get(rule.endpoint, {}))
    if target and rule.arguments:
        (name,) = rule.arguments
        values[name] = target
    station = own.get("lost" if kind == "lost" else "station")
    with world.app.test_request_context():
        path = world.app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
    path, _, query = path.partition("?")
    about = dict(parse_qsl(query))
    about |= {"id": station, "keep": own["station"], "drop": own["other"]} if kind else {}
    if method == "GET":
        return client.get(path, query_string=about)
    if rule.endpoint in SENT:
        return client.open(
            path,
            method=method,
            json=SENT[rule.endpoint](station),
            headers={"X-CSRFToken": token, "Upload-Offset": "0"},
        )
    form = {"csrf_token": token, "action": str(uuid.uuid4())}
    if kind:
        form |= {"station": station, "keep": own["station"], "drop": own["other"]}
    return client.open(path, method=method, query_string=about, data=form)


def test_every_route_stands_in_one_of_the_tables(world):
    declared = {rule.endpoint for rule, _, _ in routes(world.app)}
    assert declared == PLAIN | ABOUT.keys()
    assert not PLAIN & ABOUT.keys()


def test_public_routes_change_nothing_but_for_the_known_forms(world):
    rules = [
        r for r in world.app.url_map.iter_rules() if not access_of(world.app, r.endpoint).permission
    ]
    changing = {r.endpoint for r in rules if r.methods - {"GET", "HEAD", "OPTIONS"}}
    assert changing == OPEN_FORMS
    for endpoint in OPEN_FORMS:
        path = next(r.rule for r in rules if r.endpoint == endpoint and "POST" in r.methods)
        assert world.app.test_client().post(path, data={}).status_code == 403


def test_nobody_gets_in_without_an_account(world):
    before, wrong = world.register.seq(), []
    for rule, method, _ in routes(world.app):
        answer = ask(world, world.nobody, rule, method, world.objects["west"], upload=uuid.uuid4())
        page = method == "GET" and not rule.rule.startswith("/api/")
        known = answer.status_code == 303 and answer.location.startswith("/login?next=")
        if not (known if page else answer.status_code == 401):
            wrong.append((rule.endpoint, method, answer.status_code))
    assert not wrong
    assert world.register.seq() == before


def test_no_form_is_taken_without_its_token(world):
    before, wrong = world.register.seq(), []
    for rule, method, permission in routes(world.app):
        who = "unit-west" if "city" not in PERMISSIONS[permission] else "city"
        if method != "GET":
            answer = ask(
                world,
                world.clients[who],
                rule,
                method,
                world.objects["west"],
                token="x",
                upload=uuid.uuid4(),
            )
            if answer.status_code != 403:
                wrong.append((rule.endpoint, answer.status_code))
    assert not wrong
    assert world.register.seq() == before


def words(answer):
    """All that an answer says; of a workbook, what is packed in it."""
    if answer.mimetype in {"image/jpeg", "application/pdf"}:
        return ""
    if not answer.data.startswith(b"PK"):
        return answer.data.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_lists_and_downloads_hold_nothing_out_of_scope(world):
    wrong, seen = [], set()
    for rule, method, permission in routes(world.app):
        if rule.endpoint not in PLAIN or method != "GET":
            continue
        for who, client in world.clients.items():
            if client.account.role not in PERMISSIONS[permission]:
                continue
            text = words(ask(world, client, rule, method, {}))
            for side, scope in SIDES.items():
                found = {f"{mark}{side}" for mark in MARKS if f"{mark}{side}" in text}
                if client.account.covers(*scope):
                    seen |= found
                elif found:
                    wrong.append((rule.endpoint, who, found))
    assert not wrong, "\n".join(map(str, wrong))
    assert {f"甲{side}" for side in SIDES} | {f"丙{side}" for side in SIDES} <= seen
    assert {f"账号{side}" for side in SIDES} | {f"话{side}" for side in SIDES} <= seen


def test_nothing_private_is_public(world):
    lon, lat = place(500, 0)
    view = f"bbox={lon - 0.1},{lat - 0.1},{lon + 0.1},{lat + 0.1}&zoom=16"
    paths = [
        rule.rule
        for rule in world.app.url_map.iter_rules()
        if access_of(world.app, rule.endpoint).permission is None
        and "GET" in rule.methods
        and not rule.arguments
    ]
    paths += ["/api/v1/stations/s-west", f"/api/v1/map/stations?{view}", "/stations/s-west/remark"]
    paths += ["/download/gaps.xlsx", "/download/report.xlsx", "/data/stations.csv"]
    paths += [f"/ogc/collections/{name}/items" for name in LAYERS]
    said = {path: words(world.nobody.get(path)) for path in paths}
    assert not [(path, mark) for path, text in said.items() for mark in PRIVATE if mark in text]
    assert "甲west" in said["/api/v1/stations/s-west"]
    assert "甲west" in said[f"/api/v1/map/stations?{view}"]


def test_contacts_are_for_those_who_may_read_them(world):
    seen = set()
    for rule, method, permission in routes(world.app):
        if method == "GET" and "inspector" in PERMISSIONS[permission]:
            for who, client in world.clients.items():
                own = world.objects["east" if who == "unit-east" else "west"]
                text = words(ask(world, client, rule, method, own))
                if client.account.role in PERMISSIONS["contact.read"]:
                    seen |= {mark for mark in PRIVATE[:3] if mark in text}
                else:
                    assert not [mark for mark in PRIVATE[:3] if mark in text], (rule, who)
    assert seen == set(PRIVATE[:3])


def uploaded(world, who):
    """Upload a small list as one account; its uuid."""
    row = {"编号": "N1", "名称": "新站", "类型": "有礼点", "经度": 118.8701, "纬度": 28.9501}
    rows = [row, row | {"编号": "N2", "类型": "没有这一类"}]
    folder = world.app.extensions["city"].path.parent
    data = table(folder / "new.csv", rows).read_bytes()
    form = {"file": (io.BytesIO(data), "new.csv"), "kind": "stations"}
    answer = signed_in.post(world.clients[who], "/manage/import", form)
    own = next(part for part in answer.location.split("/") if len(part) == 36)
    roles = {f"column-{n}": role for n, role in enumerate(("id", "name", "type", "lon", "lat"))}
    form = {"datum": "wgs84", **roles}
    answer = signed_in.post(world.clients[who], f"/manage/import/{own}/columns", form)
    assert answer.location.endswith("/rows")
    return own


def expectation(rule, permission, account, who, side):
    """What a route is to answer an account about the objects of one side."""
    kind = ABOUT.get(rule.endpoint)
    if account.role not in PERMISSIONS[permission]:
        return "forbidden"
    if kind == "scenario":
        its = rule.endpoint not in OWNED or who in ("city", side)
        return "there" if its else "forbidden"
    own = {"upload": who == "west", "keeping": who == side, None: True}
    return "there" if own.get(kind, account.covers(*SIDES[side])) else "hidden"


def test_every_route_answers_every_role_and_scope_as_declared(world, cheap_hashes):  # noqa: F811
    uploads, wrong, met = uploaded(world, "west"), [], set()
    for rule, method, permission in routes(world.app):
        kind = ABOUT.get(rule.endpoint)
        for who, client in world.clients.items():
            for side in SIDES if kind not in (None, "upload") else ("west",):
                answer = ask(
                    world,
                    client,
                    rule,
                    method,
                    world.objects[side],
                    token=world.tokens[who],
                    upload=uploads,
                )
                expected = expectation(rule, permission, client.account, who, side)
                found = {403: "forbidden", 404: "hidden"}.get(answer.status_code, "there")
                if (
                    found != expected
                    or answer.status_code in {401, 405}
                    or answer.status_code >= 500
                ):
                    wrong.append((rule.endpoint, method, who, side, expected, answer.status_code))
                if answer.headers["Cache-Control"] != "no-store":
                    wrong.append((rule.endpoint, method, who, "may be kept"))
                met.add(expected)
    assert not wrong, "\n".join(map(str, wrong))
    assert met == {"there", "hidden", "forbidden"}
