"""Activity: projects that stations publish, activities that they hold every month."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Batch
from stationmap.checks.subjects import of_types, station_batch
from stationmap.messages import N_
from stationmap.standards import ActivityRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "activity.met": N_("{name}: {count} {what}, at least {at_least} asked for"),
        "activity.few": N_("{name}: {count} {what}; at least {at_least} asked for"),
        "activity.undeclared": N_(
            "{name}: {count} known {what}, at least {at_least} asked for; the {layer} are not "
            "declared complete"
        ),
        "activity.unsaid": N_(
            "{name}: {count} {what}, at least {at_least} asked for; of {unsaid} more it is not "
            "known where they were published"
        ),
        "activity.month_met": N_(
            "{name}: at least {count} activities in each of {months} months, {at_least} asked for"
        ),
        "activity.month_more": N_(
            "{name}: at least {count} activities in each of {months} months, {at_least} asked for; "
            "up to {most}, more than the {at_most} that the document expects"
        ),
        "activity.month_few": N_(
            "{name}: fewer than {at_least} activities in {short} of {months} months, "
            "{count} in {worst}"
        ),
        "activity.month_undeclared": N_(
            "{name}: fewer than {at_least} known activities in {short} of {months} months; the "
            "activities are not declared complete"
        ),
        "activity.undated": N_(
            "{name}: fewer than {at_least} activities in {short} of {months} months; {undated} "
            "more have no date"
        ),
        "activity.no_month": N_("{name}: no full month of activities has been imported"),
        "activity.new": N_("{name}: no full month has passed since it opened on {opened}"),
    }
)
EDGE_DAYS = 7
"""The first and the last month count as full if activities reach this near to their ends."""
B = NDArray[np.bool_]
I = NDArray[np.int64]  # noqa: E741


def check(rule: ActivityRule, facts: Facts) -> list[Batch]:
    """Count the projects of stations, or their activities, in total or month by month.

    Too few are not met where projects (activities) are declared complete, else unknown. More
    than ``at_most`` is said, but is no shortfall: the document tells what is usual.
    """
    stations = of_types(facts, rule.site_types)
    if rule.per == "month" and rule.of == "activities":
        return [_monthly(rule, facts, stations)]
    return [_total(rule, facts, stations)]


def full_months(facts: Facts) -> I:
    """Return the full months of the period that the imported activities span, since 1970-01.

    These are the months from the first activity to the last that are over. The first and the
    last are left out unless activities reach within a week of their beginning and end; months
    to come are.
    """
    days = facts.activities["date"].dropna().to_numpy(dtype="datetime64[D]")
    today = np.datetime64(facts.today, "D")
    days = days[days <= today]
    if not len(days):
        return np.array([], dtype=np.int64)
    first, last = days.min(), days.max()
    begin, end = first.astype("datetime64[M]"), last.astype("datetime64[M]")
    month = np.arange(begin, end + 1)
    starts = month.astype("datetime64[D]")
    ends = (month + 1).astype("datetime64[D]") - 1
    edge = np.timedelta64(EDGE_DAYS, "D")
    full = (first <= starts + edge) & (last >= ends - edge) & (ends < today)
    found: I = month[full].astype(np.int64)
    return found


def _total(rule: ActivityRule, facts: Facts, stations: gpd.GeoDataFrame) -> Batch:
    """Count by station; projects of one name are one."""
    rows = facts.projects if rule.of == "projects" else facts.activities
    owner = pd.Index(stations["station_id"]).get_indexer(rows["station_id"])
    owner[rows["station_id"].isna().to_numpy()] = -1
    owner, counts, unsaid = _each_once(rule, rows, owner)
    count = np.bincount(owner[counts], minlength=len(stations))
    perhaps = np.bincount(owner[unsaid & ~counts], minlength=len(stations))
    conditions: list[tuple[B, str, str]] = [
        (count >= rule.at_least, MET, "activity.met"),
        (count + perhaps >= rule.at_least, UNKNOWN, "activity.unsaid"),
        (facts.declared(rule.of, stations["adcode"]), NOT_MET, "activity.few"),
    ]
    return _batch(
        rule,
        stations,
        conditions,
        otherwise="activity.undeclared",
        measured=count,
        count=count,
        unsaid=perhaps,
        what=words.layer(rule.of),
        layer=words.layer(rule.of),
    )


def _each_once(rule: ActivityRule, rows: pd.DataFrame, owner: I) -> tuple[I, B, B]:
    """Return each station's projects (activities) once: owner, whether it counts, may count.

    A project counts if its rows name every channel of the rule, and may if one names none.
    """
    own = owner >= 0
    rows, owner = rows[own], owner[own]
    if rule.of == "activities":
        return owner, np.ones(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    project, known = pd.factorize(
        pd.MultiIndex.from_arrays([owner, rows["name"].fillna(rows["id"]).astype(object)])
    )
    said = rows["published"].fillna("").astype(object)
    counts = np.ones(len(known), dtype=bool)
    for channel in rule.published:
        through = said.map(lambda held, c=channel: c in held.split(";")).to_numpy(dtype=bool)
        counts &= np.bincount(project[through], minlength=len(known)) > 0
    unsaid = np.bincount(project[(said == "").to_numpy()], minlength=len(known)) > 0
    of = np.zeros(len(known), dtype=np.int64)
    of[project] = owner
    return of, counts, unsaid


def _monthly(rule: ActivityRule, facts: Facts, stations: gpd.GeoDataFrame) -> Batch:
    """Count by station and month; months without any are nought.

    A station that opened within the period is asked from its next full month on.
    """
    months = full_months(facts)
    rows = facts.activities
    owner = pd.Index(stations["station_id"]).get_indexer(rows["station_id"])
    owner[rows["station_id"].isna().to_numpy()] = -1
    dated = rows["date"].notna().to_numpy()
    day = rows["date"].fillna(pd.Timestamp(0)).to_numpy(dtype="datetime64[M]").astype(np.int64)
    column = np.searchsorted(months, day)
    fits = (owner >= 0) & dated & (column < len(months))
    fits[fits] = months[column[fits]] == day[fits]
    size = len(stations), len(months)
    place = np.ravel_multi_index((owner[fits], column[fits]), size) if fits.any() else []
    held = np.bincount(np.asarray(place, dtype=np.int64), minlength=size[0] * size[1])
    held = held[: size[0] * size[1]].reshape(size)
    asked = months[None, :] >= _since(stations)[:, None]
    number = asked.sum(axis=1)
    short = (asked & (held < rule.at_least)).sum(axis=1)
    undated = np.bincount(owner[(owner >= 0) & ~dated], minlength=len(stations))
    least = np.where(asked, held, np.iinfo(np.int64).max).min(axis=1, initial=2**62)
    most = np.where(asked, held, -1).max(axis=1, initial=-1)
    conditions: list[tuple[B, str, str]] = [
        (np.full(len(stations), not len(months)), UNKNOWN, "activity.no_month"),
        (number == 0, NOT_APPLICABLE, "activity.new"),
        ((short == 0) & (most > (rule.at_most or np.inf)), MET, "activity.month_more"),
        (short == 0, MET, "activity.month_met"),
        (~facts.declared("activities", stations["adcode"]), UNKNOWN, "activity.month_undeclared"),
        (undated > 0, UNKNOWN, "activity.undated"),
    ]
    names = np.append(months, 0).astype("datetime64[M]").astype(str).astype(object)
    worst = np.where(asked, held, 2**62).argmin(axis=1) if len(months) else np.zeros(len(stations))
    return _batch(
        rule,
        stations,
        conditions,
        otherwise="activity.month_few",
        measured=np.where(number > 0, least, np.nan),
        count=least,
        most=most,
        months=number,
        short=short,
        undated=undated,
        at_most=rule.at_most,
        worst=names[worst.astype(np.int64)],
        opened=stations["opened_on"].to_numpy(dtype=object),
    )


def _since(stations: gpd.GeoDataFrame) -> I:
    """Return the first full month that each station is open; the first of all if not known."""
    opened = pd.to_datetime(stations["opened_on"], errors="coerce", format="ISO8601")
    month = opened.fillna(pd.Timestamp(0)).to_numpy(dtype="datetime64[M]").astype(np.int64)
    began: B = (opened.dt.day > 1).to_numpy(dtype=bool)
    found: I = np.where(opened.isna(), np.iinfo(np.int64).min, month + began)
    return found


def _batch(
    rule: ActivityRule,
    stations: gpd.GeoDataFrame,
    conditions: list[tuple[B, str, str]],
    *,
    otherwise: str,
    measured: NDArray[Any],
    **params: Any,
) -> Batch:
    told = [condition for condition, _, _ in conditions]
    default = NOT_MET if otherwise == "activity.month_few" else UNKNOWN
    message = np.select(told, [message for _, _, message in conditions], otherwise)
    return station_batch(
        rule,
        stations,
        state=np.select(told, [state for _, state, _ in conditions], default),
        message=message,
        messages=MESSAGES,
        params={
            "name": words.names(stations["name"], stations["station_id"]),
            "at_least": rule.at_least,
            **params,
        },
        measured=measured,
        limit=rule.at_least,
    )
