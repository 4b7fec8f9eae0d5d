"""Applications: a unit asks for a station or gives one up, the county or the city decides."""

from functools import partial

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import applications as flow
from stationmap.city import station_edit
from stationmap.city.station_edit import Edit
from stationmap.errors import Conflict, InputError, RegisterError, StationMapError
from stationmap.messages import N_
from stationmap.stations import STATUSES, SUPPLIES
from stationmap.store import Change
from stationmap.store.events import now as instant
from stationmap.store.standing import Rows
from web import basemaps, security
from web.access import allow, may, me, within
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
    with_units,
)
from web.desk import register, say_done, submit
from web.order_words import waiting as orders_waiting
from web.params import Params, language
from web.parts import text, type_name
from web.station_rows import map_data, map_shell
from web.station_words import DATUMS
from web.surroundings import around
from web.unit_home import station_page, to_station
from web.view import CityView
from web.words import say

applications = Blueprint("applications", __name__)

PAGE = 30
# -- the unit --------------------------------------------------------------------------------


@applications.get("/home/applications")
@allow("application.make")
def own() -> ResponseReturnValue:
    """Show what the unit has applied for, the newest first."""
    now = present()
    found = register().rows("application", unit_id=me().unit_id)[::-1]
    offset = Params.of_request().whole("offset", default=0, low=0, high=10**7)
    return render_template(
        "applications_own.html",
        applications=[shown(now, row) for row in found[offset : offset + PAGE]],
        total=len(found),
        offset=offset,
        limit=PAGE,
    )


@applications.get("/home/applications/new")
@allow("application.make")
def new() -> ResponseReturnValue:
    """Show the form for a new station."""
    return _form()


def _form(*, wrong: StationMapError | None = None, edit: Edit | None = None) -> Response:
    now, lang = present(), language()
    refused = edit is not None or wrong is not None
    at = edit.after.get("geometry") if edit else None
    near = _first_place(now)
    page = render_template(
        "applications_new.html",
        unit=unit_name(now, me().unit_id),
        example=_example(now, near),
        types=[(kind.id, kind.name.get(lang)) for kind in now.pack.site_types],
        supplies=[(key, say(label, lang=lang)) for key, label in SUPPLIES.items()],
        datums=[(datum, say(name, lang=lang)) for datum, name in DATUMS.items()],
        typed=request.form if refused else {},
        chosen=request.form.getlist("supplies") if refused else [],
        errors={n: why.render(lang) for n, why in edit.wrong.items()} if edit else {},
        wrong=wrong.render(lang) if wrong else "",
        page_data=map_data(now, lang, at=at, near=near),
        shell=map_shell(now, at or near),
        base_scripts=basemaps.scripts(now),
    )
    status = status_of(wrong) if wrong else 400 if refused else 200
    return Response(page, status=status, headers=_policy(now))


def _first_place(now: CityView) -> tuple[float, float] | None:
    """Return where the unit's first station with a place stands: new ones are mostly near."""
    points = stations_of(me(), now).geometry
    placed = points[(points.notna() & ~points.is_empty).to_numpy(dtype=bool)]
    return (placed.iloc[0].x, placed.iloc[0].y) if len(placed) else None


def _example(now: CityView, near: tuple[float, float] | None) -> str:
    """Write a place of this city as people write one."""
    west, south, east, north = now.bounds or (118.8742, 28.9561, 118.8742, 28.9561)
    lon, lat = near or ((west + east) / 2, (south + north) / 2)
    return f"{lon:.4f}, {lat:.4f}"


@applications.post("/home/applications")
@allow("application.make")
def apply() -> ResponseReturnValue:
    """Apply for a new station."""
    form = request.form
    edit = flow.proposed(form.to_dict(flat=False), now=present().answers)
    try:
        row = flow.admission(
            edit.after,
            unit_id=me().unit_id,
            reason=form.get("reason", ""),
            label=say(N_("Why it is applied for"), lang=language()),
        )
        if edit.wrong:
            return _form(edit=edit)
        make("application", [row], kind="application")
    except (InputError, Conflict) as error:
        return _form(wrong=error, edit=edit)
    say_done(N_("The application for “{name}” was sent."), name=row["station"]["name"])
    return redirect(url_for("applications.own"), code=303)


@applications.post("/home/withdrawals")
@allow("application.make")
def give_up() -> ResponseReturnValue:
    """Apply for giving a station up."""
    held = station_row(request.form.get("station", ""))
    asked = {"station_id": held["station_id"], "kind": flow.WITHDRAWAL, "state": flow.SUBMITTED}

    def withdrawal(standing: Rows) -> Row:
        waiting = standing("application", **asked)
        return flow.withdrawal(
            held,
            unit_id=me().unit_id,
            reason=request.form.get("why", ""),
            waiting=[one for one in waiting if one["id"] != request.form.get("action")],
            label=say(N_("Why it is given up"), lang=language()),
        )

    try:
        row = withdrawal(register().rows)
        make("application", [row], kind="application", write=partial(submit, only_if=withdrawal))
    except (InputError, Conflict) as error:
        return station_page(held, wrong=error, form="withdrawal")
    say_done(N_("The application was sent; the station stays on the list until it is decided."))
    return to_station(held["station_id"])


@applications.post("/home/applications/<application_id>/back")
@allow("application.make")
def take_back(application_id: str) -> ResponseReturnValue:
    """Take an application back that is not decided yet."""
    row = _application(application_id)
    try:
        _decide(row, step="withdraw", decision="")
        say_done(N_("The application was taken back."))
    except (InputError, Conflict) as error:
        say_done("{why}", why=error)
    return redirect(url_for("applications.own"), code=303)


# -- the county and the city -----------------------------------------------------------------


@applications.get("/manage/applications")
@allow("application.decide")
def listed() -> ResponseReturnValue:
    """Show the applications of one's district, those that wait first come first."""
    now, params = present(), Params.of_request()
    state = params.one_of("state", flow.STATES, default=flow.SUBMITTED)
    found = in_scope(now, register().rows("application", state=state))
    if state != flow.SUBMITTED:
        found = found[::-1]
    offset = params.whole("offset", default=0, low=0, high=10**7)
    return render_template(
        "applications.html",
        state=state,
        states=flow.STATES,
        applications=[shown(now, row) for row in found[offset : offset + PAGE]],
        total=len(found),
        offset=offset,
        limit=PAGE,
    )


@applications.get("/manage/applications/<application_id>")
@allow("application.decide")
def one(application_id: str) -> ResponseReturnValue:
    """Show one application with its place, and the form to decide it."""
    return _one(_application(application_id))


def _one(row: Row, wrong: StationMapError | None = None) -> Response:
    now = present()
    found = shown(now, row)
    page = render_template(
        "applications_one.html",
        application=found,
        waits=row["state"] == flow.SUBMITTED,
        around=_around(now, row),
        admission=row["kind"] == flow.ADMISSION,
        typed=request.form if wrong else {},
        wrong=wrong.render(language()) if wrong else "",
        page_data=map_data(now, language(), at=found["place"]),
        shell=map_shell(now, found["place"]),
        base_scripts=basemaps.scripts(now),
    )
    return Response(page, status=status_of(wrong), headers=_policy(now))


@applications.post("/manage/applications/<application_id>")
@allow("application.decide")
def decide(application_id: str) -> ResponseReturnValue:
    """Approve an application, or refuse it with a reason."""
    row, form = _application(application_id), request.form
    step = form.get("step", "")
    try:
        if step == "withdraw":
            abort(404)
        _decide(row, step=step, decision=form.get("decision", ""), status=form.get("status", ""))
    except (InputError, Conflict) as error:
        return _one(_application(application_id), error)
    name = shown(present(), row)["name"]
    if step == "refuse":
        say_done(N_("“{name}”: refused, the unit sees the reason."), name=name, undo=undo_address())
    elif row["kind"] == flow.WITHDRAWAL:
        say_done(
            N_("“{name}”: approved, the station is withdrawn."), name=name, undo=undo_address()
        )
    else:
        say_done(
            N_("“{name}”: approved, the station is on the list."), name=name, undo=undo_address()
        )
    if step == "refuse":
        return redirect(url_for("applications.listed"), code=303)
    # where the way to the station stands
    return redirect(url_for("applications.one", application_id=row["id"]), code=303)


@applications.post("/manage/applications/<application_id>/open")
@allow("application.decide")
def open_station(application_id: str) -> ResponseReturnValue:
    """Put an approved station, planned so far, into operation."""
    row = _application(application_id)
    station = register().get("station", row["station_id"] or "")
    if row["kind"] != flow.ADMISSION or row["state"] != flow.APPROVED or station is None:
        abort(404)
    within(station)
    if station["status"] == "planned":
        settle("station", station, {"status": "active"}, kind="application")
    name = station["name"] or station["id"]
    say_done(N_("“{name}” is in operation."), name=name, undo=undo_address())
    return redirect(url_for("applications.one", application_id=row["id"]), code=303)


# -- what both do ----------------------------------------------------------------------------


def _application(application_id: str) -> Row:
    """Return an application; 404 where there is none, or it is in another's scope."""
    row = register().get("application", application_id)
    if row is None:
        abort(404)
    within({**row, "adcode": _adcode(present(), row)})
    return row


def _decide(row: Row, *, step: str, decision: str, status: str = "") -> None:
    """Settle an application, and put on the list or withdraw what it asks for: all or nothing."""
    said = say(N_("What to tell the unit"), lang=language())
    if is_as(row, {"state": flow.MOVES.get(step), "decision": decision.strip()}):
        return  # the same form, sent twice
    after = {**flow.moved(row, step=step, decision=decision, label=said), "decided_at": instant()}
    changes = []
    if step == "approve" and row["kind"] == flow.ADMISSION:
        after["station_id"] = station_edit.new_id("", action=row["id"], taken=lambda _: False)
        unit = unit_name(present(), row["unit_id"])
        new = flow.listed(row, status=status, unit=unit)
        changes.append(Change("station", after["station_id"], new, expects=0))
    elif step == "approve":
        station = register().get("station", row["station_id"])
        if station is not None:
            gone = Change("station", station["id"], {"status": "closed"}, station["version"])
            changes.append(gone)
    changes.append(Change("application", row["id"], after, expects=row["version"]))
    try:
        submit(changes, kind="application")
    except Conflict:
        stands = register().get("application", row["id"])
        if stands is None or not is_as(stands, {n: after[n] for n in ("state", "decision")}):
            raise


def waits_at(path: str) -> int:
    """Return how many applications, or orders, wait for the account at a place of the menu."""
    if path == url_for("orders.listing"):
        return orders_waiting()
    if path != url_for("applications.listed") or not may("application.decide"):
        return 0
    try:
        return len(in_scope(present(), register().rows("application", state=flow.SUBMITTED)))
    except RegisterError:
        return 0  # the page says itself that the register does not answer


@applications.app_context_processor
def _for_the_layout() -> dict[str, object]:
    return {"waits_at": waits_at}


def in_scope(now: CityView, rows: list[Row]) -> list[Row]:
    """Return the applications that the account decides about."""
    return [row for row in rows if me().covers(_adcode(now, row), row["unit_id"])]


def _adcode(now: CityView, row: Row) -> str | None:
    """Return the district in which an application's station lies, or would lie."""
    if row["kind"] == flow.ADMISSION:
        return text(row["station"]["adcode"])
    frame = with_units(now)
    return text(frame.at[row["station_id"], "adcode"]) if row["station_id"] in frame.index else None


def shown(now: CityView, row: Row) -> Row:
    """Return an application as its pages show it."""
    lang, station = language(), row["station"] or {}
    place = tuple(station["geometry"]) if station else None
    standing = None
    if row["station_id"] in now.stations.index:
        standing = now.stations.loc[row["station_id"]]
        if not station:
            station = {name: text(standing[name]) for name in ("name", "type", "address", "hours")}
            point = standing.geometry
            place = (point.x, point.y) if point is not None and not point.is_empty else None
    status = text(standing["status"]) if standing is not None else None
    supplies = (station.get("supplies") or "").split(";")
    return {
        **{n: row[n] for n in ("id", "kind", "state", "reason", "decision", "at", "decided_at")},
        "station_id": row["station_id"],
        "standing": standing is not None,
        "name": station.get("name") or row["station_id"] or "",
        "type": type_name(now, station.get("type"), lang),
        "address": station.get("address") or "",
        "hours": station.get("hours") or "",
        "supplies": [say(SUPPLIES[name], lang=lang) for name in supplies if name in SUPPLIES],
        "place": place,
        "district": now.district_name(_adcode(now, row) or ""),
        "unit": unit_name(now, row["unit_id"]),
        "kind_name": say(flow.KINDS[row["kind"]], lang=lang),
        "state_name": say(flow.STATES[row["state"]], lang=lang),
        "status": status,
        "status_name": say(STATUSES[status], lang=lang) if status else "",
    }


def _around(now: CityView, row: Row) -> list[str]:
    if row["kind"] != flow.ADMISSION or row["state"] != flow.SUBMITTED:
        return []
    lon, lat = row["station"]["geometry"]
    return around(now, (lon, lat), site_type=row["station"]["type"], lang=language())


def _policy(now: CityView) -> dict[str, str]:
    return {"Content-Security-Policy": security.policy(pictures=basemaps.hosts(now))}
