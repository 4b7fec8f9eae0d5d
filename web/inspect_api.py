"""What an inspector's phone asks and sends: sites, checklists, visits; JSON, for whoever inspects.

What a phone sends is answered by the same receipt however often it is sent.
"""

import datetime as dt
import math
import uuid
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import NotFound

from stationmap.city import sent as sent_by_phone
from stationmap.city import visits
from stationmap.city.sent import Sent
from stationmap.errors import InputError, RegisterError
from stationmap.inspections import Checklist
from stationmap.standards import Pack
from stationmap.store import inspections, models
from web.access import allow, clock, log_after, me
from web.caching import present
from web.desk import register
from web.inspect_lists import LISTS, listed, told
from web.inspect_sites import Row, covert_before, in_charge, midnight, site_row, stations, zone
from web.inspect_visits import full, lines_now, seen, summary, who
from web.inspect_words import problem, seen_as, visit_name, visits_of, words_of
from web.params import Params, language
from web.photos import kept
from web.words import WebError

inspect_api = Blueprint("inspect_api", __name__, url_prefix="/api/v1/inspect")

PAGE, MAX_PAGE = 50, 200
MOST_TAKEN = 50
BOTH_DAYS = 7
"""Days for which an inspector is told that somebody else was at the same site on the same day."""
FAULT = 422


# ------------------------------------------------------------------- who, and by which words


@inspect_api.get("/me")
@allow("inspect")
def own() -> ResponseReturnValue:
    """Tell who inspects, by which checklist, and of whose visits beside one's own."""
    lang, account = language(), me()
    return jsonify(
        account={"id": account.id, "name": account.name, "role": account.role},
        csrf=generate_csrf(),
        now=clock().isoformat(timespec="milliseconds"),
        checklist=_current().id,
        visits=[{"id": v, "name": visit_name(v, lang)} for v in visits_of(account.role)],
        rectify_days=present().pack.rectify_days,
        notice_to=present().pack.notice_to,
        received=_received(lang),
    )


@inspect_api.get("/checklists/<checklist_id>")
@allow("inspect")
def checklist(checklist_id: str) -> ResponseReturnValue:
    """Give a checklist of any edition in the language asked."""
    found = _checklist(checklist_id)
    if found is None:
        abort(404)
    return jsonify(words_of(found, present().pack, language()))


def _checklist(checklist_id: str) -> Checklist | None:
    current = _current()
    if checklist_id == current.id:
        return current
    row = register().get("checklist", checklist_id)
    return None if row is None else Checklist.of_content(row["content"])


@lru_cache(maxsize=4)
def _checklist_of(pack: "_Same") -> Checklist:
    return Checklist.of_pack(pack.pack)


class _Same:
    """A pack, known again by being the same object: comparing two of them takes long."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.pack is self.pack

    def __hash__(self) -> int:
        return id(self.pack)


_WRITTEN: set[tuple[str, str]] = set()


def _current() -> Checklist:
    """Return the checklist in force; once it is handed out, its words stand in the register."""
    found = _checklist_of(_Same(present().pack))
    mark = (register().url, found.id)
    if mark not in _WRITTEN:
        try:
            if register().get("checklist", found.id) is None:
                action = str(uuid.UUID(found.id))
                change = visits.edition(found)
                register().write([change], action=action, by="system", kind="edition")
            _WRITTEN.add(mark)
        except RegisterError as error:
            # an inspection that names it brings its words along
            current_app.logger.error("checklist %s is not written: %s", found.id, error)
    return found


def _received(lang: str) -> list[Row]:
    """Return one's visits of the last days with those of others at the same site and day."""
    now, account, table = present(), me(), models.inspection
    day = clock().astimezone(zone(now)).date() - dt.timedelta(days=BOTH_DAYS)
    counts = sa.and_(table.c.at >= midnight(now, day), table.c.voided.is_(None))
    names = ("id", "station_id", "at", "visit", "inspector_id")
    columns = [table.c[name] for name in names]
    mine = sa.select(*columns).where(table.c.inspector_id == account.id, counts)
    with register().reading() as connection:
        rows = connection.execute(mine.order_by(table.c.at.desc()).limit(MAX_PAGE)).all()
        stations = {row.station_id for row in rows}
        beside = sa.select(*columns).where(
            table.c.station_id.in_(stations), table.c.inspector_id != account.id, counts
        )
        others = connection.execute(beside.order_by(table.c.at)).all() if stations else []
    by_day: dict[tuple[str, dt.date], list[Any]] = {}
    for row in (row for row in others if seen(dict(row._mapping))):
        by_day.setdefault((row.station_id, _day(row.at)), []).append(row)
    return [
        {
            "id": row.id,
            "station_id": row.station_id,
            "others": [_other(dict(o._mapping), lang) for o in found],
        }
        for row in rows
        if (found := by_day.get((row.station_id, _day(row.at))))
    ]


def _day(at: str) -> dt.date:
    return dt.datetime.fromisoformat(at).astimezone(zone(present())).date()


def _other(row: Row, lang: str) -> Row:
    return {
        **{name: row[name] for name in ("id", "at")},
        "visit": seen_as(row["visit"]),
        "visit_name": visit_name(seen_as(row["visit"]), lang),
        "by": who(row["inspector_id"]),
    }


# ------------------------------------------------------------------- sites


@inspect_api.get("/sites")
@allow("inspect")
def sites() -> ResponseReturnValue:
    """List the stations in one's charge: what is to be done today, is due, has orders; or near."""
    params, account = Params.of_request(), me()
    which = params.one_of("list", LISTS, default="today")
    offset = params.whole("offset", default=0, low=0, high=10**7)
    limit = params.whole("limit", default=PAGE, low=1, high=MAX_PAGE)
    rows = listed(which, account, words=params.text("q"), near=_near(params))
    ids = stations().ids
    page = [ids[row] for row in rows[offset : offset + limit].tolist()]
    return jsonify(total=len(rows), sites=told(page, account, params.lang), notices=params.notices)


def _near(params: Params) -> tuple[float, float] | None:
    lon, lat = params.text("lon"), params.text("lat")
    if not lon and not lat:
        return None
    try:
        place = float(lon), float(lat)
    except ValueError:
        place = math.nan, math.nan
    if not (abs(place[0]) <= 180 and abs(place[1]) <= 90):
        raise WebError(
            "“{lon}, {lat}” is no place; expected longitude and latitude in degrees",
            lon=lon,
            lat=lat,
        )
    return place


@inspect_api.get("/sites/<path:station_id>/visits")
@allow("inspect")
def history(station_id: str) -> ResponseReturnValue:
    """Page through the visits of a station, newest first, the voided ones too."""
    held, params = site_row(station_id), Params.of_request()
    limit = params.whole("limit", default=20, low=1, high=MAX_PAGE)
    rows = inspections.of_station(
        register(),
        held["id"],
        before=_cursor(params),
        limit=limit + 1,
        voided=True,
        covert_before=covert_before(me()),
    )
    page, more = rows[:limit], len(rows) > limit
    following = f"{page[-1]['at']},{page[-1]['created']}" if more else None
    return jsonify(visits=[summary(row, params.lang) for row in page], next=following)


def _cursor(params: Params) -> tuple[str, int]:
    at, _, number = params.values.get("before", "").partition(",")
    if not at:
        return inspections.LATEST
    if not (number.isdecimal() and len(number) < 19 and len(at) < 40 and "\0" not in at):
        raise WebError("The list cannot be continued from there; load it anew.")
    return at, int(number)


@inspect_api.get("/sites/<path:station_id>")
@allow("inspect")
def site(station_id: str) -> ResponseReturnValue:
    """Give a station with the newest answer of every line, for its form."""
    held = site_row(station_id)
    return jsonify(_forms([held["id"]])[0])


@inspect_api.get("/taken")
@allow("inspect")
def taken() -> ResponseReturnValue:
    """Give several stations as `site` does, for a round; those out of one's charge are left out."""
    asked = [one for one in request.args.get("ids", "").split(",") if one]
    if len(asked) > MOST_TAKEN:
        raise WebError("Up to {count} sites can be taken along at once.", count=MOST_TAKEN)
    found = []
    for one in dict.fromkeys(asked):
        try:
            found.append(site_row(one)["id"])
        except NotFound:
            continue
    return jsonify(sites=_forms(list(dict.fromkeys(found))))


def _forms(ids: list[str]) -> list[Row]:
    current, account, lang = _current(), me(), language()
    return [
        {**row, **lines_now(row["station_id"], current, own=account.role == "unit")}
        for row in told(ids, account, lang)
    ]


# ------------------------------------------------------------------- visits


@inspect_api.get("/visits/<uuid:inspection_id>")
@allow("inspect")
def visit(inspection_id: uuid.UUID) -> ResponseReturnValue:
    """Give one visit in the words of its own checklist."""
    row = register().get("inspection", str(inspection_id))
    if row is None:
        abort(404)
    in_charge(row)
    if not seen(row):
        abort(404)
    found = _checklist(row["checklist"])
    if found is None:
        abort(404)
    return jsonify(full(row, found, present().pack, language()))


@inspect_api.post("/visits")
@allow("inspect")
def send() -> ResponseReturnValue:
    """Take a visit: once, whole, with what follows from it."""
    lang, account, body = language(), me(), request.get_json(silent=True)
    if not isinstance(body, dict):
        error = WebError(
            "This inspection could not be read; it stays on the device. Send it again."
        )
        return problem(FAULT, error.render(lang))
    try:
        sent = sent_by_phone.read(body)
        if not _is_ours(sent.id):
            site_row(sent.station_id)
        outcome = _taken_in(sent)
    except (NotFound, visits.NoSuchStationError):
        error = WebError(
            "This station is not in your charge any more, or not in the register; the inspection "
            "stays on the device. Ask your administrator where it went."
        )
        return problem(404, error.render(lang))
    except RegisterError:
        raise
    except InputError as error:
        return problem(FAULT, error.render(lang), **_missing(error))
    row = outcome.inspection
    photos = {*(p for ids in sent.photos.values() for p in ids), sent.signature} - {None}
    kept().settle([str(photo) for photo in photos], by=account.id)
    if not outcome.again:
        log_after("change", f"{visits.INSPECT} inspection:{row['id']} {row['id']}")
    return jsonify(_receipt(outcome, lang)), 200 if outcome.again else 201


def _taken_in(sent: Sent) -> visits.Outcome:
    """Submit a visit; one that was being taken in at the same moment gets that one's receipt."""
    own = me()
    for last in (False, True):
        try:
            return visits.submit(
                register(),
                present().answers,
                sent,
                by=own,
                pictures=lambda photo: kept().picture(photo, by=own.id),
                now=clock(),
            )
        except RegisterError:
            raise
        except InputError:
            # its photos may be named by now, by itself
            if last or not _is_ours(sent.id):
                raise
    raise AssertionError("the second turn returns or raises")


def _is_ours(inspection_id: str) -> bool:
    """Whether this account sent it before: then it gets its receipt, whatever happened since."""
    row = register().get("inspection", inspection_id)
    return row is not None and row["inspector_id"] == me().id


def _missing(error: InputError) -> Row:
    missing = isinstance(error, visits.MissingPhotosError)
    return {"missing": error.params["missing"]} if missing else {}


def _receipt(outcome: visits.Outcome, lang: str) -> Row:
    row, order = outcome.inspection, outcome.order
    name = present().answers.config.time_zone
    number = visits.number_of(order, zone=name) if order else ""
    return {
        **{key: row[key] for key in ("id", "station_id", "at", "received_at", "result")},
        "number": visits.number_of(row, zone=name),
        "again": outcome.again,
        "notes": [note.render(lang) for note in outcome.notes],
        "failed": outcome.failed,
        "others": [_other(one, lang) for one in outcome.others if seen(one)],
        "order": order
        and {**{key: order[key] for key in ("id", "due", "lines")}, "number": number},
        "decided": outcome.decided
        and {
            **dict(zip(("order_id", "state"), outcome.decided, strict=True)),
            "by_this": outcome.decides,
        },
    }
