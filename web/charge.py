"""The stations in an account's charge, and what waits to be done about them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import geopandas as gpd
import pandas as pd
from flask import abort, url_for

from stationmap.city import applications, notices, remarks, restocking
from stationmap.city.unit_names import by_name
from stationmap.errors import Conflict, RegisterError, StationMapError
from stationmap.store import Change, Receipt
from stationmap.store.accounts import Account
from stationmap.store.allowance import TooOftenError
from stationmap.store.events import now as instant
from web.access import may, within
from web.caching import present
from web.desk import action_id, register, submit
from web.notices import closures_of
from web.parts import text
from web.view import CityView

Row = dict[str, Any]

_COUNTY = 6  # digits of an adcode that name its county


def stations_of(account: Account, now: CityView) -> gpd.GeoDataFrame:
    """Return the stations that an account looks after, by their id."""
    frame = with_units(now)
    if account.role == "unit":
        return frame[(frame["unit_id"] == account.unit_id).to_numpy(dtype=bool)]
    return frame[frame["adcode"].fillna("").str.startswith(account.adcode).to_numpy(dtype=bool)]


@lru_cache(maxsize=1)
def with_units(now: CityView) -> gpd.GeoDataFrame:
    """Return all stations; one that only names its unit has the unit's id, see `unit_called`."""
    frame, known = now.stations, _called(now)
    pairs = zip(frame["unit"], frame["adcode"].fillna("").str[:_COUNTY], strict=True)
    ids = pd.Series([known.get(pair) for pair in pairs], index=frame.index, dtype="str")
    return frame.assign(unit_id=frame["unit_id"].fillna(ids))


def unit_called(now: CityView, name: str, adcode: str | None) -> str | None:
    """Return the id of the unit of a name in a county; None where none, or several, are so called.

    What units of other counties are called is for others to say, and gives nobody a station.
    """
    return _called(now).get((name, str(adcode or "")[:_COUNTY]))


@lru_cache(maxsize=1)
def _called(now: CityView) -> dict[tuple[str, str], str]:
    return by_name(now.answers.table("units"))


def station_row(station_id: str) -> Row:
    """Return one station's facts; 404 where there is none, or it is in another's charge."""
    frame = with_units(present())
    if station_id not in frame.index:
        abort(404)
    row = {name: text(value) for name, value in frame.loc[station_id].items() if name != "geometry"}
    within(row)
    return row


def unit_name(now: CityView, unit_id: str | None) -> str:
    """Return the name of a unit; its id where the list of units has no name."""
    units = now.answers.table("units")
    found = units.loc[units["id"] == unit_id, "name"].dropna()
    return str(found.iloc[0]) if len(found) else unit_id or ""


@dataclass
class Work:
    """What waits, by station: notices of today and later, shortages, remarks, applications."""

    closures: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    shortages: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    remarks: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))
    withdrawals: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def closed_today(self, station_id: str) -> bool:
        """Whether a notice holds today."""
        found = self.closures.get(station_id, ())
        return any(row["phase"] == notices.NOW for row in found)


def work_of(now: CityView, ids: "pd.Index[str]") -> Work:
    """Gather what waits to be done about some stations."""
    found = Work()
    waiting = (
        (found.closures, closures_of(now)),
        (found.shortages, register().rows("restock", state=restocking.SHORT)),
        (found.remarks, register().rows("remark", state=remarks.OPEN)),
        (found.withdrawals, register().rows("application", state=applications.SUBMITTED)),
    )
    asked = list({row["station_id"] for _, rows in waiting for row in rows if row["station_id"]})
    # the few are looked up among the many, not the other way round
    known = set(ids[ids.isin(asked)]) if asked else set()
    for into, rows in waiting:
        for row in rows:
            if row["station_id"] in known:
                into[row["station_id"]].append(row)
    return found


def make(
    entity: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    kind: str,
    write: Callable[..., Receipt] = submit,
) -> list[Row]:
    """Keep new rows, all or none, once however often their form is sent.

    Parameters
    ----------
    entity : str
    rows : sequence of mapping
        Their columns but for ``id``, which follows from the form's mark, and ``at``.
    kind : str
        What is done; see `desk.submit`.
    write : callable
        What writes the changes.

    Raises
    ------
    Conflict
        The form was sent before with other content.
    """
    action = action_id()
    ids = [action if number == 0 else f"{action}-{number}" for number in range(len(rows))]
    for last in (False, True):
        stands = [register().get(entity, row_id) for row_id in ids]
        if all(old and is_as(old, row) for old, row in zip(stands, rows, strict=True)):
            return [old for old in stands if old]
        made = instant()
        new = [{**row, "at": made} for row in rows]
        changes = [Change(entity, i, row, expects=0) for i, row in zip(ids, new, strict=True)]
        try:
            write(changes, kind=kind)
        except Conflict:
            # the same form may have come twice at once: then what it asks for stands by now
            if last:
                raise
            continue
        return [{"id": i, **row} for i, row in zip(ids, new, strict=True)]
    raise AssertionError("the second turn returns or raises")


def settle(entity: str, row: Row, after: Mapping[str, Any] | None, *, kind: str) -> None:
    """Change one row, or remove it (None); content with it standing so already.

    Raises
    ------
    Conflict
        Somebody else has made something else of it meanwhile.
    """
    try:
        submit([Change(entity, row["id"], after, expects=row["version"])], kind=kind)
    except Conflict:
        stands = register().get(entity, row["id"])
        if (stands is None) != (after is None) or (stands and after and not is_as(stands, after)):
            raise


def undo_address() -> str:
    """Return where this form's action is undone, if it did something, for whoever may; else ""."""
    if not may("station.manage") or register().action(action_id()) is None:
        return ""
    return url_for("manage_history.undo", action_id=action_id())


def status_of(wrong: StationMapError | None) -> int:
    """Return the status of a form's page that says what was wrong with it."""
    if isinstance(wrong, RegisterError):
        return 507 if wrong.params.get("why") == "full" else 503
    if isinstance(wrong, TooOftenError):
        return 429
    return 409 if isinstance(wrong, Conflict) else 400 if wrong else 200


def is_as(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a row stands as it is wanted already."""
    return all(row.get(name) == value for name, value in wanted.items())
