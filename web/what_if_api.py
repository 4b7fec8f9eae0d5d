"""What would be if some stations were otherwise, under ``/api/v1/what-if``; nothing is changed."""

import json
import re
from threading import BoundedSemaphore
from typing import Any, cast

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from stationmap.city.what_if import can_tell, what_if
from stationmap.planning.changes import Change, read_changes
from stationmap.planning.whatif import After, Finding, Gap, WhatIf
from stationmap.standards import SpacingRule
from web import scenario_rows
from web.access import allow
from web.allowance import DRAGS_PER_MINUTE, limited
from web.caching import keep_nothing, kept_by_version, present, whole
from web.open_data import opened
from web.params import Params
from web.parts import MAP_DATUM, coordinates, feature, metres, plain
from web.view import CityView
from web.words import WebError

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _mark() -> str:
    """Mark of the city's data, and of the scenario that is asked about: that moves on by itself."""
    wanted = request.args.get("scenario", "")
    if _UUID.fullmatch(wanted) is None:
        return whole()
    keep_nothing()  # where it may not be read
    return f"{whole()}-{scenario_rows.readable(wanted).version}"


what_if_api = opened(
    limited(
        kept_by_version(Blueprint("what_if_api", __name__, url_prefix="/api/v1"), mark=_mark),
        per_minute=DRAGS_PER_MINUTE,
    )
)
what_if_planner = Blueprint("what_if_planner", __name__, url_prefix="/api/v1")

MOST = 50
"""Changes that everybody may ask about at once; whoever plans sends as many as a scenario has."""
SHORT = 5
"""Stations in which an answer may differ from one that is kept, to be worked out at once."""
WAIT_S = 5.0
_PLACES = BoundedSemaphore(2)
BODY = 2_000_000  # bytes of the longest list of changes
MOST_FINDINGS = 200
_FIGURES = ("covered_share", "covered_m", "frontage_m", "gaps", "gap_m", "points_needed")
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
    base, after = _after(engine, planned), _after(engine, (*changes, *planned))
    changed = _changed(base, after, changes)
    listed = sorted(filter(_worth_saying, changed), key=_order)
    before, would = (
        {name: plain(f[name]) for name in _FIGURES if name in f}
        for f in (one.summaries(rule.id)[1] if rule else {} for one in (base, after))
    )
    known = _not_met(now, params.lang)
    for figures, one in ((before, base), (would, after)):
        figures["findings_not_met"] = None if known is None else known + _more(one, changes)
    new = after.new_gaps(rule.id) if rule else []
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
                "features": [_feature(*one) for one in new],
            },
        },
        streets=after.streets(rule.id) if rule else [],
        findings=[_said(*pair) for pair in listed[:MOST_FINDINGS]],
        findings_total=len(listed),
        notices=params.notices,
    )


def _after(engine: WhatIf, changes: tuple[Change, ...]) -> After:
    """Ask the engine; long steps wait for none of a few places."""
    if engine.step(changes) <= SHORT:
        return engine.after(changes)
    if not _PLACES.acquire(timeout=WAIT_S):
        abort(503)
    try:
        return engine.after(changes)
    finally:
        _PLACES.release()


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


def _due(
    after: After, changes: tuple[Change, ...]
) -> dict[str, tuple[Finding | None, Finding | None]]:
    """Return what is found otherwise than it is now, and can be told, by its id."""
    found = {}
    for was, now in after.findings():
        one = now or was
        if one is not None and _state(was) != _state(now) and can_tell(one, changes):
            found[one.finding_id] = was, now
    return found


def _changed(
    base: After, after: After, changes: tuple[Change, ...]
) -> list[tuple[Finding | None, Finding | None]]:
    """Return what is found otherwise than with `base`: before and after."""
    were, are = _due(base, changes), _due(after, changes)
    found = [(were[own][1] if own in were else was, now) for own, (was, now) in are.items()]
    found += [(now, was) for own, (was, now) in were.items() if own not in are]
    return [pair for pair in found if _state(pair[0]) != _state(pair[1])]


def _more(after: After, changes: tuple[Change, ...]) -> int:
    """Count the shortfalls more, or fewer, than there are."""
    pairs = _due(after, changes).values()
    return sum((_state(now) == "not_met") - (_state(was) == "not_met") for was, now in pairs)


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


def _feature(gap: Gap, line: Any) -> dict[str, Any]:
    properties = {name: getattr(gap, name) for name in _GAP}
    lengths = {name: metres(getattr(gap, name)) for name in ("from_m", "to_m", "length_m")}
    return feature("LineString", coordinates(line), properties | lengths)
