"""A plan kept as a scenario (比选方案), and adopted: its stations become planned ones."""

import datetime as dt
import uuid
from typing import Any

from stationmap.city import scenario_adopt, scenarios
from stationmap.city.city import City
from stationmap.city.plans import PlanAsked
from stationmap.errors import InputError
from stationmap.messages import N_, render
from stationmap.planning.changes import NEW
from stationmap.planning.plan import Plan

BY = "cli"


def changes_of(plan: Plan) -> list[dict[str, Any]]:
    """Return a plan's stations as changes, in building order; see `read_changes`.

    A station at a shop or a facility bears the host's name and id.
    """
    found = []
    for row in plan.proposals.to_dict("records"):
        change = {
            "station_id": f"{NEW}{int(row['order'])}",
            "lon": float(row["geometry"].x),
            "lat": float(row["geometry"].y),
            "type": row["type"],
        }
        for name in ("name", "host_id"):
            value = row[name]
            if isinstance(value, str) and value and row["host_kind"] != "free":
                change[name] = value[:200]
        found.append(change)
    return found


def require_free(city: City, name: str) -> None:
    """Refuse a name that a scenario has.

    Raises
    ------
    InputError
        One is called so.
    """
    if any(one.name == name.strip() for one in scenarios.listed(city.register)):
        raise InputError(
            "there is a scenario “{name}” already; nothing was planned or saved: choose another "
            "name",
            name=name.strip(),
        )


def keep(
    city: City, asked: PlanAsked, plan: Plan, *, name: str | None, adopt: bool, lang: str
) -> dict[str, Any]:
    """Keep a plan as a scenario, and list its stations as planned where that is wanted.

    Parameters
    ----------
    city : City
    asked : PlanAsked
        What the plan was asked for.
    plan : Plan
    name : str, optional
        The scenario's; what it is and of which day unless given.
    adopt : bool
        List those of its stations as planned ones that give no doubt; see `scenario_adopt.steps`.
    lang : str

    Returns
    -------
    dict
        id and name of the scenario; planned, how many stations were listed, left, why others were
        not: sentences, and action, the id by which it is undone; None where none was listed.

    Raises
    ------
    InputError
        The plan has no station; nothing was saved.
    """
    if plan.proposals.empty:
        raise InputError("this plan has no new station, so there is nothing to save or to adopt")
    answers, instant = city.now(), dt.datetime.now(dt.UTC)
    usual = render(
        N_("Plan of {date}: {count} new stations"),
        {"date": answers.today().isoformat(), "count": len(plan.proposals)},
        lang=lang,
    )
    scenario, _ = scenarios.save(
        city.register,
        answers,
        name=name or usual,
        changes=changes_of(plan),
        rule_id=str(plan.summary.get("rule_id") or "") if plan.summary["unit"] == "m" else "",
        adcode=asked.district or "",
        action=str(uuid.uuid4()),
        by=BY,
        now=instant,
        lang=lang,
    )
    kept: dict[str, Any] = {"id": scenario.id, "name": scenario.name}
    if not adopt:
        return kept
    how: dict[str, Any] = {"covers": lambda *_: True, "manages": True}
    try:
        done = scenario_adopt.adopt(
            city.register,
            answers,
            scenario,
            version=scenario.version,
            action=str(uuid.uuid4()),
            by=BY,
            now=instant,
            **how,
        )
        planned, left, undo = done.planned, done.left, done.receipt.action
    except InputError:
        # none of them can be; the scenario is kept, and each says why
        planned, undo = 0, None
        left = tuple(scenario_adopt.steps(city.register, answers, scenario, **how))
    told = [_why(step, lang) for step in left]
    return {**kept, "planned": planned, "left": told, "action": undo}


def _why(step: scenario_adopt.Step, lang: str) -> str:
    notes = [step.problem] if step.problem is not None else step.doubts
    return f"{step.name}: {'; '.join(note.render(lang) for note in notes)}"
