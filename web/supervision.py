"""Supervision: draws of sites for unannounced visits, and the rounds that inspectors walk."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

import pandas as pd
from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from stationmap.city import draws
from stationmap.errors import Conflict, InputError, StationMapError
from stationmap.inspections import draw as drawing
from stationmap.inspections import rounds as laying
from stationmap.inspections.draw import FACTORS, POINTS
from stationmap.io import cells, tabular
from stationmap.messages import N_, printable
from stationmap.store import Change
from stationmap.store import supervision as store
from stationmap.store.accounts import Account, accounts
from stationmap.store.events import Row
from web import basemaps, security
from web.access import allow, log, log_after, me, within
from web.caching import present
from web.desk import action_id, register, say_done, submit
from web.inspect_sites import present_id, today
from web.params import Params, language
from web.parts import type_name
from web.station_rows import Names, districts_of, map_data, map_shell
from web.take_away import take_away
from web.view import CityView
from web.words import WebError, say

supervision = Blueprint("supervision", __name__, url_prefix="/manage/supervision")

PAGE = 20
SIZE = 20
INSPECTING = ("inspector", "county", "city")
"""Roles of those whom a round can be given to."""


# ------------------------------------------------------------------- draws


@supervision.get("")
@allow("supervise")
def listed() -> ResponseReturnValue:
    """Show the draws of the account's scope, the newest first, and the form for one more."""
    return _overview()


def _overview(*, wrong: StationMapError | None = None) -> str:
    now, lang = present(), language()
    offset = Params.of_request().whole("offset", default=0, low=0, high=10**7)
    total, rows = store.draws(register(), adcode=_scope(), offset=offset, limit=PAGE)
    ids = {own: present_id(own) for row in rows for own in _drawn(row)}
    since = min((row["at"] for row in rows), default="")
    seen = store.visited_since(register(), {*ids.values()}, since=since)
    names = Names(lang)
    return render_template(
        "supervision_draws.html",
        draws=[_line(now, row, names, [seen.get(ids[own]) for own in _drawn(row)]) for row in rows],
        total=total,
        offset=offset,
        limit=PAGE,
        size=SIZE,
        most=draws.MOST_DRAWN,
        typed=request.form if wrong else {},
        chosen=request.form.getlist("type") if wrong else [],
        wrong=wrong.render(lang) if wrong else "",
        districts=list(districts_of(now).items()),
        types=[(kind.id, kind.name.get(lang)) for kind in now.pack.site_types],
        factors=[(key, say(label, lang=lang), POINTS[key]) for key, label in FACTORS.items()],
        stale_days=now.pack.stale_days,
        most_points=drawing.MOST_POINTS,
        note_length=draws.NOTE,
    )


def _scope() -> str:
    return "" if me().role == "city" else me().adcode


def _drawn(row: Row) -> list[str]:
    return [one["id"] for one in row["drawn"]]


def _line(
    now: CityView, row: Row, names: Names, seen: Sequence[Mapping[str, str] | None]
) -> dict[str, Any]:
    where = row["weights"]["within"]
    return {
        "id": row["id"],
        "at": row["at"],
        "by": names.of(row["by"]),
        "where": now.district_name(where) if where else now.name,
        "drawn": len(row["drawn"]),
        "visited": sum((_unannounced(one or {}) or "") >= row["at"] for one in seen),
        "note": row["note"],
    }


def _unannounced(seen: Mapping[str, str]) -> str | None:
    """Return when a site was visited as a draw wants it: a visit on announcement is none such."""
    return max((at for visit, at in seen.items() if visit in draws.UNANNOUNCED), default=None)


@supervision.post("/draws")
@allow("supervise")
def make() -> ResponseReturnValue:
    """Draw sites by a seed that is made now."""
    now, form = present(), request.form
    try:
        note = printable(form.get("note", "")).strip()
        if len(note) > draws.NOTE:
            raise WebError(
                "the note is longer than {limit} characters; nothing was saved.", limit=draws.NOTE
            )
        own, receipt = draws.make(
            now.answers,
            register(),
            by=me().id,
            scope=_scope(),
            action=action_id(),
            size=draws.whole(form.get("size", ""), low=1, high=draws.MOST_DRAWN),
            points=draws.points_of({name: form[name] for name in POINTS if name in form}),
            today=now.today,
            within=_district(now, form.get("district", "")),
            types=[t.id for t in now.pack.site_types if t.id in form.getlist("type")],
            note=note,
        )
    except Conflict:
        raise
    except InputError as error:
        return _overview(wrong=error), 400
    if not receipt.again:
        log_after("change", f"{draws.DRAW} draw:{own} {receipt.action}")
    say_done(N_("The sites were drawn."))
    return redirect(url_for(".one", draw_id=own), code=303)


def _district(now: CityView, asked: str) -> str:
    return asked if asked in districts_of(now) else ""


def own(draw_id: str) -> Row:
    """Return a draw of the account's scope; 404 where there is none."""
    row = register().get("draw", draw_id) if printable(draw_id) == draw_id else None
    within(row)
    assert row is not None
    return row


@supervision.get("/draws/<draw_id>")
@allow("supervise")
def one(draw_id: str) -> ResponseReturnValue:
    """Show a draw: what was drawn and why, its rounds on a map, and how to check it."""
    return _page(own(draw_id))


def _page(row: Row, *, wrong: str = "") -> Response:
    now, lang = present(), language()
    names = Names(lang)
    sites = _sites(now, row, lang)
    held = register().rows("round", draw_id=row["id"])
    rounds = [_round(number, one, sites, names) for number, one in enumerate(held, start=1)]
    last = register().history("draw", row["id"], limit=1)
    page = render_template(
        "supervision_draw.html",
        draw=row,
        by=names.of(last[0].by) if last else "",
        where=now.district_name(w) if (w := row["weights"]["within"]) else now.name,
        kinds=[type_name(now, kind, lang) for kind in row["weights"]["types"]],
        sites=list(sites.values()),
        visited=sum(site["visited"] is not None for site in sites.values()),
        announced=sum(site["announced"] is not None for site in sites.values()),
        shares=[_share(now, share, lang) for share in row["shares"]],
        factors=[
            (say(label, lang=lang), row["weights"]["points"][key]) for key, label in FACTORS.items()
        ],
        base=row["weights"]["base"],
        rounds=rounds,
        left=_left(rounds, sites),
        inspectors=[(one.id, one.name) for one in _inspectors()],
        first=_next_day(today(now)).isoformat(),
        most=laying.DEFAULT,
        largest=laying.MOST,
        wrong=wrong,
        city_folder=now.answers.path.name,
        shell=map_shell(now, None),
        base_scripts=basemaps.scripts(now),
        page_data=map_data(now, lang, rounds=_on_map(rounds, sites)),
    )
    policy = security.policy(pictures=basemaps.hosts(now))
    return Response(page, headers={"Content-Security-Policy": policy})


def _sites(now: CityView, row: Row, lang: str) -> dict[str, dict[str, Any]]:
    """Say of the sites that were drawn, by the ids they have now, what is known of them now."""
    kept = {present_id(one["id"]): one for one in row["drawn"]}
    seen = store.visited_since(register(), kept, since=row["at"])
    return {
        own: _site(now, {**one, "id": own}, seen.get(own, {}), lang) for own, one in kept.items()
    }


def _site(
    now: CityView, kept: Mapping[str, Any], seen: Mapping[str, str], lang: str
) -> dict[str, Any]:
    """Say of a site that was drawn what is known of it now."""
    there = kept["id"] in now.stations.index
    row = now.stations.loc[kept["id"]] if there else {}
    point: Any = row.get("geometry")
    placed = point is not None and not point.is_empty
    said = say(N_(", "), lang=lang).join(say(FACTORS[name], lang=lang) for name in kept["factors"])
    visited = _unannounced(seen)
    return {
        "id": kept["id"],
        "there": there,
        "name": _text(row.get("name")) or kept["id"],
        "type": type_name(now, row.get("type"), lang),
        "address": _text(row.get("address")),
        "unit": _text(row.get("unit")),
        "district": _county(now, kept["county"], lang),
        "weight": kept["weight"],
        "why": said,
        "visited": visited,
        "announced": max(seen.values(), default=None) if visited is None else None,
        "place": [round(point.x, 6), round(point.y, 6)] if placed else None,
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _county(now: CityView, code: str, lang: str) -> str:
    return now.district_name(code) if code else say(N_("(no county)"), lang=lang)


def _share(now: CityView, share: Mapping[str, Any], lang: str) -> dict[str, Any]:
    expected = float(Fraction(share["expected"]))
    return {
        "county": _county(now, share["county"], lang),
        "sites": share["sites"],
        "expected": f"{expected:.2f}".rstrip("0").rstrip("."),
        "drawn": share["drawn"],
    }


@supervision.get("/draws/<draw_id>/pool.csv")
@allow("supervise")
def pool(draw_id: str) -> ResponseReturnValue:
    """Write the pool of a draw: what anybody needs who draws once more."""
    row = own(draw_id)
    log("export", f"draw {draw_id}")
    pieces = _pool_lines(drawing.read(row["pool"]), row["weights"]["points"])
    response = Response(pieces, mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=draw-{row['id']}.csv"
    return response


def _pool_lines(sites: Sequence[drawing.Site], points: Mapping[str, int]) -> Iterator[str]:
    yield "\ufeff"
    for start in range(-1, len(sites), 1000):
        text = io.StringIO()
        out = csv.writer(text)
        if start < 0:
            out.writerow(["id", "county", "weight", "factors"])
        for site in sites[max(start, 0) : start + 1000]:
            weight = site.weight(points)
            plain = [cells.guarded(site.id), site.county, weight, " ".join(site.factors)]
            out.writerow(plain)
        yield text.getvalue()


@supervision.get("/draws/<draw_id>/sites.xlsx")
@allow("supervise")
def workbook(draw_id: str) -> ResponseReturnValue:
    """Write what was drawn, round by round."""
    row, now, lang = own(draw_id), present(), language()
    names = Names(lang)
    sites = _sites(now, row, lang)
    held = register().rows("round", draw_id=row["id"])
    laid = [_round(number, one, sites, names) for number, one in enumerate(held, start=1)]
    order = [(one, site) for one in laid for site in one["sites"]]
    in_rounds = {site["id"] for _, site in order}
    order += [({}, site) for site in sites.values() if site["id"] not in in_rounds]
    headings: dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Any]] = {
        N_("Round"): lambda one, _: one.get("number"),
        N_("Day"): lambda one, _: one.get("day"),
        N_("Inspector"): lambda one, _: one.get("by"),
        N_("Id"): lambda _, site: site["id"],
        N_("Name"): lambda _, site: site["name"],
        N_("Type"): lambda _, site: site["type"],
        N_("District"): lambda _, site: site["district"],
        N_("Unit"): lambda _, site: site["unit"],
        N_("Address"): lambda _, site: site["address"],
        N_("Points"): lambda _, site: site["weight"],
        N_("Why"): lambda _, site: site["why"],
    }
    table = pd.DataFrame(
        {
            say(h, lang=lang): [cell(one, site) for one, site in order]
            for h, cell in headings.items()
        }
    )
    log("export", f"draw {draw_id}")
    word = say(N_("Sites drawn"), lang=lang)
    return take_away(lambda path: tabular.write_xlsx(path, {word: table}), name=word, ending="xlsx")


# ------------------------------------------------------------------- rounds


@supervision.post("/draws/<draw_id>/rounds")
@allow("supervise")
def lay(draw_id: str) -> ResponseReturnValue:
    """Lay out the rounds of a draw, instead of those it had."""
    row, now, form = own(draw_id), present(), request.form
    known = {one.id: one for one in _inspectors()}
    try:
        receipt = draws.make_rounds(
            now.answers,
            register(),
            draw=row,
            by=me().id,
            action=action_id(),
            most=draws.whole(form.get("most", ""), low=1, high=laying.MOST),
            inspectors=[known[id_] for id_ in form.getlist("inspector") if id_ in known],
            first=_day(form.get("first", "")) or _next_day(today(now)),
            today=today(now),
        )
    except Conflict:
        return _page(row, wrong=_changed()), 409
    except InputError as error:
        return _page(row, wrong=error.render(language())), 400
    if not receipt.again:
        log_after("change", f"{draws.ROUNDS} draw:{row['id']} {receipt.action}")
    say_done(N_("The rounds were laid out."))
    return redirect(url_for(".one", draw_id=row["id"]) + "#rounds", code=303)


@supervision.post("/rounds/<round_id>")
@allow("supervise")
def assign(round_id: str) -> ResponseReturnValue:
    """Give a round to somebody, on a day."""
    row = register().get("round", round_id) if printable(round_id) == round_id else None
    within(row)
    assert row is not None
    form, version = request.form, request.form.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 16):
        abort(400)
    known = {one.id for one in _inspectors()} | {row["inspector_id"]}
    inspector = form.get("inspector") or None
    draw = own(row["draw_id"])
    try:
        day = _day(form.get("day", ""))
        if inspector not in known | {None}:
            raise WebError("there is no such inspector in your charge; nothing was saved.")
        after = {"inspector_id": inspector, "day": day.isoformat() if day else None}
        submit([Change("round", row["id"], after, expects=int(version))], kind="rounds")
    except Conflict:
        return _page(draw, wrong=_changed()), 409
    except InputError as error:
        return _page(draw, wrong=error.render(language())), 400
    say_done(N_("Saved."))
    return redirect(url_for(".one", draw_id=row["draw_id"]) + "#rounds", code=303)


def _changed() -> str:
    told = N_(
        "Somebody else has changed these rounds meanwhile, so yours were not saved and nothing of "
        "theirs is lost. They are shown as they stand now; please make your change once more."
    )
    return say(told, lang=language())


def _day(text: str) -> dt.date | None:
    if not text.strip():
        return None
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise WebError(
            "“{value}” is no day; write it like 2026-03-05. Nothing was saved.", value=text[:20]
        ) from None


def _next_day(today: dt.date) -> dt.date:
    return today + dt.timedelta(days=1)


def _inspectors() -> list[Account]:
    """Return those in the account's charge to whom a round can be given, by name."""
    found = [
        one
        for one in accounts(register())
        if one.active and one.role in INSPECTING and one.adcode.startswith(_scope())
    ]
    return sorted(found, key=lambda one: (INSPECTING.index(one.role), one.name))


def _round(
    number: int,
    row: Row,
    sites: Mapping[str, Mapping[str, Any]],
    names: Names,
) -> dict[str, Any]:
    own_sites = [
        sites[id_] for id_ in dict.fromkeys(map(present_id, row["stations"])) if id_ in sites
    ]
    places = [site["place"] for site in own_sites if site["place"]]
    return {
        "id": row["id"],
        "number": number,
        "version": row["version"],
        "day": row["day"] or "",
        "inspector": row["inspector_id"] or "",
        "by": names.of(row["inspector_id"]) if row["inspector_id"] else "",
        "sites": own_sites,
        "visited": sum(site["visited"] is not None for site in own_sites),
        "metres": draws.walk_m(places) if len(places) == len(own_sites) else None,
    }


def _left(rounds: Sequence[Mapping[str, Any]], sites: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the sites that are in no round; none while there are no rounds."""
    held = {site["id"] for one in rounds for site in one["sites"]}
    return [site["name"] for id_, site in sites.items() if rounds and id_ not in held]


def _on_map(
    rounds: Sequence[Mapping[str, Any]], sites: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what the map draws: each round's places in order; of none, all that was drawn."""
    groups = [(one["number"], one["sites"]) for one in rounds] or [(0, list(sites.values()))]
    return [
        {
            "number": number,
            "sites": [
                {
                    "name": site["name"],
                    "place": site["place"],
                    "order": order if number else 0,
                    "done": site["visited"] is not None,
                }
                for order, site in enumerate(own_sites, start=1)
                if site["place"]
            ],
        }
        for number, own_sites in groups
    ]
