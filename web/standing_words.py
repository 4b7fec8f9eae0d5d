"""What the map says of inspections: built and effective coverage, and why a station does not serve.

All of it is public: states and days; no names, notes or photos.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from stationmap.city import serving
from stationmap.inspections import MET, NOT_MET, SELF, UNKNOWN, Checklist, openly
from stationmap.messages import N_
from web.inspect_words import STATES, visit_name
from web.parts import text
from web.view import EFFECTIVE, CityView
from web.words import say

WHY: Mapping[str, str] = MappingProxyType(
    {
        serving.CLOSED: N_("found closed at its hours"),
        serving.UNSTAFFED: N_("nobody was on duty"),
        serving.LINE: N_("{title}: {line} not met"),
        serving.STALE: N_("not looked at for more than {days} days"),
    }
)

WHOLE = N_("{line} not met")

RESULTS: Mapping[str, str] = MappingProxyType(
    {
        MET: N_("meets the standard"),
        NOT_MET: N_("does not meet the standard"),
        UNKNOWN: N_("not all looked at"),
    }
)


def coverages(now: CityView, filters: Mapping[str, str]) -> dict[str, Any]:
    """Tell built and effective coverage beside each other.

    Returns
    -------
    dict
        ``built`` and ``effective``: `CityView.figures` of what the filters let through, and
        ``stations``, how many count on streets; of the effective ones also ``idle``, how many of
        the built do not serve, and ``never``, how many count though nobody ever inspected them.
        ``effective`` is None while nobody has inspected any station.
    """
    built = now.figures(**filters) | {"stations": len(now.counted)}
    if not now.can_tell_serving:
        return {"built": built, "effective": None}
    view = now.by(EFFECTIVE)
    effective = view.figures(**filters) | {
        "stations": len(view.counted),
        "idle": len(now.counted - view.counted),
        "never": _never_visited(view),
        "stale_days": now.pack.stale_days,
    }
    return {"built": built, "effective": effective}


@lru_cache(maxsize=1)
def _never_visited(view: CityView) -> int:
    rows = view.answers.register.snapshot.frames["inspection"]
    judged = rows.loc[(rows["visit"] != SELF) & rows["voided"].isna(), "station_id"]
    # as an array: one by one they take ten times as long
    return len(view.counted.difference(judged.unique().to_numpy()))


@lru_cache(maxsize=1)
def _standing(now: CityView, station_id: str, today: date) -> serving.Standing:
    """Work out where a station stands; a page asks for it twice."""
    return serving.standing(now.answers, station_id, today=today)


def standing_words(now: CityView, station_id: str, lang: str) -> dict[str, Any]:
    """Say of a station when it was visited last, whether it serves, and why it does not."""
    found = _standing(now, station_id, now.today)
    last, reasons = found.last, found.reasons
    return {
        "last_visit": last
        and {
            "on": last.on.isoformat(),
            "visit": openly(last.visit),
            "visit_name": visit_name(openly(last.visit), lang),
            "result": last.result,
            "result_name": say(RESULTS[last.result], lang=lang),
        },
        "serves": None if reasons is None else not reasons,
        "serves_not": [_why(now, reason, lang) for reason in reasons or ()],
    }


def idle_ids(now: CityView) -> list[str]:
    """Return the stations that count as built but not for effective coverage, in order."""
    return sorted(now.counted - now.by(EFFECTIVE).counted)


def idle_words(now: CityView, station_id: str, lang: str) -> dict[str, Any]:
    """Name a station that does not serve, with its reasons."""
    return {
        "station_id": station_id,
        "name": text(now.stations.at[station_id, "name"]),
        "why": standing_words(now, station_id, lang)["serves_not"],
    }


def idle_within(now: CityView, gap: Mapping[str, Any], lang: str) -> dict[str, Any] | None:
    """Tell which stations stand in a gap of effective coverage, and what is left once they serve.

    Parameters
    ----------
    now : CityView
        By built coverage.
    gap : mapping
        street_id, part, side, from_m and to_m: metres along the part, both inclusive; from_m is
        the larger one where the gap runs through the start of a closed street.
    lang : str

    Returns
    -------
    dict or None
        ``stations``, as `idle_words` tells them, and ``points_needed``, how many points the gap
        still needs once they serve; None where no such station stands in the gap.
    """
    idle, points = [], 0
    for kerb in now.strips(gap["street_id"]):
        if (kerb["part"], kerb["side"]) != (gap["part"], gap["side"]):
            continue
        here = (s["station_id"] for s in kerb["stations"] if _inside(gap, s["at_m"]))
        idle = [own for own in here if own in now.by(EFFECTIVE).idle]
        for built in kerb["gaps"]:
            middle = (built["from_m"] + built["length_m"] / 2) % kerb["length_m"]
            points += int(built["points_needed"]) if _inside(gap, middle) else 0
    if not idle:
        return None
    stations = [idle_words(now, own, lang) for own in dict.fromkeys(idle)]
    return {"stations": stations, "points_needed": points}


def _inside(gap: Mapping[str, Any], at_m: float) -> bool:
    low, high = gap["from_m"], gap["to_m"]
    return bool(low <= at_m <= high if low < high else at_m >= low or at_m <= high)


def lines_of(now: CityView, station_id: str, lang: str) -> dict[str, Any]:
    """Say where a station stands in each line of the checklist that is in force for its type."""
    found = _standing(now, station_id, now.today)
    checklist = Checklist.of_pack(now.pack)
    said = []
    for line in checklist.of_type(now.stations.at[station_id, "type"]):
        state, on = found.of_line(line) or (UNKNOWN, None)
        said.append(
            {
                "key": line.key,
                "item": line.item,
                "title": line.title[lang],
                "text": line.text[lang],
                "group": line.group[lang] if line.group else None,
                "document": line.document,
                "article": line.article,
                "force": line.force,
                "state": state,
                "state_name": say(STATES[state], lang=lang),
                "on": on and on.isoformat(),
            }
        )
    return {"pack": checklist.pack, "edition": checklist.edition, "lines": said}


def _why(now: CityView, reason: serving.Reason, lang: str) -> dict[str, Any]:
    line, why = reason.line, WHY[reason.kind]
    if reason.kind == serving.LINE and (line is None or line.text == line.title):
        why = WHOLE
    said = say(
        why,
        lang=lang,
        title=line.title[lang] if line else "",
        line=line.text[lang] if line else reason.key,
        days=now.pack.stale_days,
    )
    return {"kind": reason.kind, "text": said, "on": reason.on and reason.on.isoformat()}
