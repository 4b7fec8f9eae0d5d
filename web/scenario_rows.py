"""Scenarios as pages and programs are told of them, and who may see and change one."""

from typing import Any

from flask import abort, redirect, request, url_for

from stationmap.city import scenario_adopt, scenarios
from stationmap.city.scenario_adopt import Adopted, Step
from stationmap.city.scenarios import Scenario
from stationmap.messages import N_
from stationmap.store import Receipt
from web.access import NotAllowedError, NotSignedInError, by_script, log_after, may, me, visitor
from web.accounts import role_name
from web.caching import present
from web.desk import register
from web.params import language
from web.parts import type_name
from web.station_words import shown
from web.words import say

MAKE = "plan.make"
"""Permission to keep, change and adopt scenarios."""


def readable(scenario_id: object) -> Scenario:
    """Return a scenario for whoever asks: who is signed in may read all, others what is published.

    Whoever is not signed in learns nothing of the others, not even whether there are any: they are
    sent to sign in.
    """
    found = scenarios.get(register(), str(scenario_id))
    if visitor() is None and (found is None or not found.published):
        if by_script() or request.path.startswith("/api/"):
            raise NotSignedInError(
                "This scenario is shown to those who are signed in. Sign in, then open it again."
            )
        asked = request.full_path.rstrip("?")
        abort(redirect(url_for("login.sign_in", next=asked), code=303))
    if found is None:
        abort(404)
    return found


def own(scenario_id: object) -> Scenario:
    """Return a scenario that the account may change and delete.

    Raises
    ------
    NotAllowedError
        It is another's.
    """
    found = readable(scenario_id)
    if not found.changeable_by(me()):
        log_after("refused", request.path, outcome=MAKE)
        raise NotAllowedError(
            "Only who made this scenario, or the office in whose charge it is, may change it. "
            "Nothing was changed; you can keep it under another name."
        )
    return found


def may_change(scenario: Scenario) -> bool:
    """Whether whoever is signed in may change a scenario."""
    account = visitor()
    return account is not None and may(MAKE) and scenario.changeable_by(account)


def steps_of(scenario: Scenario) -> list[Step]:
    """Return what adopting a scenario would do for the account; see `scenario_adopt.steps`."""
    return scenario_adopt.steps(
        register(),
        present().answers,
        scenario,
        covers=me().covers,
        manages=may("station.manage"),
    )


def logged(receipt: Receipt, scenario_id: str, *, kind: str = scenarios.KIND) -> None:
    """Log what was done with a scenario, once."""
    if not receipt.again:
        log_after("change", f"{kind} scenario:{scenario_id} {receipt.action}")


def short(scenario: Scenario) -> dict[str, Any]:
    """Tell of a scenario what lists show."""
    return {
        "id": scenario.id,
        "name": scenario.name,
        "note": scenario.note,
        "rule_id": scenario.rule_id,
        "stations": len(scenario.changes),
        "counts": scenario.counts(),
        "at": scenario.at,
        "by": _author(scenario),
        "published": scenario.published,
        "adopted": len(scenario.adopted),
        "adopted_at": scenario.adopted_at,
        "version": scenario.version,
        "mine": may_change(scenario),
        "url": url_for("scenarios.one", scenario_id=scenario.id),
    }


def full(scenario: Scenario) -> dict[str, Any]:
    """Tell all of a scenario: also its changes, as `read_changes` takes them."""
    return {
        **short(scenario),
        "changes": [change.as_json() for change in scenario.changes],
        "adopted_as": dict(scenario.adopted),
    }


def step(one: Step) -> dict[str, Any]:
    """Tell what adopting would make of one change, in the reader's words."""
    now, lang = present(), language()
    change = one.change
    kind = say(scenarios.KINDS[one.kind], lang=lang)
    return {
        "change": change.station_id,
        "kind": one.kind,
        "kind_name": kind,
        "station_id": one.station_id,
        "name": one.name,
        "type": type_name(now, change.type, lang) if change.type else "",
        "status": shown(now, "status", "planned" if change.is_new else change.status, lang=lang),
        "district": now.district_name(one.adcode) if one.adcode else "",
        "problem": one.problem.render(lang) if one.problem else "",
        "doubts": [doubt.render(lang) for doubt in one.doubts],
        "possible": one.possible,
        "plain": one.plain,
        "done": one.done,
    }


def adoption(adopted: Adopted) -> dict[str, Any]:
    """Tell what became of an adoption."""
    return {
        "planned": adopted.planned,
        "edited": adopted.edited,
        "left": [step(one) for one in adopted.left],
        "undo": url_for("scenarios.undo", action_id=adopted.receipt.action),
    }


def _author(scenario: Scenario) -> str:
    """Name the author for whoever is signed in."""
    account = visitor()
    if account is None or scenario.by_id == "cli":
        return "" if account is None else say(N_("command line"), lang=language())
    row = register().get("account", scenario.by_id)
    if row is None:
        return ""
    known = account.role in {"county", "city"} or account.id == scenario.by_id
    return str(row["name"]) if known else role_name(row["role"])
