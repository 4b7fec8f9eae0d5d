"""Scenarios (比选方案) for the map's script and for programs: JSON, for whoever is signed in.

::

    GET    /api/v1/scenarios               {csrf, may_make, scenarios: [SHORT, …]}, newest first
    POST   /api/v1/scenarios               {name, changes, note?, rule_id?, action}   201 → FULL
    GET    /api/v1/scenarios/ID            FULL
    PUT    /api/v1/scenarios/ID            {version, action, name?, note?, changes?, published?}
                                           → FULL; what is absent stays
    DELETE /api/v1/scenarios/ID            {version, action} → {undo}
    GET    /api/v1/scenarios/ID/adopt      {version, steps: [STEP, …]}: what adopting would do
    POST   /api/v1/scenarios/ID/adopt      {version, action, take?: [change, …]}
                                           → {planned, edited, left: [STEP, …], undo}

    SHORT  {id, name, note, rule_id, stations, counts: {new, moved, closed, altered}, at, by,
            published, adopted, adopted_at, version, mine, url}
    FULL   SHORT and {changes, adopted_as: {change: station_id}}
    STEP   {change, kind, kind_name, station_id, name, type, status, district, problem, doubts,
            possible, plain, done}

``changes`` are those of `stationmap.planning.changes.read_changes`, as ``/api/v1/what-if`` takes
them: ``[{"station_id": "new-1", "lon": 118.8, "lat": 28.9, "type": "point", "host_id": "…"},
{"station_id": "S1", "status": "closed"}]``. ``action`` is a UUID of the client: sent again it
answers what was done first. Every change sends the header ``X-CSRFToken`` with ``csrf``; ``undo``
is an address to which a form with that token and an ``action`` is posted. ``mine`` tells whether
the account may change it; all who are signed in may read. 409 where somebody else was quicker
(read it again), 400 with a sentence where something cannot be kept, 401 signed out, 403 another's.
``take`` names the changes that are meant, by default those of which nothing is in doubt.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from stationmap.city import scenario_adopt, scenarios
from stationmap.store.accounts import Account
from web import scenario_rows as rows
from web.access import allow, clock, may, me
from web.caching import present
from web.desk import register
from web.params import language
from web.words import WebError

scenarios_api = Blueprint("scenarios_api", __name__, url_prefix="/api/v1/scenarios")

BODY = 2_000_000  # bytes of the longest list of changes


@scenarios_api.get("")
@allow("plan.read")
def listing() -> ResponseReturnValue:
    """List all scenarios, the one changed last first."""
    found = [rows.short(one) for one in scenarios.listed(register())]
    return jsonify(csrf=generate_csrf(), may_make=may(rows.MAKE), scenarios=found)


@scenarios_api.post("")
@allow("plan.make", body=BODY)
def make() -> ResponseReturnValue:
    """Keep a new scenario."""
    sent = _sent()
    found, receipt = scenarios.save(
        register(),
        present().answers,
        name=_text(sent, "name"),
        note=_text(sent, "note"),
        rule_id=_text(sent, "rule_id"),
        changes=sent.get("changes"),
        adcode=reach(me()),
        action=_text(sent, "action"),
        by=me().id,
        now=clock(),
        lang=language(),
    )
    rows.logged(receipt, found.id)
    return jsonify(rows.full(found)), 200 if receipt.again else 201


@scenarios_api.get("/<uuid:scenario_id>")
@allow("plan.read")
def one(scenario_id: UUID) -> ResponseReturnValue:
    """Give a scenario with its changes."""
    return jsonify(rows.full(rows.readable(scenario_id)))


@scenarios_api.put("/<uuid:scenario_id>")
@allow("plan.make", body=BODY)
def change(scenario_id: UUID) -> ResponseReturnValue:
    """Change a scenario."""
    found, sent = rows.own(scenario_id), _sent()
    published = sent.get("published")
    if not isinstance(published, bool | None):
        raise _unread()
    receipt = scenarios.change(
        register(),
        present().answers,
        found,
        name=_text(sent, "name") if "name" in sent else None,
        note=_text(sent, "note") if "note" in sent else None,
        changes=sent.get("changes"),
        published=published,
        version=_version(sent),
        action=_text(sent, "action"),
        by=me().id,
        now=clock(),
        lang=language(),
    )
    rows.logged(receipt, found.id)
    return jsonify(rows.full(rows.readable(scenario_id)))


@scenarios_api.delete("/<uuid:scenario_id>")
@allow("plan.make")
def delete(scenario_id: UUID) -> ResponseReturnValue:
    """Delete a scenario; what is answered says how to have it back."""
    found, sent = rows.own(scenario_id), _sent()
    receipt = scenarios.delete(
        register(), found, version=_version(sent), action=_text(sent, "action"), by=me().id
    )
    rows.logged(receipt, found.id)
    return jsonify(undo=url_for("scenarios.undo", action_id=receipt.action))


@scenarios_api.get("/<uuid:scenario_id>/adopt")
@allow("plan.make")
def steps(scenario_id: UUID) -> ResponseReturnValue:
    """Tell what adopting a scenario would do."""
    found = rows.readable(scenario_id)
    told = [rows.step(one) for one in rows.steps_of(found)]
    return jsonify(version=found.version, steps=told)


@scenarios_api.post("/<uuid:scenario_id>/adopt")
@allow("plan.make", body=BODY)
def adopt(scenario_id: UUID) -> ResponseReturnValue:
    """Make a scenario's new stations planned ones, and edit its others."""
    found, sent = rows.readable(scenario_id), _sent()
    take = sent.get("take")
    if take is not None and not (isinstance(take, list) and all(isinstance(t, str) for t in take)):
        raise _unread()
    adopted = scenario_adopt.adopt(
        register(),
        present().answers,
        found,
        take=take,
        covers=me().covers,
        manages=may("station.manage"),
        version=_version(sent),
        action=_text(sent, "action"),
        by=me().id,
        now=clock(),
    )
    rows.logged(adopted.receipt, found.id, kind=scenario_adopt.KIND)
    return jsonify(rows.adoption(adopted))


def reach(account: Account) -> str:
    """Return the start of the codes of what an account looks after; "" is the whole city."""
    return "" if account.role == "city" else account.adcode


def _sent() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise _unread()
    return body


def _text(sent: dict[str, Any], name: str) -> str:
    value = sent.get(name, "")
    if not isinstance(value, str):
        raise _unread()
    return value


def _version(sent: dict[str, Any]) -> int:
    value = sent.get("version")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise _unread()
    return value


def _unread() -> WebError:
    return WebError("This scenario could not be read; nothing was saved. Load the page anew.")
