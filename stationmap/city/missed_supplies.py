"""Supplies that a station lists and inspectors did not find there."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from stationmap.city import inspected, restocking
from stationmap.inspections import MET, NOT_MET, Checklist
from stationmap.stations import SUPPLIES, read_supplies

if TYPE_CHECKING:
    from stationmap.city.answers import Answers

NotMet = Mapping[str, Mapping[str, pd.Timestamp]]
"""Station id → supply → when it was not found, by the city's clock."""


def missed(answers: "Answers") -> Mapping[str, tuple[str, ...]]:
    """Return station id → supplies that the newest judgement did not find, nor anybody since.

    A supply that was replenished since is there again.
    """
    again = _replenished(answers)
    found = {
        own: tuple(s for s in SUPPLIES if s in some and again.get((own, s), some[s]) <= some[s])
        for own, some in answers.supplies_not_met().items()
    }
    return {own: some for own, some in found.items() if some}


def not_met(answers: "Answers", *, of: Collection[str] | None = None) -> NotMet:
    """Return the supplies of which the newest judgement says that they are not there.

    A line of the city's checklist is about a supply where its words name that one and no other; an
    item that was met as a whole since has all of its own.

    Parameters
    ----------
    answers : Answers
    of : collection of str, optional
        Ids of the stations that are meant; all unless given.
    """
    about = _about(Checklist.of_pack(answers.pack))
    if not about or not inspected.are_there(answers.register):
        return {}
    judged = inspected.judged(answers.register, zone=answers.config.time_zone, of=of)
    judged = judged[judged["item"].isin({item for item, _ in about})]
    whole = judged[((judged["part"] == 0) & (judged["state"] == MET)).to_numpy(dtype=bool)]
    met = dict(zip(zip(whole["station_id"], whole["item"], strict=True), whole["at"], strict=True))
    failed = judged[(judged["state"] == NOT_MET).to_numpy(dtype=bool)]
    found: dict[str, dict[str, pd.Timestamp]] = defaultdict(dict)
    rows = zip(failed["station_id"], failed["item"], failed["part"], failed["at"], strict=True)
    for own, item, part, at in rows:
        supply = about.get((item, part))
        if supply is not None and met.get((own, item), at) <= at:
            found[own][supply] = at
    return dict(found)


def _about(checklist: Checklist) -> Mapping[tuple[str, int], str]:
    """Return the supply that each line is about."""
    texts = read_supplies(line.text.get("zh", "") for line in checklist.lines)
    return {
        (line.item, line.part): text
        for line, text in zip(checklist.lines, texts, strict=True)
        if text in SUPPLIES
    }


def _replenished(answers: "Answers") -> Mapping[tuple[str, str], pd.Timestamp]:
    """Return when a supply of a station was last replenished, by the city's clock."""
    zone = ZoneInfo(answers.config.time_zone)
    frame = answers.register.snapshot.frames["restock"]
    frame = frame[(frame["state"] == restocking.REPLENISHED).to_numpy(dtype=bool)]
    frame = frame.dropna(subset="done_at")
    at = pd.to_datetime(frame["done_at"], utc=True, format="ISO8601").dt.tz_convert(zone)
    rows = zip(frame["station_id"], frame["supply"], at.dt.tz_localize(None), strict=True)
    newest: dict[tuple[str, str], pd.Timestamp] = {}
    for own, supply, when in rows:
        newest[own, supply] = max(when, newest.get((own, supply), when))
    return newest
