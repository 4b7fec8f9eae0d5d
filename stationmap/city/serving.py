"""One station as inspectors found it: its last visit, its lines, and why it does not serve.

All of it is worked out from the inspections of that station alone, so that a card comes at once.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd

from stationmap import covering
from stationmap.checks import whole
from stationmap.city import inspected
from stationmap.city.answers import Answers
from stationmap.inspections import COVERT, OPEN, SELF, STAFFED, Checklist, Line, judgements, key_of

CLOSED, UNSTAFFED, LINE, STALE = "closed", "unstaffed", "line", "stale"
"""Why a station does not serve: found closed, nobody on duty, a line not met, not looked at for
long."""


@dataclass(frozen=True)
class Reason:
    """One reason why a station does not serve.

    Attributes
    ----------
    kind : str
        `CLOSED`, `UNSTAFFED`, `LINE` or `STALE`.
    on : date or None
        The day of the judgement; of a stale one the day from which its facts are.
    key : str
        Of the line that is not met.
    line : Line or None
        Its words; None where the city's pack has no such line any more.
    """

    kind: str
    on: dt.date | None
    key: str = ""
    line: Line | None = None


@dataclass(frozen=True)
class LastVisit:
    """The newest visit that judges: its id, its day by the city's clock, its kind and result."""

    id: str
    on: dt.date
    visit: str
    result: str


@dataclass(frozen=True)
class Standing:
    """Where a station stands after all inspections.

    Attributes
    ----------
    last : LastVisit or None
        A unit's own checks and voided ones left out.
    lines : mapping
        Key of a line → its newest state, and the day of it.
    reasons : tuple of Reason or None
        Why it does not serve, none where it does; None where that cannot be told: nobody has
        inspected any station of the city, or the station is not in operation.
    """

    last: LastVisit | None
    lines: Mapping[str, tuple[str, dt.date]]
    reasons: tuple[Reason, ...] | None

    def of_line(self, line: Line) -> tuple[str, dt.date] | None:
        """Return the newest state of a line; one of its item as a whole that is newer counts."""
        found = [self.lines.get(key) for key in (line.key, line.item)]
        return max((one for one in found if one), key=lambda one: one[1], default=None)


def standing(answers: Answers, station_id: str, *, today: dt.date) -> Standing:
    """Work out where a station of the register stands.

    Parameters
    ----------
    answers : Answers
    station_id : str
        Of a station that is there.
    today : date
        By the city's clock. Unannounced visits of this day are left out: the next stops of their
        round lie near.
    """
    zone = answers.config.time_zone
    rows = _shown(answers, station_id, today=today)
    checklists = inspected.checklists(answers.register, rows["checklist"])
    judged = judgements(rows, checklists, zone=zone)
    stations = answers.stations()
    station = stations[(stations["station_id"] == station_id).to_numpy(dtype=bool)]
    by_key = zip(judged["item"], judged["part"], judged["state"], judged["at"].dt.date, strict=True)
    last = _newest(rows, checklists, site_type=station["type"].iloc[0], zone=zone, most=1)
    return Standing(
        last=next(iter(last), None),
        lines={key_of(item, part): (state, on) for item, part, state, on in by_key},
        reasons=_reasons(answers, station, judged, today=today),
    )


def history(answers: Answers, station_id: str, *, today: dt.date, most: int) -> list[LastVisit]:
    """Return the visits that judge a station, at most so many, the newest first; see `standing`."""
    rows = _shown(answers, station_id, today=today)
    checklists = inspected.checklists(answers.register, rows["checklist"])
    stations = answers.stations()
    site_type = stations.loc[stations["station_id"] == station_id, "type"].iloc[0]
    return _newest(rows, checklists, site_type=site_type, zone=answers.config.time_zone, most=most)


def _shown(answers: Answers, station_id: str, *, today: dt.date) -> pd.DataFrame:
    """Return the inspections of a station but for the unannounced ones of this day."""
    frame = answers.register.snapshot.frames["inspection"]
    rows = frame[(frame["station_id"] == station_id).to_numpy(dtype=bool)]
    zone = ZoneInfo(answers.config.time_zone)
    begins = dt.datetime.combine(today, dt.time(), tzinfo=zone).astimezone(dt.UTC)
    hidden = (rows["visit"] == COVERT) & (rows["at"] >= begins.isoformat(timespec="milliseconds"))
    return rows[~hidden.to_numpy(dtype=bool)]


def _newest(
    rows: pd.DataFrame,
    checklists: Mapping[str, Checklist],
    *,
    site_type: str,
    zone: str,
    most: int,
) -> list[LastVisit]:
    rows = rows[(rows["visit"] != SELF) & rows["voided"].isna()]
    rows = rows.sort_values(["at", "created"], kind="stable").iloc[::-1].head(most)
    return [
        LastVisit(
            id=row["id"],
            on=dt.datetime.fromisoformat(row["at"]).astimezone(ZoneInfo(zone)).date(),
            visit=row["visit"],
            result=checklists[row["checklist"]].result(
                checklists[row["checklist"]].answers(row["found"]), site_type=site_type
            ),
        )
        for row in rows.to_dict("records")
    ]


def _reasons(
    answers: Answers, station: pd.DataFrame, judged: pd.DataFrame, *, today: dt.date
) -> tuple[Reason, ...] | None:
    if station["status"].iloc[0] != "active" or not inspected.are_there(answers.register):
        return None
    asked = whole.asked(judged, station, pack=answers.pack)
    wrong = covering.failing(asked, binding=whole.binding(answers.pack))
    lines = Checklist.of_pack(answers.pack).by_key
    own = {OPEN: CLOSED, STAFFED: UNSTAFFED}
    found = []
    for item, part, at in zip(wrong["item"], wrong["part"], wrong["at"], strict=True):
        key = key_of(item, part)
        found.append(Reason(own.get(key, LINE), at.date(), key, lines.get(key)))
    order = {key: number for number, key in enumerate(lines)}
    found.sort(key=lambda reason: order.get(reason.key, len(order)))
    known = covering.known_on(station, judged, listed_on=answers.listed_on(station)).iloc[0]
    day = None if pd.isna(known) else known.date()
    if day is None or (today - day).days > answers.pack.stale_days:
        found.append(Reason(STALE, day))
    return tuple(found)
