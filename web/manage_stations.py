"""The administrators' list of stations: search, take away, enter, change, with nothing lost."""

import io
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
from stationmap.city.station_edit import CONTACT, Edit
from stationmap.errors import Conflict, InputError
from stationmap.inspections import orders as flow
from stationmap.io import tabular
from stationmap.messages import N_
from stationmap.stations import STATUSES
from stationmap.store import Change, orders
from stationmap.store.events import Row
from stationmap.store.queries import MOST_COUNTED
from web import basemaps, security, station_form
from web.access import allow, log, may, me, within
from web.caching import present
from web.desk import action_id, register, say_done, submit, when
from web.params import Params, language
from web.parts import type_name
from web.station_rows import (
    PLACED,
    Names,
    districts_of,
    doubles_of,
    find,
    map_data,
    map_shell,
    own,
    sent_before,
    subject_of_station,
    was_taken_out,
)
from web.station_words import CONTACT as CONTACT_LABELS
from web.station_words import label, shown, station_table
from web.words import say

manage_stations = Blueprint("manage_stations", __name__, url_prefix="/manage/stations")

PAGE = 50
LATEST = 3  # events beside the form
FILTERS = ("q", "status", "type", "district", "unit", "source", "placed")


# ------------------------------------------------------------------- the list


@manage_stations.get("")
@allow("station.read")
def listing() -> ResponseReturnValue:
    """Show the stations in the account's charge, filtered and paged by the address."""
    now, params = present(), Params.of_request()
    offset = params.whole("offset", default=0, low=0, high=10**7)
    filters = filters_of(params)
    total, rows = find(filters, offset=offset, limit=PAGE)
    return render_template(
        "stations_list.html",
        total=total,
        most=MOST_COUNTED,
        offset=offset,
        limit=PAGE,
        filters=filters,
        query={k: v for k in FILTERS if (v := request.args.get(k))},
        notices=params.notices,
        stations=[_line(row, params.lang) for row in rows],
        types=[(t.id, t.name.get(params.lang)) for t in now.pack.site_types],
        statuses=[(s, say(name, lang=params.lang)) for s, name in STATUSES.items()],
        districts=list(districts_of(now).items()),
        sources=sorted({r.source for r in now.answers.sources() if r.kind == "stations"}),
        word=now.pack.label("stations").get(params.lang),
        unit_label=label(now, "unit", lang=params.lang),
    )


def filters_of(params: Params) -> dict[str, Any]:
    """Return the list's filters, as `station_rows.find` takes them."""
    return {
        "words": params.text("q"),
        "status": params.one_of("status", STATUSES, default=""),
        "type": params.text("type"),
        "adcode": params.text("district"),
        "unit_id": params.text("unit"),
        "source": params.text("source"),
        "placed": PLACED[params.one_of("placed", PLACED, default="")],
    }


def _line(row: Row, lang: str) -> dict[str, Any]:
    now = present()
    return {
        "id": row["id"],
        "name": row["name"] or say(N_("Unnamed station"), lang=lang),
        "type": type_name(now, row["type"], lang),
        "status": row["status"],
        "status_name": shown(now, "status", row["status"], lang=lang),
        "unit": row["unit"],
        "district": shown(now, "adcode", (row["adcode"] or "")[:6], lang=lang),
        "address": row["address"],
        "placed": row["geometry"] is not None,
    }


@manage_stations.get("/export.<ending>")
@allow("station.read")
def export(ending: str) -> Response:
    """Write the stations that the filters let through, headed so that they can be imported."""
    if ending not in ("xlsx", "csv"):
        abort(404)
    now, params = present(), Params.of_request()
    _, rows = find(filters_of(params), limit=None)
    word = say(N_("Station register"), lang=params.lang)
    table = station_table(now, rows, lang=params.lang)
    log("export", f"stations {len(rows)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"stations.{ending}"
        if ending == "csv":
            tabular.write_csv(path, table)
        else:
            tabular.write_xlsx(path, {word: table})
        data = path.read_bytes()
    name = re.sub(r"[^\w.-]+", "_", f"{now.name}-{word}-{now.today:%Y%m%d}.{ending}")
    return send_file(io.BytesIO(data), as_attachment=True, download_name=name)


# ------------------------------------------------------------------- one station


@manage_stations.get("/edit")
@allow("station.read")
def one() -> ResponseReturnValue:
    """Show one station's facts in a form, as far as the account may write them.

    The address of one that was taken out leads to its history, from where it comes back.
    """
    station_id = request.args.get("id", "")
    if was_taken_out(station_id):
        within({"id": station_id, **subject_of_station(station_id)})
        return redirect(url_for("manage_history.history", id=station_id), code=303)
    return _page(own(station_id))


@manage_stations.post("/edit")
@allow("station.edit")
def save() -> ResponseReturnValue:
    """Keep what was changed; where somebody else was quicker, lay both versions side by side."""
    row, now, lang = own(request.args.get("id", "")), present(), language()
    here = url_for(".one", id=row["id"])
    if sent_before():
        return redirect(here, code=303)
    typed = request.form.to_dict(flat=False)
    fields = station_form.editable()
    edit = station_edit.read(typed, now=now.answers, row=row, fields=fields, covers=me().covers)
    if edit.wrong:
        return _page(row, typed=typed, edit=edit), 400
    expects = _version()
    after = edit.changes(row) if expects == row["version"] else edit.after
    if not after:
        say_done(N_("Nothing was different, so nothing was saved."))
        return redirect(here, code=303)
    try:
        receipt = submit(
            [Change("station", row["id"], after, expects=expects)], kind=station_form.kind_of(after)
        )
    except Conflict as conflict:
        return _conflict(conflict, mine=edit.after, fields=fields), 409
    _told(edit, N_("Saved."), receipt.action, lang)
    if {"unit", "unit_id"} & after.keys():
        _tell_of_orders(row["id"])
    return redirect(here, code=303)


def _tell_of_orders(station_id: str) -> None:
    """Tell of orders that wait for the unit to which the station belonged."""
    waiting = orders.Asked(station_id=station_id, states=flow.UNSETTLED)
    if count := orders.find(register(), waiting, limit=0)[0]:
        say_done(
            N_(
                "{count} orders of this station stay with the unit they were issued to. Where the "
                "new unit is to put it right, withdraw them and issue them at a new visit."
            ),
            warn=True,
            count=count,
        )


@manage_stations.get("/new")
@allow("station.manage")
def new() -> ResponseReturnValue:
    """Show the empty form of a station."""
    row = station_form.blank()
    typed = {"place": [request.args["at"]]} if request.args.get("at") else None
    return _page(row, typed=typed)


@manage_stations.post("/new")
@allow("station.manage")
def create() -> ResponseReturnValue:
    """Enter a station."""
    now, lang = present(), language()
    typed = request.form.to_dict(flat=False)
    row = station_form.blank()
    edit = station_edit.read(typed, now=now.answers, row=row, covers=me().covers)
    for name in ("type", "status"):
        if name not in typed:
            edit.wrong[name] = station_edit.missing(name)
    station_id = ""
    try:
        station_id = station_edit.new_id(
            request.form.get("id", ""), action=action_id(), taken=_taken_by_another
        )
    except InputError as error:
        edit.wrong["id"] = error
    if edit.wrong:
        return _page(row, typed=typed, edit=edit), 400
    after = {name: value for name, value in edit.after.items() if value is not None}
    try:
        receipt = submit([Change("station", station_id, after, expects=0)], kind="create")
    except Conflict as error:
        if not sent_before():
            edit.wrong["id"] = error
            return _page(row, typed=typed, edit=edit), 409
        return redirect(url_for(".one", id=station_id), code=303)
    _told(edit, N_("The station was entered."), receipt.action, lang)
    for other in doubles_of(station_id, after.get("geometry")):
        say_done(
            N_("Near it stands one that may be the same: {name}. Compare the two."),
            warn=True,
            name=other,
        )
    return redirect(url_for(".one", id=station_id), code=303)


@manage_stations.get("/state")
@allow("station.read")
def state() -> ResponseReturnValue:
    """Say at which version a station is and who changed it last, for a form that is open."""
    row, lang = own(request.args.get("id", "")), language()
    last = register().history("station", row["id"], limit=1)
    by = Names(lang).of(last[0].by) if last else ""
    at = when(last[0].at) if last else ""
    sentence = say(N_("{by} saved this station at {at}."), lang=lang, by=by, at=at)
    response = jsonify(version=row["version"], said=sentence)
    response.headers["Cache-Control"] = "no-store"
    return response


def _taken_by_another(station_id: str) -> bool:
    return register().get("station", station_id) is not None and not sent_before()


def _version() -> int:
    text = request.form.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        abort(400)
    return int(text)


def _told(edit: Edit, template: str, action: str, lang: str) -> None:
    undo = url_for("manage_history.undo", action_id=action) if may("station.manage") else ""
    say_done(template, undo=undo)
    for remark in edit.remarks:
        say_done(N_("To look at: {remark}"), warn=True, remark=remark.render(lang))


def _page(
    row: Row, *, typed: Mapping[str, Sequence[str]] | None = None, edit: Edit | None = None
) -> Response:
    """Write the page of one station, or of a new one (a row without an id)."""
    now, lang = present(), language()
    known = row.get("id")
    names = Names(lang)
    latest = register().history("station", known, limit=LATEST) if known else []
    at = row.get("geometry")
    page = render_template(
        "stations_edit.html",
        row=row,
        title=row.get("name") or known or say(N_("New station"), lang=lang),
        form=station_form.form_of(now, row, typed, lang),
        wrong=station_form.sentences(edit, lang) if edit else {},
        fields=station_form.editable(),
        version=request.form.get("version", row.get("version", 0)),
        latest=[{"at": when(e.at), "by": names.of(e.by), "action": e.action} for e in latest],
        status_name=shown(now, "status", row.get("status"), lang=lang),
        district=shown(now, "adcode", row.get("adcode"), lang=lang),
        shell=map_shell(now, at),
        base_scripts=basemaps.scripts(now),
        page_data=map_data(
            now,
            lang,
            station={
                "id": known,
                "place": at,
                "type": row.get("type"),
                "status": row.get("status"),
            },
            stateUrl=url_for(".state", id=known) if known else "",
        ),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(page, headers={"Content-Security-Policy": policy})


def _conflict(conflict: Conflict, *, mine: Row, fields: Sequence[str]) -> str:
    """Write the page on which two versions become one."""
    if conflict.params["entity"] != "station":
        raise conflict
    now, lang = present(), language()
    theirs, base = conflict.params["current"], conflict.params["base"]
    station_id = conflict.params["id"]
    by, at = "", ""
    if last := register().history("station", station_id, limit=1):
        by = Names(lang).of(last[0].by)
        at = when(last[0].at)
    found = (
        station_form.differences(now, base=base, mine=mine, theirs=theirs, fields=fields, lang=lang)
        if theirs
        else []
    )
    return render_template(
        "stations_conflict.html",
        station_id=station_id,
        name=(theirs or base or {}).get("name") or station_id,
        theirs=theirs,
        differences=found,
        by=by,
        at=at,
        mine=[
            (label(now, name, lang=lang), shown(now, name, value, lang=lang))
            for name, value in mine.items()
            if value
        ],
    )


# ------------------------------------------------------------------- the contact


@manage_stations.get("/contact")
@allow("contact.read")
def contact() -> ResponseReturnValue:
    """Show whom to reach at a station: for the offices alone, and logged."""
    row = own(request.args.get("id", ""))
    log("contact.read", f"station:{row['id']}")
    return _contact_page(row, register().get("contact", row["id"]))


@manage_stations.post("/contact")
@allow("contact.read")
def save_contact() -> ResponseReturnValue:
    """Keep the contact of a station."""
    row = own(request.args.get("id", ""))
    here = url_for(".contact", id=row["id"])
    if sent_before():
        return redirect(here, code=303)
    typed = request.form.to_dict(flat=False)
    edit = station_edit.read_contact(typed)
    stands = register().get("contact", row["id"])
    if edit.wrong:
        return _contact_page(row, stands, typed=typed, edit=edit), 400
    if not edit.changes(stands or {}):
        say_done(N_("Nothing was different, so nothing was saved."))
        return redirect(here, code=303)
    try:
        receipt = submit(
            [Change("contact", row["id"], edit.after, expects=_version())], kind="contact"
        )
    except Conflict as conflict:
        theirs = conflict.params["current"]
        return _contact_page(row, theirs, typed=typed, edit=edit, stale=True), 409
    _told(edit, N_("The contact was saved."), receipt.action, language())
    return redirect(here, code=303)


def _contact_page(
    row: Row,
    stands: Row | None,
    *,
    typed: Mapping[str, Sequence[str]] | None = None,
    edit: Edit | None = None,
    stale: bool = False,
) -> str:
    lang = language()
    values = {name: (stands or {}).get(name) or "" for name in CONTACT}
    if typed is not None:
        values |= {name: " ".join(typed.get(name, ())) for name in CONTACT}
    return render_template(
        "stations_contact.html",
        row=row,
        values=values,
        labels={name: say(text, lang=lang) for name, text in CONTACT_LABELS.items()},
        wrong=station_form.sentences(edit, lang) if edit else {},
        version=(stands or {}).get("version", 0),
        theirs={name: (stands or {}).get(name) or "" for name in CONTACT} if stale else None,
    )
