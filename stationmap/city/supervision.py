"""Supervision (督查) of a city: what was visited and passed, what is left to do, good stations."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from stationmap.city import inspected
from stationmap.city.answers import Answers
from stationmap.city.remarks import OPEN
from stationmap.inspections import SELF, Checklist
from stationmap.inspections.checklist import MET, NOT_MET
from stationmap.inspections.orders import ANSWERED, CANCELLED, CLOSED
from stationmap.inspections.results import results
from stationmap.messages import N_, render
from stationmap.reports.supervision import COUNTS, CRITERIA, Supervision
from stationmap.store import Register
from stationmap.store import supervision as store

COUNTY = 6  # digits of a county's code


def sites(answers: Answers, *, adcode: str = "") -> pd.DataFrame:
    """Return the stations that are in use: by station_id, type, name, county, unit, unit key.

    Parameters
    ----------
    answers : Answers
    adcode : str
        Only those in districts whose code begins so; "" for all.
    """
    frame = answers.stations()
    units = answers.table("units")
    chosen = (frame["status"] == "active") & frame["adcode"].fillna("").str.startswith(adcode)
    frame = frame[chosen.to_numpy(dtype=bool)]
    key = unit_keys(frame["unit_id"], frame["unit"], units)
    return pd.DataFrame(
        {
            "type": frame["type"].to_numpy(dtype=object),
            "name": frame["name"].fillna("").to_numpy(dtype=object),
            "county": frame["adcode"].fillna("").str[:COUNTY].to_numpy(dtype=object),
            "unit": key.to_numpy(dtype=object),
            "demonstration": (frame["demonstration"] == True).to_numpy(dtype=bool),  # noqa: E712
        },
        # object: whether some of its ids are in a list is asked again and again, and text is slow
        index=pd.Index(frame["station_id"].to_numpy(dtype=object), dtype=object, name="station_id"),
    )


def unit_keys(ids: pd.Series, names: pd.Series, units: pd.DataFrame) -> pd.Series:
    """Return what tells units apart: the id, the id of the one of this name, the name, or ""."""
    known = units.drop_duplicates("name", keep=False).dropna(subset=["name"])
    own, called = ids.astype(object), names.astype(object)
    by_name = called.map(dict(zip(known["name"], known["id"], strict=True)))
    found = own.where(own.notna(), by_name)
    found = found.where(found.notna(), called)
    return found.where(found.notna(), "")


def visits(
    answers: Answers, stations: pd.Index, *, since: str = "", until: str = ""
) -> pd.DataFrame:
    """Return the visits to some stations that count, by others than the stations' own units.

    Parameters
    ----------
    answers : Answers
    stations : Index
        Their ids.
    since, until : str
        Instants (UTC, ISO text to the millisecond), inclusive and exclusive; "" for no bound.

    Returns
    -------
    DataFrame
        The columns of inspections that everybody may read, and ``site``, the position of the
        station in `stations`.
    """
    frame = answers.register.snapshot.frames["inspection"]
    counts = (frame["visit"] != SELF) & frame["voided"].isna()
    if since:
        counts &= frame["at"] >= since
    if until:
        counts &= frame["at"] < until
    frame = frame[counts.to_numpy(dtype=bool)]
    site = stations.get_indexer(frame["station_id"].to_numpy(dtype=object))
    return frame.assign(site=site)[site >= 0]


def standing(answers: Answers, seen: pd.DataFrame, types: pd.Series) -> pd.Series:
    """Return where stations stand by some visits alone; see `results`."""
    lists = inspected.checklists(answers.register, seen["checklist"])
    return results(seen, lists, today=Checklist.of_pack(answers.pack), types=types)


def instant(day: dt.date, zone: str) -> str:
    """Return the instant at which a day begins by a city's clock: UTC, ISO text."""
    at = dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
    return at.isoformat(timespec="milliseconds")


def supervision(
    answers: Answers,
    register: Register,
    *,
    since: dt.date,
    until: dt.date,
    adcode: str = "",
    lang: str = "zh",
) -> Supervision:
    """Tell what supervision found in a period.

    Parameters
    ----------
    answers : Answers
    register : Register
        The city's; its orders and remarks are private.
    since, until : date
        Both inclusive.
    adcode : str
        Only districts whose code begins so.
    lang : str
        Of the names of what is not known.
    """
    zone = answers.config.time_zone
    begin, end = instant(since, zone), instant(until + dt.timedelta(days=1), zone)
    every = sites(answers, adcode=adcode)
    seen = visits(answers, every.index, since=begin, until=end)
    every["visited"] = np.bincount(seen["site"], minlength=len(every)) > 0
    every["state"] = standing(answers, seen, every["type"])
    orders = _orders(answers, register, begin=begin, end=end, until=until, adcode=adcode)
    marks = {
        "sites": np.ones(len(every), dtype=bool),
        "visited": every["visited"],
        "passed": every["visited"] & (every["state"] == MET),
        "failed": every["visited"] & (every["state"] == NOT_MET),
    }
    flags = every[["county", "unit"]].assign(**marks)
    counties, units = (_grouped(flags, orders, by) for by in ("county", "unit"))
    held = answers.table("units")
    unit_names = dict(zip(held["id"], held["name"], strict=True))
    nobody = render(N_("(no unit)"), {}, lang=lang)
    names = county_names(answers, lang=lang)
    counties.insert(0, "name", [names.get(code, code) for code in counties.index])
    units.insert(0, "name", [_name(unit_names, key) or nobody for key in units.index])
    state = _criteria(answers, register, every, orders, since=since, until=until)
    failed, known = (state == 0).any(axis=1), (state >= 0).all(axis=1)
    nearly = ~failed & ~known
    good = every[(~failed & known).to_numpy()].reset_index()
    return Supervision(
        since=since,
        until=until,
        by_county=counties,
        by_unit=units,
        good=good.assign(
            county=[names.get(code, code) for code in good["county"]],
            unit=[_name(unit_names, key) or nobody for key in good["unit"]],
        )[["station_id", "name", "county", "unit", "demonstration"]],
        nearly=int(nearly.sum()),
        untold={
            name: int((state.loc[nearly, name] < 0).sum())
            for name in CRITERIA
            if (state.loc[nearly, name] < 0).any()
        },
    )


def so_far(
    answers: Answers, register: Register, *, adcode: str = "", lang: str = "zh"
) -> Supervision | None:
    """Tell what supervision found this year; None where nothing was ever visited or ordered."""
    if answers.register.snapshot.frames["inspection"].empty and store.orders(register).empty:
        return None
    today = dt.datetime.now(ZoneInfo(answers.config.time_zone)).date()
    first = today.replace(month=1, day=1)
    return supervision(answers, register, since=first, until=today, adcode=adcode, lang=lang)


def county_names(answers: Answers, *, lang: str) -> dict[str, str]:
    """Names of districts by their code; of what lies in none of them too."""
    districts = answers.layer("districts").dropna(subset=["name"])
    names = dict(zip(districts["adcode"], districts["name"], strict=True))
    whole = N_("city level") if names else "{city}"
    return {
        answers.config.adcode: render(whole, {"city": answers.config.name}, lang=lang),
        "": render(N_("(no county)"), {}, lang=lang),
        **names,
    }


def _name(names: dict[str, Any], key: str) -> str:
    name = names.get(key)
    return name if isinstance(name, str) else key


def _orders(
    answers: Answers,
    register: Register,
    *,
    begin: str,
    end: str,
    until: dt.date,
    adcode: str,
) -> pd.DataFrame:
    """Return orders with county, unit, and whether they were open, overdue, closed in time.

    What was settled after the period was still open at its end; whether it was answered by then
    is not looked up: it counts as overdue only if it waits for its unit now. Closed in time is what
    was closed by the deadline with which it was issued. One that was withdrawn is left out.
    """
    found = store.orders(register)
    code = found["adcode"].fillna("").astype(object)
    counts = code.str.startswith(adcode) & (found["state"] != CANCELLED)
    found = found[counts.to_numpy(dtype=bool)]
    closed = (found["state"] == CLOSED).to_numpy(dtype=bool)
    decided = found["decided_at"].fillna("").astype(object)
    issued = (found["issued_at"].fillna("") < end).to_numpy(dtype=bool)
    still = issued & (~closed | (decided >= end).to_numpy(dtype=bool))
    due = found["due"].fillna("9999").astype(object)
    late = (due < until.isoformat()).to_numpy(dtype=bool)
    within = closed & ((decided >= begin) & (decided < end)).to_numpy(dtype=bool)
    zone = ZoneInfo(answers.config.time_zone)
    day = [
        dt.datetime.fromisoformat(at).astimezone(zone).date().isoformat() if at else ""
        for at in decided
    ]
    # a deadline that was moved or given anew makes nothing timely that came after the first
    first = store.first_deadlines(register, since=begin, until=end)
    promised = np.array([first.get(own, "9999") for own in found["id"]], dtype=object)
    in_time = within & (np.array(day, dtype=object) <= promised)
    return pd.DataFrame(
        {
            "station_id": found["station_id"],
            "county": found["adcode"].fillna("").astype(object).str[:COUNTY],
            "unit": unit_keys(found["unit_id"], found["unit"], answers.table("units")),
            "open": still,
            "overdue": still & late & (found["state"] != ANSWERED).to_numpy(dtype=bool),
            "closed": within,
            "in_time": in_time.astype(bool),
            "was_late": within & ~in_time.astype(bool),
        }
    )


def _grouped(flags: pd.DataFrame, orders: pd.DataFrame, by: str) -> pd.DataFrame:
    of_sites = flags.groupby(by)[["sites", "visited", "passed", "failed"]].sum()
    of_orders = orders.groupby(by)[["open", "overdue", "closed", "in_time"]].sum()
    both = of_sites.join(of_orders, how="outer").fillna(0).astype("int64")
    return both[list(COUNTS)].sort_index()


def _criteria(
    answers: Answers,
    register: Register,
    every: pd.DataFrame,
    orders: pd.DataFrame,
    *,
    since: dt.date,
    until: dt.date,
) -> pd.DataFrame:
    """Tell of each site and criterion whether it is fulfilled: 1, 0, or -1 where not known."""
    bad = set(orders.loc[orders["open"] | orders["was_late"], "station_id"])
    noted = store.stations_with_remarks(register, state=OPEN)
    passed = np.select([every["state"] == MET, every["state"] == NOT_MET], [1, 0], -1)
    return pd.DataFrame(
        {
            # a site that nobody visited did not pass; of one visited in part it is not known
            "passed": np.where(every["visited"], passed, 0),
            "orders": np.where(every.index.isin(bad), 0, 1),
            "activities": _activities(answers, every.index, since=since, until=until),
            "remarks": np.where(every.index.isin(noted), 0, 1),
        },
        index=every.index,
    )


def _activities(answers: Answers, ids: pd.Index, *, since: dt.date, until: dt.date) -> Any:
    """Tell whether sites kept their activities; not known where no list has any of the period."""
    rows = answers.table("activities")
    days = pd.to_datetime(rows["date"], errors="coerce")
    rows = rows[
        ((days >= pd.Timestamp(since)) & (days <= pd.Timestamp(until))).to_numpy(dtype=bool)
    ]
    if rows.empty:
        return np.full(len(ids), -1)
    count = rows["station_id"].value_counts().reindex(ids, fill_value=0).to_numpy()
    return np.where(count >= max(1, full_months(since, until)), 1, 0)


def full_months(since: dt.date, until: dt.date) -> int:
    """Return how many whole months of the calendar lie within a period."""
    after = until + dt.timedelta(days=1)
    months = (after.year - since.year) * 12 + after.month - since.month
    return max(0, months - (since.day > 1))
