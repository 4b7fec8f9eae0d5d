"""The unit's own home: its stations, closure notices, and supplies that run short."""

import datetime as dt
from collections.abc import Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import applications, notices, remarks, restocking
from stationmap.city.wording import Day
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.messages import N_
from stationmap.stations import STATUSES
from stationmap.store.events import now as instant
from stationmap.store.standing import Rows
from web.access import allow, me
from web.caching import present
from web.charge import (
    Row,
    make,
    settle,
    station_row,
    stations_of,
    status_of,
    undo_address,
    unit_name,
    work_of,
)
from web.desk import register, say_done, submit
from web.order_words import of_unit
from web.params import Params, language
from web.parts import text, type_name
from web.view import CityView
from web.words import WebError, say

unit_home = Blueprint("unit_home", __name__)

PAGE = 50
MOST_AT_ONCE = 200
"""Stations whose closure is announced with one form."""
ORDERS = 5  # that the unit's page shows, the most urgent
KEPT = 10  # settled notices, reports and remarks that a station's page still shows


@unit_home.app_template_filter("day")
def day(iso: str) -> str:
    """Write a day, or the day of a UTC instant in the city's time zone."""
    if "T" in iso:
        zone = ZoneInfo(present().answers.config.time_zone)
        iso = dt.datetime.fromisoformat(iso).astimezone(zone).date().isoformat()
    return Day(iso).render(language())


@unit_home.app_template_filter("days")
def days(notice: Mapping[str, Any]) -> str:
    """Write the days of a notice."""
    return notices.Days.of(notice).render(language())


# -- lists -----------------------------------------------------------------------------------


@unit_home.get("/home")
@allow("closure")
def home() -> ResponseReturnValue:
    """Show a unit's stations and what waits to be done; to administrators, the units first."""
    now, account, params = present(), me(), Params.of_request()
    frame = stations_of(account, now)
    if account.role == "unit":
        return _unit_page(now, frame, unit_id=account.unit_id or "", params=params)
    if unit_id := params.text("unit"):
        own = frame[(frame["unit_id"] == unit_id).to_numpy(dtype=bool)]
        if own.empty:
            abort(404)
        return _unit_page(now, own, unit_id=unit_id, params=params)
    return _units_page(now, frame, params=params)


def _unit_page(
    now: CityView, frame: pd.DataFrame, *, unit_id: str, params: Params
) -> ResponseReturnValue:
    work, words, offset = work_of(now, frame.index), params.text("q"), _offset(params)
    shown = frame[_holds(frame["name"], words)]
    page = shown.iloc[offset : offset + PAGE]
    waiting = register().rows("application", unit_id=unit_id, state=applications.SUBMITTED)
    ordered, orders = of_unit(unit_id, limit=ORDERS)
    return render_template(
        "home.html",
        orders=orders,
        ordered=ordered,
        unit=unit_name(now, unit_id),
        unit_id=unit_id,
        mine=me().role == "unit",
        of_all=len(frame),
        total=len(shown),
        offset=offset,
        limit=PAGE,
        words=words,
        stations=[_listed(now, str(i), row) for i, row in page.iterrows()],
        names={str(i): text(name) or str(i) for i, name in frame["name"].items()},
        work=work,
        closed=sum(work.closed_today(i) for i in work.closures),
        waiting=waiting,
        shortages=restocking.SHORTAGES,
        remark_kinds=remarks.KINDS,
    )


def _listed(now: CityView, station_id: str, row: Any) -> Row:
    status = text(row["status"]) or ""
    return {
        "id": station_id,
        "name": text(row["name"]) or station_id,
        "type": type_name(now, text(row["type"]), language()),
        "status": status,
        "status_name": say(STATUSES.get(status, status), lang=language()),
        "placed": row["geometry"] is not None and not row["geometry"].is_empty,
    }


def _units_page(now: CityView, frame: pd.DataFrame, *, params: Params) -> ResponseReturnValue:
    work, words, offset = work_of(now, frame.index), params.text("q"), _offset(params)
    own = frame["unit_id"].dropna()
    found = own.value_counts().rename_axis("unit_id").rename("stations").reset_index()
    for name, waits in (
        ("closed", [i for i in work.closures if work.closed_today(i)]),
        ("short", [i for i, rows in work.shortages.items() for _ in rows]),
        ("remarks", [i for i, rows in work.remarks.items() for _ in rows]),
    ):
        counted = own.reindex(waits).value_counts()
        found[name] = found["unit_id"].map(counted).fillna(0).astype("int64")
    names = now.answers.table("units").dropna(subset=["name"]).drop_duplicates("id")
    found["name"] = found["unit_id"].map(dict(zip(names["id"], names["name"], strict=True)))
    found["name"] = found["name"].fillna(found["unit_id"])
    found = found[_holds(found["name"], words)]
    found = found.assign(todo=-(found["short"] + found["remarks"]))
    found = found.sort_values(["todo", "name"], kind="stable")
    return render_template(
        "home_units.html",
        units=found.iloc[offset : offset + PAGE].to_dict("records"),
        total=len(found),
        offset=offset,
        limit=PAGE,
        words=words,
        without=len(frame) - len(own),
    )


def _offset(params: Params) -> int:
    return params.whole("offset", default=0, low=0, high=10**7)


def _holds(names: pd.Series, words: str) -> Any:
    found = names.fillna("").str.casefold().str.contains(words.casefold(), regex=False)
    return found.to_numpy(dtype=bool)


# -- one station -----------------------------------------------------------------------------


@unit_home.get("/home/stations/<path:station_id>")
@allow("closure")
def station(station_id: str) -> ResponseReturnValue:
    """Show one station: its notices, what runs short, remarks, and its withdrawal."""
    return station_page(station_row(station_id))


def station_page(row: Row, *, wrong: StationMapError | None = None, form: str = "") -> Response:
    """Fill a station's page, with what was wrong with one of its forms and what was typed."""
    now, lang, of_this = present(), language(), {"station_id": row["station_id"]}
    closures = register().rows("closure", **of_this)
    current = notices.current(closures, today=now.today)
    going = {notice["id"] for notice in current}
    restocks = register().rows("restock", **of_this)
    said = register().rows("remark", **of_this)
    asked = register().rows("application", **of_this, kind=applications.WITHDRAWAL)
    page = render_template(
        "home_station.html",
        row=row,
        name=row["name"] or row["station_id"],
        type_name=type_name(now, row["type"], lang),
        status_name=say(STATUSES.get(row["status"] or "", ""), lang=lang),
        unit=row["unit"] or unit_name(now, row["unit_id"]),
        district=now.district_name(row["adcode"] or ""),
        mine=me().role == "unit",
        closures=current,
        past_closures=_last([c for c in closures if c["id"] not in going]),
        shortages=[r for r in restocks if r["state"] == restocking.SHORT],
        past_restocks=_last([r for r in restocks if r["state"] != restocking.SHORT]),
        supplies=[(key, say(label, lang=lang)) for key, label in restocking.SHORTAGES.items()],
        supply_names=restocking.SHORTAGES,
        remarks=[r for r in said if r["state"] == remarks.OPEN],
        past_remarks=_last([r for r in said if r["state"] != remarks.OPEN]),
        remark_kinds=remarks.KINDS,
        remark_states=remarks.STATES,
        withdrawal=asked[-1] if asked else None,
        application_states=applications.STATES,
        today=now.today.isoformat(),
        edit_url=url_for("manage_stations.one", id=row["station_id"]),
        typed=request.form if wrong else {},
        form=form,
        wrong=wrong.render(lang) if wrong else "",
    )
    return Response(page, status=status_of(wrong))


def _last(rows: list[Row]) -> list[Row]:
    return rows[::-1][:KEPT]


def to_station(station_id: str) -> ResponseReturnValue:
    """Go to a station's page, or back to the list of what waits where the form stood there."""
    if request.form.get("from") == "home":
        unit = None if me().role == "unit" else request.form.get("unit")
        return redirect(url_for("unit_home.home", unit=unit), code=303)
    return redirect(url_for("unit_home.station", station_id=station_id), code=303)


# -- closure notices -------------------------------------------------------------------------


@unit_home.post("/home/closures")
@allow("closure")
def close() -> ResponseReturnValue:
    """Announce days on which a station is closed."""
    held = station_row(request.form.get("station", ""))
    station_id = held["station_id"]
    try:
        row = _notice(station_id, register().rows)
        make(
            "closure",
            [row],
            kind="closure",
            write=partial(submit, only_if=partial(_notice, station_id)),
        )
    except (InputError, Conflict) as error:
        return station_page(held, wrong=error, form="closure")
    say_done(
        N_("“{name}” is announced as closed: {days}. The map shows it now."),
        name=held["name"] or station_id,
        days=notices.Days.of(row),
        undo=undo_address(),
    )
    return to_station(station_id)


@unit_home.get("/home/closures/new")
@allow("closure")
def many() -> ResponseReturnValue:
    """Show the form that announces a closure of several stations of a unit."""
    return _many_page(Params.of_request().text("unit"))


def _many_page(unit_id: str, *, wrong: StationMapError | None = None) -> ResponseReturnValue:
    now, account = present(), me()
    unit_id = account.unit_id or "" if account.role == "unit" else unit_id
    frame = stations_of(account, now)
    frame = frame[(frame["unit_id"] == unit_id).to_numpy(dtype=bool)]
    if frame.empty:
        return redirect(url_for("unit_home.home"), code=303)
    frame = frame[(frame["status"] != "closed").to_numpy(dtype=bool)]
    more, frame = len(frame) > MOST_AT_ONCE, frame.head(MOST_AT_ONCE)
    page = render_template(
        "home_closures.html",
        unit=unit_name(now, unit_id),
        unit_id=unit_id,
        mine=account.role == "unit",
        stations=[(str(i), text(name) or str(i)) for i, name in frame["name"].items()],
        chosen=request.form.getlist("station"),
        limit=MOST_AT_ONCE if more else 0,
        today=now.today.isoformat(),
        typed=request.form if wrong else {},
        wrong=wrong.render(language()) if wrong else "",
    )
    return Response(page, status=status_of(wrong))


@unit_home.post("/home/closures/many")
@allow("closure")
def close_many() -> ResponseReturnValue:
    """Announce the same days for several stations: for all of them, or for none."""
    form, unit_id = request.form, request.form.get("unit", "")
    ids = list(dict.fromkeys(form.getlist("station")))
    held = [station_row(station_id) for station_id in ids[:MOST_AT_ONCE]]
    try:
        if not held:
            raise WebError("Please choose at least one station; nothing was saved yet.")
        if len(ids) > MOST_AT_ONCE:
            raise WebError(
                "One notice reaches at most {n} stations; nothing was saved yet.", n=MOST_AT_ONCE
            )

        def notices_now(standing: Rows) -> list[Row]:
            return [_notice(row["station_id"], standing, name=row["name"]) for row in held]

        rows = notices_now(register().rows)
        make("closure", rows, kind="closure", write=partial(submit, only_if=notices_now))
    except (InputError, Conflict) as error:
        return _many_page(unit_id, wrong=error)
    say_done(
        N_("{n} stations are announced as closed: {days}. The map shows it now."),
        n=len(rows),
        days=notices.Days.of(rows[0]),
        undo=undo_address(),
    )
    unit = None if me().role == "unit" else unit_id
    return redirect(url_for("unit_home.home", unit=unit), code=303)


def _notice(station_id: str, standing: Rows, *, name: str | None = None) -> Row:
    """Read the notice of this form for one station, beside the notices that are `standing`.

    `name` says which station, where there are several.
    """
    now, form, lang = present(), request.form, language()
    mark = form.get("action", "")
    try:
        return notices.closure(
            station_id,
            first=form.get("from_date", ""),
            last=form.get("to_date", ""),
            reason=form.get("reason", ""),
            today=now.today,
            others=[
                other
                for other in standing("closure", station_id=station_id)
                # those of this very form, sent once more, are no others
                if not (mark and other["id"].startswith(mark))
                and notices.phase(other, today=now.today) != notices.OVER
            ],
            labels=(
                say(N_("First day"), lang=lang),
                say(N_("Last day"), lang=lang),
                say(N_("Why"), lang=lang),
            ),
        )
    except notices.SharedDaysError as error:
        if name is None:
            raise
        raise WebError("“{name}”: {why}", name=name, why=error) from error


@unit_home.post("/home/closures/<closure_id>/end")
@allow("closure")
def reopen(closure_id: str) -> ResponseReturnValue:
    """End a notice early, or take it back where it has not begun."""
    now = present()
    held = station_row(request.form.get("station", ""))
    row = _own("closure", closure_id, held)
    # one that is gone was ended by this very form, sent twice
    if row is not None and notices.phase(row, today=now.today) != notices.OVER:
        settle("closure", row, notices.ended(row, today=now.today), kind="closure")
    name = held["name"] or held["station_id"]
    say_done(N_("“{name}” is no longer announced as closed."), name=name, undo=undo_address())
    return to_station(held["station_id"])


def _own(entity: str, row_id: str, held: Row) -> Row | None:
    """Return a row of a station; None where it is gone; 404 where it is another station's."""
    row = register().get(entity, row_id)
    if row is not None and row["station_id"] != held["station_id"]:
        abort(404)
    return row


# -- supplies --------------------------------------------------------------------------------


@unit_home.post("/home/restocks")
@allow("restock")
def report() -> ResponseReturnValue:
    """Report that a supply runs short."""
    form = request.form
    held = station_row(form.get("station", ""))

    def shortage(standing: Rows) -> Row:
        others = standing("restock", station_id=held["station_id"])
        return restocking.shortage(
            held["station_id"],
            supply=form.get("supply", ""),
            note=form.get("note", ""),
            others=[other for other in others if other["id"] != form.get("action")],
            label=say(N_("How much is left, what to bring"), lang=language()),
        )

    try:
        make(
            "restock",
            [shortage(register().rows)],
            kind="restock",
            write=partial(submit, only_if=shortage),
        )
    except (InputError, Conflict) as error:
        return station_page(held, wrong=error, form="restock")
    say_done(N_("Reported; it waits to be replenished."), undo=undo_address())
    return to_station(held["station_id"])


@unit_home.post("/home/restocks/<restock_id>/done")
@allow("restock")
def replenish(restock_id: str) -> ResponseReturnValue:
    """Say that a supply was replenished."""
    held = station_row(request.form.get("station", ""))
    row = _own("restock", restock_id, held)
    if row is None:
        abort(404)
    if row["state"] == restocking.SHORT:
        after = {"state": restocking.REPLENISHED, "done_at": instant()}
        try:
            settle("restock", row, after, kind="restock")
        except Conflict:
            # said in another window at the same time: that is what was wanted
            stands = register().get("restock", restock_id)
            if stands is None or stands["state"] != restocking.REPLENISHED:
                raise
    say_done(N_("Noted as replenished."), undo=undo_address())
    return to_station(held["station_id"])
