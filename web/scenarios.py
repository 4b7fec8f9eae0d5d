"""Pages of scenarios (比选方案): the list, one, two side by side, adopting, and files of one."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import scenario_adopt
from stationmap.city import scenarios as stored
from stationmap.city.scenarios import Scenario
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.messages import N_
from web import basemaps, scenario_files, security
from web import scenario_rows as rows
from web import scenario_shown as shown
from web.access import allow, clock, log_after, may, me, public, visitor
from web.caching import present
from web.charge import status_of
from web.desk import action_id as mark
from web.desk import register, say_done
from web.params import language
from web.scenarios_api import reach
from web.station_rows import map_data, map_shell
from web.words import say

scenarios = Blueprint("scenarios", __name__, url_prefix="/plans")

BODY = 2_000_000  # bytes of a form that names each of many stations


@scenarios.after_request
def _unkept(response: Response) -> Response:
    """Keep what may be public today and not tomorrow out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response


@scenarios.get("")
@allow("plan.read")
def listing() -> ResponseReturnValue:
    """List the scenarios, the one changed last first, and choose two to compare."""
    found = [shown.told(one) for one in stored.listed(register())]
    return render_template("scenarios_list.html", scenarios=found, may_make=may(rows.MAKE))


@scenarios.get("/<uuid:scenario_id>")
@public
def one(scenario_id: UUID) -> ResponseReturnValue:
    """Show one scenario: to whoever is signed in, and to all who have the link if published."""
    return _page(rows.readable(scenario_id))


def _page(scenario: Scenario, *, wrong: StationMapError | None = None) -> Response:
    frame = shown.stations(scenario)
    found = shown.figures_of(scenario)
    return _with_map(
        "scenarios_one.html",
        [(scenario, frame)],
        status=status_of(wrong),
        scenario=shown.told(scenario),
        lines=shown.lines(found),
        splits=shown.splits(found),
        districts=shown.by_district(found),
        shortfalls=shown.shortfalls(found),
        findings=shown.found_otherwise(found),
        stations=shown.table(scenario, frame),
        total=len(frame),
        gone=[*stored.left_out(present().answers, scenario)[1]],
        others=_others(scenario),
        mine=rows.may_change(scenario),
        may_make=may(rows.MAKE),
        typed=request.form if wrong else {},
        wrong=wrong.render(language()) if wrong else "",
        limits={"name": stored.NAME, "note": stored.NOTE},
        endings=scenario_files.ENDINGS + (scenario_files.REPORTS if visitor() else ()),
    )


def _others(scenario: Scenario) -> list[tuple[str, str]]:
    if visitor() is None:
        return []
    return [(one.id, one.name) for one in stored.listed(register()) if one.id != scenario.id]


@scenarios.get("/compare")
@allow("plan.read")
def compare() -> ResponseReturnValue:
    """Show two scenarios side by side (``?a=&b=``): figures, stations and a map of each."""
    ids = [request.args.get(name, "") for name in ("a", "b")]
    if "" in ids or ids[0] == ids[1]:
        say_done(N_("Choose two scenarios to compare."), warn=True)
        return redirect(url_for(".listing"), code=303)
    both = [rows.readable(_uuid(own)) for own in ids]
    found = [shown.figures_of(one) for one in both]
    frames = [shown.stations(one) for one in both]
    return _with_map(
        "scenarios_compare.html",
        list(zip(both, frames, strict=True)),
        scenarios=[shown.told(one) for one in both],
        lines=shown.lines(*found),
        splits=shown.splits(*found),
        districts=shown.by_district(*found),
        counts=[*_counts(both), *shown.shortfalls(*found)],
        all=[(one.id, one.name) for one in stored.listed(register())],
    )


def _counts(both: list[Scenario]) -> list[tuple[str, list[int]]]:
    kinds = [(text, [one.counts()[kind] for one in both]) for kind, text in stored.KINDS.items()]
    return [(say(text, lang=language()), numbers) for text, numbers in kinds if any(numbers)]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        abort(404)


def _with_map(
    template: str, drawn: list[tuple[Scenario, Any]], *, status: int = 200, **values: Any
) -> Response:
    now, lang = present(), language()
    page = render_template(
        template,
        shell=map_shell(now, None),
        base_scripts=basemaps.scripts(now),
        planned=int((now.stations["status"] == "planned").sum()),
        page_data=map_data(now, lang, scenarios=[shown.on_map(*one) for one in drawn]),
        **values,
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(page, status=status, headers={"Content-Security-Policy": policy})


@scenarios.get("/<uuid:scenario_id>/file.<ending>")
@public
def file(scenario_id: UUID, ending: str) -> ResponseReturnValue:
    """Write a scenario as a file: xlsx, gpkg or geojson; as docx or pdf for who is signed in."""
    known = visitor() is not None
    if ending not in (*scenario_files.ENDINGS, *(scenario_files.REPORTS if known else ())):
        abort(404)
    scenario = rows.readable(scenario_id)
    if known:
        log_after("export", f"scenario {len(scenario.changes)}")
    return scenario_files.write(scenario, ending)


# ------------------------------------------------------------------- changing one


@scenarios.post("/<uuid:scenario_id>")
@allow("plan.make")
def change(scenario_id: UUID) -> ResponseReturnValue:
    """Give a scenario another name or note, publish it, or take that back."""
    scenario, form = rows.own(scenario_id), request.form
    try:
        receipt = stored.change(
            register(),
            present().answers,
            scenario,
            name=form.get("name"),
            note=form.get("note"),
            published=form["published"] == "1" if "published" in form else None,
            version=_version(),
            action=mark(),
            by=me().id,
            now=clock(),
            lang=language(),
        )
    except (InputError, Conflict) as error:
        return _refused(scenario_id, error)
    rows.logged(receipt, scenario.id)
    say_done(N_("Saved."), undo=url_for(".undo", action_id=receipt.action))
    return redirect(url_for(".one", scenario_id=scenario.id), code=303)


@scenarios.post("/<uuid:scenario_id>/copy")
@allow("plan.make")
def copy(scenario_id: UUID) -> ResponseReturnValue:
    """Keep the same changes under another name."""
    scenario = rows.readable(scenario_id)
    there, _ = stored.left_out(present().answers, scenario)
    try:
        made, receipt = stored.save(
            register(),
            present().answers,
            name=request.form.get("name", ""),
            note=scenario.note,
            rule_id=scenario.rule_id,
            changes=[change.as_json() for change in there],
            adcode=reach(me()),
            action=mark(),
            by=me().id,
            now=clock(),
            lang=language(),
        )
    except (InputError, Conflict) as error:
        return _refused(scenario_id, error)
    rows.logged(receipt, made.id)
    say_done(N_("Kept as a scenario of its own."))
    return redirect(url_for(".one", scenario_id=made.id), code=303)


@scenarios.post("/<uuid:scenario_id>/delete")
@allow("plan.make")
def delete(scenario_id: UUID) -> ResponseReturnValue:
    """Delete a scenario; it can be had back."""
    scenario = rows.own(scenario_id)
    try:
        receipt = stored.delete(register(), scenario, version=_version(), action=mark(), by=me().id)
    except Conflict as error:
        return _refused(scenario_id, error)
    rows.logged(receipt, scenario.id)
    say_done(
        N_("The scenario {name} was deleted."),
        undo=url_for(".undo", action_id=receipt.action),
        name=scenario.name,
    )
    return redirect(url_for(".listing"), code=303)


@scenarios.get("/<uuid:scenario_id>/adopt")
@allow("plan.make")
def steps(scenario_id: UUID) -> ResponseReturnValue:
    """Show what adopting would do, station by station, and ask for what is meant."""
    return _steps(rows.readable(scenario_id))


def _steps(scenario: Scenario, *, wrong: StationMapError | None = None) -> Response:
    found = [rows.step(one) for one in rows.steps_of(scenario)]
    page = render_template(
        "scenarios_adopt.html",
        scenario=shown.told(scenario),
        parts=[
            (N_("Stations that are there already"), [s for s in found if s["kind"] != "new"]),
            (N_("New stations"), [s for s in found if s["kind"] == "new"]),
        ],
        possible=sum(s["possible"] for s in found),
        taken=set(request.form.getlist("take")) if wrong else None,
        wrong=wrong.render(language()) if wrong else "",
    )
    return Response(page, status=status_of(wrong))


@scenarios.post("/<uuid:scenario_id>/adopt")
@allow("plan.make", body=BODY)
def adopt(scenario_id: UUID) -> ResponseReturnValue:
    """Make the chosen stations of a scenario planned ones, and edit those that are there."""
    scenario = rows.readable(scenario_id)
    try:
        adopted = scenario_adopt.adopt(
            register(),
            present().answers,
            scenario,
            take=request.form.getlist("take"),
            covers=me().covers,
            manages=may("station.manage"),
            version=_version(),
            action=mark(),
            by=me().id,
            now=clock(),
        )
    except (InputError, Conflict) as error:
        return _steps(rows.readable(scenario_id), wrong=_stale(error))
    rows.logged(adopted.receipt, scenario.id, kind=scenario_adopt.KIND)
    say_done(
        N_("Adopted: {planned} stations are planned, {edited} were changed."),
        undo=url_for(".undo", action_id=adopted.receipt.action),
        planned=adopted.planned,
        edited=adopted.edited,
    )
    if adopted.left:
        say_done(
            N_("{count} were left out; why stands beside each under “Adopt”."),
            warn=True,
            count=len(adopted.left),
        )
    return redirect(url_for(".one", scenario_id=scenario.id), code=303)


@scenarios.post("/undo/<uuid:action_id>")
@allow("plan.make")
def undo(action_id: UUID) -> ResponseReturnValue:
    """Take back what the account did with a scenario; what was changed since stays."""
    undone = register().action(str(action_id))
    kinds = (stored.KIND, scenario_adopt.KIND)
    if undone is None or undone.kind not in kinds or undone.by != me().id:
        abort(404)
    try:
        receipt = register().undo(undone.id, action=mark(), by=me().id, keep_changed=True)
    except Conflict:
        say_done(N_("This was undone already."))
        return redirect(url_for(".listing"), code=303)
    if not receipt.again:
        log_after("change", f"undo {undone.id}")
    if receipt.kept:
        say_done(
            N_("Undone: {count}; left as they are, because they were changed since: {kept}."),
            count=receipt.events,
            kept=len(receipt.kept),
        )
    else:
        say_done(N_("It stands as before."))
    about = next(
        (e.id for e in register().events(undone.id, limit=undone.events) if e.entity == "scenario"),
        "",
    )
    if about and stored.get(register(), about):
        return redirect(url_for(".one", scenario_id=about), code=303)
    return redirect(url_for(".listing"), code=303)


def _refused(scenario_id: UUID, error: StationMapError) -> Response:
    return _page(rows.readable(scenario_id), wrong=_stale(error))


def _stale(error: StationMapError) -> StationMapError:
    if isinstance(error, Conflict) and error.params["entity"] in ("scenario", "station"):
        return Conflict(
            "Somebody changed this meanwhile, and nothing was saved; below it is as it stands now. "
            "Look, and send it again.",
            **error.params,
        )
    return error


def _version() -> int:
    """Return the version at which the form showed the scenario."""
    said = request.form.get("version", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else 0
