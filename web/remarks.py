"""Residents' remarks: sent from a station's card without an account, answered by the unit."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import remarks as flow
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.messages import N_
from stationmap.stations import SUPPLIES
from stationmap.store import Change, Receipt, allowance
from stationmap.store.events import now as instant
from web.access import allow, clock, me, public
from web.caching import present
from web.charge import (
    Row,
    is_as,
    make,
    settle,
    station_row,
    stations_of,
    status_of,
    undo_address,
    unit_name,
)
from web.desk import action_id, register, say_done
from web.params import Params, language
from web.parts import text, type_name
from web.unit_home import station_page, to_station
from web.words import say

remarks = Blueprint("remarks", __name__)

PAGE = 30
HOUR = dt.timedelta(hours=1)
BY_ADDRESS, BY_ALL = 10, 500
"""Remarks in an hour from one network address, behind which many may be, and from all."""
RESIDENT = "resident"  # stands as the author of what needs no account


# -- the resident ----------------------------------------------------------------------------


@remarks.get("/stations/remark", endpoint="new_by_id", defaults={"station_id": None})
@remarks.get("/stations/<path:station_id>/remark")
@public
def new(station_id: str | None) -> ResponseReturnValue:
    """Show the form for a remark on a station; of an id that is no path by ``?id=``."""
    return _form(_public_row(request.args.get("id", "") if station_id is None else station_id))


def _form(row: Row, wrong: StationMapError | None = None) -> Response:
    now, lang = present(), language()
    page = render_template(
        "remarks_new.html",
        row=row,
        city=now.name,
        name=row["name"] or row["station_id"],
        type_name=type_name(now, row["type"], lang),
        kinds=[(key, say(label, lang=lang)) for key, label in flow.KINDS.items()],
        limit=flow.TEXT,
        typed=request.form if wrong else {},
        wrong=wrong.render(lang) if wrong else "",
    )
    return Response(page, status=status_of(wrong), headers={"Cache-Control": "no-store"})


def _public_row(station_id: str) -> Row:
    frame = present().stations
    if station_id not in frame.index:
        abort(404)
    return {n: text(v) for n, v in frame.loc[station_id].items() if n != "geometry"}


@remarks.post("/remarks")
@public
def send() -> ResponseReturnValue:
    """Take a resident's remark; it changes nothing of the station."""
    form = request.form
    held = _public_row(form.get("station", ""))
    try:
        row = flow.remark(
            held["station_id"],
            kind=form.get("kind", ""),
            text=_said(form),
            label=say(N_("Your remark"), lang=language()),
        )
        made = make("remark", [row], kind="remark", write=_write)
    except (InputError, Conflict) as error:
        return _form(held, error)
    near = "near" if form.get("from") == "near" else None
    return redirect(url_for("remarks.sent", remark_id=made[0]["id"], back=near), code=303)


def _said(form: Mapping[str, str]) -> str:
    """Return the text of a remark; one tap on “none left” says which supply by itself."""
    supply = form.get("supply", "")
    if form.get("kind") == "supplies" and supply in SUPPLIES and not form.get("text"):
        name = say(SUPPLIES[supply], lang=language())
        return say(N_("None left: {supply}"), lang=language(), supply=name)
    return form.get("text", "")


def _write(changes: Sequence[Change], *, kind: str) -> Receipt:
    limits = {request.remote_addr or "": BY_ADDRESS, "all": BY_ALL}
    allowance.take(register(), "remark", limits, per=HOUR, now=clock())
    return register().write(changes, action=action_id(), by=RESIDENT, kind=kind)


@remarks.get("/remarks/<remark_id>")
@public
def sent(remark_id: str) -> ResponseReturnValue:
    """Show whoever has its address what became of a remark."""
    row = register().get("remark", remark_id)
    if row is None:
        abort(404)
    frame = present().stations
    known = row["station_id"] in frame.index
    page = render_template(
        "remarks_sent.html",
        city=present().name,
        remark=row,
        known=known,
        near=request.args.get("back") == "near",
        name=(text(frame.at[row["station_id"], "name"]) if known else None) or row["station_id"],
        kind_name=say(flow.KINDS[row["kind"]], lang=language()),
        state_name=say(flow.STATES[row["state"]], lang=language()),
    )
    return Response(page, headers={"Cache-Control": "no-store"})


# -- the unit --------------------------------------------------------------------------------


@remarks.get("/home/remarks")
@allow("remark.answer")
def received() -> ResponseReturnValue:
    """Show the remarks on the stations in one's charge, those that wait in their order."""
    now, params = present(), Params.of_request()
    state = params.one_of("state", flow.STATES, default=flow.OPEN)
    frame = stations_of(me(), now)
    found = [r for r in register().rows("remark", state=state) if r["station_id"] in frame.index]
    if state != flow.OPEN:
        found = found[::-1]
    offset = params.whole("offset", default=0, low=0, high=10**7)
    page = found[offset : offset + PAGE]
    return render_template(
        "remarks.html",
        state=state,
        states=flow.STATES,
        kinds=flow.KINDS,
        remarks=[{**row, **_about(frame.loc[row["station_id"]])} for row in page],
        total=len(found),
        offset=offset,
        limit=PAGE,
        mine=me().role == "unit",
    )


def _about(station: Any) -> Row:
    name = text(station["name"]) or str(station["station_id"])
    return {"name": name, "unit": text(station["unit"]) or unit_name(present(), station["unit_id"])}


@remarks.post("/home/remarks/<remark_id>")
@allow("remark.answer")
def answer(remark_id: str) -> ResponseReturnValue:
    """Answer a remark, or set it aside with a reason."""
    row, form = register().get("remark", remark_id), request.form
    if row is None:
        abort(404)
    held = station_row(row["station_id"])
    state, said = form.get("state", ""), form.get("answer", "").strip()
    try:
        if not is_as(row, {"state": state, "answer": said}):
            label = say(N_("Answer"), lang=language())
            after = flow.settled(row, state=state, answer=said, label=label)
            _settle(row, after)
    except (InputError, Conflict) as error:
        return station_page(held, wrong=error, form=f"remark-{row['id']}")
    done = N_("Answered.") if state == flow.ANSWERED else N_("Set aside.")
    say_done(done, undo=undo_address())
    return to_station(held["station_id"])


def _settle(row: Row, after: Row) -> None:
    try:
        settle("remark", row, {**after, "answered_at": instant()}, kind="remark")
    except Conflict:
        stands = register().get("remark", row["id"])
        if stands is None or not is_as(stands, after):
            raise
