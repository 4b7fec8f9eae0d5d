"""待定位: stations without a place, what is proposed for each, and a person's yes."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from flask import (
    Blueprint,
    Response,
    abort,
    jsonify,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue

from stationmap.city import station_edit
from stationmap.city.locate import SURE, Proposal
from stationmap.errors import Conflict
from stationmap.io import tabular
from stationmap.messages import N_
from stationmap.store.events import Change, Row
from stationmap.store.queries import MOST_COUNTED
from web import basemaps, security
from web.access import allow, log, log_after, me, within
from web.caching import present
from web.desk import action_id, register, say_done, submit
from web.params import Params, language
from web.proposed import gazetteer, places_called, proposals_of, shown_proposal
from web.station_rows import charged, find, map_data, map_shell, own
from web.station_words import DATUMS, shown
from web.words import WebError, say

manage_locate = Blueprint("manage_locate", __name__, url_prefix="/manage/locate")

PAGE = 20
AT_ONCE = 100
"""Exact matches that are looked at and accepted together."""
SCANNED = 3_000
"""Stations that are gone through for them in one look."""
KIND = "locate"


# ------------------------------------------------------------------- the queue


def _filters(params: Params) -> dict[str, Any]:
    return {"words": params.text("q"), "placed": False}


@manage_locate.get("")
@allow("station.manage")
def queue() -> ResponseReturnValue:
    """Show the stations without a place, each with what is proposed first."""
    params, lang = Params.of_request(), language()
    offset = params.whole("offset", default=0, low=0, high=10**7)
    total, rows = find(_filters(params), offset=offset, limit=PAGE)
    return render_template(
        "locate_queue.html",
        total=total,
        most=MOST_COUNTED,
        offset=offset,
        limit=PAGE,
        words=params.text("q"),
        notices=params.notices,
        stations=[
            _line(row, proposals_of(row), at=offset + number, lang=lang)
            for number, row in enumerate(rows)
        ],
    )


def _line(row: Row, found: list[Proposal], *, at: int, lang: str) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": at,
        "name": row["name"] or say(N_("Unnamed station"), lang=lang),
        "address": row["address"],
        "district": shown(present(), "adcode", row["adcode"], lang=lang),
        "first": shown_proposal(found[0], lang) if found else None,
        "others": max(len(found) - 1, 0),
    }


@manage_locate.get("/queue.xlsx")
@allow("station.manage")
def workbook() -> Response:
    """Write the queue with what is proposed first, to take along or to ask around."""
    lang = language()
    total, rows = find(_filters(Params.of_request()), limit=None)
    firsts = [next(iter(proposals_of(row, with_alike=False)), None) for row in rows]
    columns: dict[str, list[Any]] = {
        N_("Id"): [row["id"] for row in rows],
        N_("Name"): [row["name"] for row in rows],
        N_("Address"): [row["address"] for row in rows],
        N_("District"): [shown(present(), "adcode", row["adcode"], lang=lang) for row in rows],
        N_("Unit"): [row["unit"] for row in rows],
        N_("Source"): [row["source"] for row in rows],
        N_("Row of the source"): [row["source_row"] for row in rows],
        N_("Proposed"): [p.name if p else None for p in firsts],
        N_("How sure"): [say(SURE[p.sure], lang=lang) if p else None for p in firsts],
        N_("What speaks for it"): [
            say(N_("; "), lang=lang).join(n.render(lang) for n in p.why) if p else None
            for p in firsts
        ],
        N_("Proposed longitude (WGS-84)"): [p.lon if p and p.acceptable else None for p in firsts],
        N_("Proposed latitude (WGS-84)"): [p.lat if p and p.acceptable else None for p in firsts],
    }
    frame = pd.DataFrame({say(name, lang=lang): values for name, values in columns.items()})
    title = say(N_("To locate"), lang=lang)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue.xlsx"
        tabular.write_xlsx(path, {title: frame})
        data = io.BytesIO(path.read_bytes())
    log("export", f"locate {total}")
    name = f"{present().name}-{title}-{present().today:%Y%m%d}.xlsx"
    return send_file(data, as_attachment=True, download_name=name)


# ------------------------------------------------------------------- one station


@manage_locate.get("/station")
@allow("station.manage")
def one() -> ResponseReturnValue:
    """Show one station with the places proposed for it, on the map."""
    return _bench(own(request.args.get("id", "")))


@manage_locate.post("/station")
@allow("station.manage")
def place() -> ResponseReturnValue:
    """Put a station where a person says: at a proposal, or at a place of their own."""
    row, lang = own(request.args.get("id", "")), language()
    key = request.form.get("proposal", "")
    said = request.form.get("place", "")
    if key:
        chosen = next((p for p in proposals_of(row) if p.key == key and p.acceptable), None)
        if chosen is None:
            return _bench(
                row,
                wrong=say(
                    N_("This proposal is there no longer, as the map was changed. Choose anew."),
                    lang=lang,
                ),
            )
        edit = _edit(row, f"{chosen.lon}, {chosen.lat}", "wgs84")
        note = say(
            N_("placed at “{place}” as proposed ({sure}): {why}"),
            lang=lang,
            place=chosen.name,
            sure=say(SURE[chosen.sure], lang=lang),
            why=say(N_("; "), lang=lang).join(n.render(lang) for n in chosen.why),
        )
        # no list gave these coordinates: they are assumed from the names
        edit.after |= dict.fromkeys(("source_lon", "source_lat", "source_datum"))
    else:
        edit = _edit(row, said, request.form.get("datum", "wgs84"))
        note = say(N_("placed by hand on the map"), lang=lang)
    if edit.wrong or edit.after.get("geometry") is None:
        wrong = [n.render(lang) for n in edit.wrong.values()] or [
            say(N_("Tap the place on the map first, or write its coordinates."), lang=lang)
        ]
        return _bench(row, wrong=" ".join(wrong), typed=said)
    try:
        change = Change("station", row["id"], edit.after, expects=_version())
        receipt = submit([change], kind=KIND, note=note)
    except Conflict as conflict:
        return _bench(own(row["id"]), wrong=_conflict(conflict, lang), typed=said, status=409)
    say_done(
        N_("{name} has a place now."),
        undo=url_for(".undo", action=receipt.action),
        name=row["name"] or row["id"],
    )
    return redirect(_next_address(), code=303)


def _edit(row: Row, said: str, datum: str) -> station_edit.Edit:
    """Read a place as the form of a station does: near the city, within the account's scope."""
    return station_edit.read(
        {"place": [said], "datum": [datum]},
        now=present().answers,
        row={**charged(row), "geometry": None},
        fields=("place",),
        covers=me().covers,
    )


def _version(name: str = "version") -> int:
    """Version at which the form was shown; 0, which no station has, where it does not say."""
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _conflict(conflict: Conflict, lang: str) -> str:
    current = conflict.params.get("current")
    if current is not None and current.get("geometry") is not None:
        return say(
            N_(
                "Somebody else has given this station a place meanwhile; it stays where they put "
                "it, and nothing of yours was written. Look at the map, and move it if need be."
            ),
            lang=lang,
        )
    return say(
        N_(
            "Somebody else has changed this station meanwhile, and nothing of yours was written. "
            "Look at what it says now, then put it in its place."
        ),
        lang=lang,
    )


def _next_address() -> str:
    """Address of the station that is next in the queue; the queue's own at its end."""
    params = Params.of_request()
    at = params.whole("at", default=0, low=0, high=10**7)
    words = params.text("q")
    # the station just placed has left the queue: the next one took its number
    total, rows = find(_filters(params), offset=at, limit=1)
    if total and not rows:
        at = 0
        _, rows = find(_filters(params), offset=0, limit=1)
    if not rows:
        return url_for(".queue", q=words or None)
    return url_for(".one", id=rows[0]["id"], at=at, q=words or None)


def _bench(row: Row, *, wrong: str = "", typed: str = "", status: int = 200) -> Response:
    now, lang, params = present(), language(), Params.of_request()
    at = params.whole("at", default=0, low=0, high=10**7)
    found = [] if row["geometry"] is not None else proposals_of(row)
    total, around = find(_filters(params), offset=max(at - 1, 0), limit=3)
    # who comes from elsewhere than the queue stands nowhere in it
    in_queue = row["id"] in [r["id"] for r in around[1 if at else 0 :][:1]]
    before = around[0] if in_queue and at else None
    after = next(iter(around[2 if at else 1 :]), None) if in_queue else None
    shapes = gazetteer()
    page = render_template(
        "locate_station.html",
        row=row,
        version=row["version"],
        title=row["name"] or row["id"],
        facts=[
            (say(label, lang=lang), text)
            for label, text in (
                (N_("Address"), row["address"]),
                (N_("District"), shown(now, "adcode", row["adcode"], lang=lang)),
                (N_("Type"), shown(now, "type", row["type"], lang=lang)),
                (now.pack.label("unit").get(lang), row["unit"]),
                (N_("Source"), _source(row, lang)),
            )
            if text
        ],
        proposals=[shown_proposal(p, lang) for p in found],
        elsewhere=_elsewhere(row, found, lang),
        district=shown(now, "adcode", row["adcode"], lang=lang),
        placed=station_edit.place_text(row["geometry"]),
        wrong=wrong,
        typed=typed,
        words=params.text("q"),
        at=at,
        total=total,
        in_queue=in_queue,
        before=before and before["id"],
        after=after and after["id"],
        datums=[(datum, say(text, lang=lang)) for datum, text in DATUMS.items()],
        shell=map_shell(now, row["geometry"] or _first_place(found)),
        base_scripts=basemaps.scripts(now),
        page_data=map_data(
            now,
            lang,
            placed=row["geometry"],
            proposals=[
                {
                    "lon": p.lon,
                    "lat": p.lat,
                    "name": p.name,
                    "sure": p.sure,
                    "shape": None if p.kind == "crossing" else shapes.outline(p.shape),
                }
                for p in found
            ],
        ),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(page, status=status, headers={"Content-Security-Policy": policy})


def _elsewhere(row: Row, found: list[Proposal], lang: str) -> list[str]:
    """Name what fits outside the stated district, where nothing inside is more than possible."""
    if row["geometry"] or not row["adcode"] or any(p.sure in ("exact", "likely") for p in found):
        return []
    own_keys = {p.key for p in found}
    others = [
        p
        for p in proposals_of({**row, "adcode": None}, with_alike=False)
        if p.sure in ("exact", "likely") and p.key not in own_keys
    ]
    names = []
    for p in others[:3]:
        code = station_edit.district_at(present().answers, lon=p.lon, lat=p.lat)
        where = shown(present(), "adcode", (code or "")[:6], lang=lang)
        names.append(say(N_("{place} ({district})"), lang=lang, place=p.name, district=where))
    return names


def _first_place(found: list[Proposal]) -> tuple[float, float] | None:
    return (found[0].lon, found[0].lat) if found else None


def _source(row: Row, lang: str) -> str:
    if row["source"] and row["source_row"]:
        text = N_("{source}, row {row}")
        return say(text, lang=lang, source=row["source"], row=row["source_row"])
    return row["source"] or ""


@manage_locate.get("/places")
@allow("station.read")
def places() -> Response:
    """Name streets and places of the city for the search beside a map, as JSON."""
    lang = language()
    found, more = places_called(Params.of_request().text("q"), lang)
    template = N_(
        "Nothing of the city's map is called like this: try part of the name, or another."
    )
    if more:
        template = N_(
            "Many are called like this; here are the {n} that fit best. Choose one, or write more "
            "of the name."
        )
    elif found:
        template = N_("{n} found; choose one, and the map goes there.")
    return jsonify({"places": found, "said": say(template, lang=lang, n=len(found))})


# ------------------------------------------------------------------- many at once


@manage_locate.get("/exact")
@allow("station.manage")
def exact() -> ResponseReturnValue:
    """List the stations that have one exact match each, to be looked at and accepted together."""
    return _exact_page()


@manage_locate.post("/exact")
@allow("station.manage")
def accept() -> ResponseReturnValue:
    """Place the stations that a person left ticked, all or none."""
    lang = language()
    action_id()
    changes = []
    for station_id in list(dict.fromkeys(request.form.getlist("station")))[:AT_ONCE]:
        row = own(station_id)
        key = request.form.get(f"proposal-{station_id}", "")
        chosen = next(
            (p for p in proposals_of(row, with_alike=False) if p.key == key and p.sure == "exact"),
            None,
        )
        edit = _edit(row, f"{chosen.lon}, {chosen.lat}", "wgs84") if chosen else None
        if edit is None or edit.wrong:
            return _exact_page(wrong=_gone(row, lang))
        after = {k: v for k, v in edit.after.items() if k in ("geometry", "adcode")}
        version = _version(f"version-{station_id}")
        changes.append(Change("station", station_id, after, expects=version))
    if not changes:
        return _exact_page(wrong=say(N_("Tick at least one station."), lang=lang))
    note = say(N_("exact matches by name, accepted together after a look at the list"), lang=lang)
    try:
        receipt = submit(changes, kind=KIND, note=note)
    except Conflict as conflict:
        row = register().get("station", conflict.params["id"]) or {"id": conflict.params["id"]}
        return _exact_page(wrong=_gone(row, lang), status=409)
    say_done(
        N_("{count} stations have a place now."),
        undo=url_for(".undo", action=receipt.action),
        count=len(changes),
    )
    return redirect(url_for(".queue"), code=303)


def _gone(row: Row, lang: str) -> str:
    return say(
        N_(
            "{name} was changed meanwhile, or its match is exact no longer. Nothing was written; "
            "here is the list as it is now."
        ),
        lang=lang,
        name=row.get("name") or row["id"],
    )


def _exact_page(*, wrong: str = "", status: int = 200) -> Response:
    lang = language()
    total, rows = find({"placed": False}, limit=SCANNED)
    found = list(_exact_ones(rows))
    keys = [proposal.key for _, proposal in found]
    lines = []
    for row, proposal in found[:AT_ONCE]:
        shown_one = shown_proposal(proposal, lang)
        lines.append(
            {
                "id": row["id"],
                "version": row["version"],
                "name": row["name"],
                "address": row["address"],
                "district": shown(present(), "adcode", row["adcode"], lang=lang),
                "proposal": shown_one,
                "shared": keys.count(proposal.key) - 1,
                "ticked": keys.count(proposal.key) == 1 and not shown_one["beside"],
            }
        )
    page = render_template(
        "locate_exact.html",
        wrong=wrong,
        lines=lines,
        left=len(found) - len(lines),
        unseen=max(total - len(rows), 0),
    )
    return Response(page, status=status)


def _exact_ones(rows: Iterable[Row]) -> Iterator[tuple[Row, Proposal]]:
    for row in rows:
        found = proposals_of(row, with_alike=False)
        if found and found[0].sure == "exact" and (len(found) == 1 or found[1].sure != "exact"):
            yield row, found[0]


# ------------------------------------------------------------------- back again


@manage_locate.post("/undo/<uuid:action>")
@allow("station.manage")
def undo(action: Any) -> ResponseReturnValue:
    """Take back an action of this page: the stations are without a place again."""
    undone = register().action(str(action))
    if undone is None or undone.kind != KIND:
        abort(404)
    for event in register().events(str(action), limit=AT_ONCE):
        within(charged({**(register().get("station", event.id) or {}), "id": event.id}))
    try:
        receipt = register().undo(str(action), action=action_id(), by=me().id)
    except Conflict as conflict:
        if conflict.params["entity"] == "action":
            say_done(N_("This was undone already."))
            return redirect(url_for(".queue"), code=303)
        raise WebError(
            "This cannot be taken back: a station was changed since. Nothing was written; see the "
            "history of {id}.",
            id=conflict.params["id"],
        ) from conflict
    log_after("change", f"undo {action}")
    say_done(N_("{count} stations are without a place again."), count=receipt.events)
    return redirect(url_for(".queue"), code=303)
