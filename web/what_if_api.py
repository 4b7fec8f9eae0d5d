"""What would be if some stations were otherwise, under ``/api/v1/what-if``; nothing is changed."""

import json
import re
from typing import Any, cast

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from stationmap.city.what_if import what_if
from stationmap.planning.changes import NEW, Change, read_changes
from stationmap.planning.whatif import After, Finding, WhatIf
from stationmap.standards import SpacingRule
from web import scenario_rows
from web.access import allow
from web.allowance import DRAGS_PER_MINUTE, limited
from web.caching import keep_nothing, kept_by_version, present
from web.open_data import opened
from web.params import Params
from web.parts import MAP_DATUM, coordinates, feature, metres, plain
from web.view import CityView
from web.words import WebError

what_if_api = opened(
    limited(
        kept_by_version(Blueprint("what_if_api", __name__, url_prefix="/api/v1")),
        per_minute=DRAGS_PER_MINUTE,
    )
)
what_if_planner = Blueprint("what_if_planner", __name__, url_prefix="/api/v1")

MOST = 50
"""Changes that everybody may ask about at once; whoever plans sends as many as a scenario has."""
BODY = 2_000_000  # bytes of the longest list of changes
MOST_FINDINGS = 200
_FIGURES = ("covered_share", "covered_m", "frontage_m", "gaps", "gap_m", "points_needed")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# what is known of a station once it is built, registered and inspected, not before
_LATER = frozenset({"hierarchy", "naming", "hours", "activity", "checklist", "services"})
_GAP = ("gap_id", "street_id", "street_name", "side", "points_needed", "frontage")


@what_if_api.get("/what-if")
def asked() -> ResponseReturnValue:
    """Coverage, gaps and findings as they would be after a few changes of stations."""
    try:
        rows = json.loads(request.args.get("changes", "[]") or "[]")
    except (ValueError, RecursionError):
        rows = None
    if isinstance(rows, list) and len(rows) > MOST:
        raise WebError(
            "{count} changes are too many for one address: ask about at most {most}, or sign in "
            "and keep them as a scenario",
            count=len(rows),
            most=MOST,
        )
    return _answer(rows)


@what_if_planner.post("/what-if")
@allow("plan.make", body=BODY)
def sent() -> ResponseReturnValue:
    """Tell the same of as many changes as a scenario may have: ``{"changes": […]}``."""
    body = request.get_json(silent=True)
    return _answer(body.get("changes") if isinstance(body, dict) else None)


def _answer(rows: Any) -> ResponseReturnValue:
    params, now = Params.of_request(), present()
    engine = what_if(now.answers, lang=params.lang)
    rule = _rule(engine, params)
    changes = read_changes(
        rows, types=[t.id for t in now.pack.site_types], known=engine.ground.roll.row_of.keys()
    )
    changes = _with_scenario(changes, params, engine)
    planned = _planned(changes, params, engine)
    base, after = engine.after(planned), engine.after((*changes, *planned))
    changed = _changed(base, after)
    listed = sorted(filter(_worth_saying, changed), key=_order)
    before, would = (
        {name: plain(f[name]) for name in _FIGURES if name in f}
        for f in (one.summaries(rule.id)[1] if rule else {} for one in (base, after))
    )
    known = _not_met(now, params.lang)
    for figures, one in ((before, base), (would, after)):
        figures["findings_not_met"] = None if known is None else known + _more(one)
    new = after.new(rule.id) if rule else None
    return jsonify(
        version=now.version,
        datum=MAP_DATUM,
        rule=rule and rule.id,
        stations=len(after.rows),
        summary={"before": before, "after": would},
        gaps={
            "gone": after.gone(rule.id) if rule else [],
            "new": {
                "type": "FeatureCollection",
                "features": []
                if new is None
                else [_feature(row) for row in new.to_dict("records")],
            },
        },
        streets=after.streets(rule.id) if rule else [],
        findings=[_said(*pair) for pair in listed[:MOST_FINDINGS]],
        findings_total=len(listed),
        notices=params.notices,
    )


def _planned(changes: tuple[Change, ...], params: Params, engine: WhatIf) -> tuple[Change, ...]:
    """Return the planned stations as if they stood, where the address asks for that."""
    if params.one_of("planned", ("0", "1"), default="0") == "0":
        return ()
    given = {change.station_id for change in changes}
    stations = engine.ground.roll.frame
    return tuple(
        Change(own, status="active")
        for own in stations.loc[stations["status"] == "planned", "station_id"]
        if own not in given
    )


def _due(after: After) -> dict[str, tuple[Finding | None, Finding | None]]:
    """Return what is found otherwise than it is now, and can be told, by its id."""
    found = {}
    for was, now in after.findings():
        one = now or was
        if one is not None and _state(was) != _state(now) and _is_due((was, now)):
            found[one.finding_id] = was, now
    return found


def _changed(base: After, after: After) -> list[tuple[Finding | None, Finding | None]]:
    """Return what is found otherwise than with `base`: before and after."""
    were, are = _due(base), _due(after)
    found = [(were[own][1] if own in were else was, now) for own, (was, now) in are.items()]
    found += [(now, was) for own, (was, now) in were.items() if own not in are]
    return [pair for pair in found if _state(pair[0]) != _state(pair[1])]


def _more(after: After) -> int:
    """Count the shortfalls more, or fewer, than there are."""
    return sum((_state(b) == "not_met") - (_state(a) == "not_met") for a, b in _due(after).values())


def _rule(engine: WhatIf, params: Params) -> SpacingRule | None:
    """Return the spacing rule that is asked about: the first unless the address says."""
    rules = {rule.id: rule for rule in engine.spacing_rules if rule.id in engine.spacing}
    wanted = params.one_of("rule", rules, default="")
    return rules[wanted] if wanted else next(iter(rules.values()), None)


def _with_scenario(
    changes: tuple[Change, ...], params: Params, engine: WhatIf
) -> tuple[Change, ...]:
    """Return a scenario's changes, if one is meant, with these in the place of its own."""
    wanted = params.text("scenario")
    if not wanted:
        return changes
    if not _UUID.fullmatch(wanted):
        abort(404)
    scenario = scenario_rows.readable(wanted)
    given = {change.station_id for change in changes}
    there = engine.ground.roll.row_of
    return (
        *(
            one
            for one in scenario.changes
            if one.station_id not in given and (one.is_new or one.station_id in there)
        ),
        *changes,
    )


def _not_met(now: CityView, lang: str) -> int | None:
    """Count the shortfalls there are; None while the rules are still at new data."""
    if not now.findings.settled(lang):
        keep_nothing()
        return None
    return cast(int, now.findings.check(lang).summary["by_state"]["not_met"])


def _state(finding: Finding | None) -> str | None:
    return None if finding is None else finding.state


def _is_due(pair: tuple[Finding | None, Finding | None]) -> bool:
    """Whether a finding can be told of a station that is not there yet, or is of something else."""
    one = pair[1] or pair[0]
    assert one is not None
    new = one.subject_kind == "station" and one.subject_id.startswith(NEW)
    return not (new and one.kind in _LATER)


def _worth_saying(pair: tuple[Finding | None, Finding | None]) -> bool:
    """Whether more is said than that of a new station, or one that is no more, nothing is known."""
    return bool({_state(one) for one in pair} & {"met", "not_met"})


def _order(pair: tuple[Finding | None, Finding | None]) -> tuple[int, str]:
    """Shortfalls that come first, then those that go."""
    states = [_state(one) for one in pair]
    one = pair[1] or pair[0]
    assert one is not None
    return (0 if states[1] == "not_met" else 1 if states[0] == "not_met" else 2), one.finding_id


def _said(before: Finding | None, after: Finding | None) -> dict[str, Any]:
    one = after or before
    assert one is not None
    return {
        "finding_id": one.finding_id,
        "rule_id": one.rule_id,
        "kind": one.kind,
        "subject_kind": one.subject_kind,
        "subject_id": one.subject_id,
        "subject_name": one.subject_name,
        "before": _state(before),
        "after": _state(after),
        "force": one.force,
        "message": one.message,
        "document": one.document,
        "clause": one.clause,
    }


def _feature(row: dict[Any, Any]) -> dict[str, Any]:
    properties = {name: plain(row[name]) for name in _GAP}
    lengths = {name: metres(row[name]) for name in ("from_m", "to_m", "length_m")}
    return feature("LineString", coordinates(row["geometry"]), properties | lengths)
