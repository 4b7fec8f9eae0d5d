"""A plan kept as a scenario (比选方案), and adopted: its stations become planned ones."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np

from stationmap.city import scenario_adopt, scenarios
from stationmap.city.answers import Answers
from stationmap.city.city import City
from stationmap.city.plans import PlanAsked
from stationmap.errors import InputError
from stationmap.messages import N_, render
from stationmap.planning.changes import NEW, Change
from stationmap.planning.plan import Plan
from stationmap.walking.ground import earth_centred

BY = "cli"
SAME_M = 1.0
"""Stations no farther apart than this are in the same place."""


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
        List its stations as planned ones, those too that stand near others; but none in the very
        place of another of its type.
    lang : str

    Returns
    -------
    dict
        id and name of the scenario; planned, how many stations were listed, and left, why others
        were not: sentences.

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
    held = _held(answers, scenario.changes)
    try:
        done = scenario_adopt.adopt(
            city.register,
            answers,
            scenario,
            take=[one.station_id for one in scenario.changes if one.station_id not in held],
            version=scenario.version,
            action=str(uuid.uuid4()),
            by=BY,
            now=instant,
            **how,
        )
        planned, left = done.planned, done.left
    except InputError:
        # none of them can be; the scenario is kept, and each says why
        planned, left = 0, tuple(scenario_adopt.steps(city.register, answers, scenario, **how))
    return {**kept, "planned": planned, "left": [_why(step, lang) for step in left]}


def _held(answers: Answers, changes: Sequence[Change]) -> set[str]:
    """Return the changes in whose very places a station of their type stands, or is planned."""
    stations = answers.stations()
    stations = stations[(stations["status"] != "closed") & stations.geometry.notna()]
    if stations.empty:
        return set()
    there = earth_centred(stations.geometry.x.to_numpy(), stations.geometry.y.to_numpy())
    types = stations["type"].to_numpy(dtype=object)
    found = set()
    for one in changes:
        own = earth_centred(np.array([one.lon]), np.array([one.lat]))
        near = np.linalg.norm(there - own, axis=1) <= SAME_M
        if (types[near] == one.type).any():
            found.add(one.station_id)
    return found


def _why(step: scenario_adopt.Step, lang: str) -> str:
    notes = [step.problem] if step.problem is not None else step.doubts
    return f"{step.name}: {'; '.join(note.render(lang) for note in notes)}"
