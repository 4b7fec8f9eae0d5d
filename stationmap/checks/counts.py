"""Counts: what is known of volunteers, staff, units and stations, by subject and period.

A table of counts has one row for each subject and period: subject, period ("" where none is
stated), value, source, sure (False where a list that was counted is not declared complete).
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks.facts import Facts
from stationmap.messages import N_
from stationmap.standards import IndicatorRule

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "population": N_("permanent residents"),
        "headcount": N_("staff"),
        "registered": N_("registered volunteers"),
        "active": N_("registered volunteers who took part"),
        "hours": N_("hours of service"),
        "staff_registered": N_("staff registered as volunteers"),
        "staff_hours_reached": N_("staff who reached the hours"),
        "backbone": N_("backbone volunteers"),
        "trainings": N_("trainings"),
        "units": N_("units"),
        "units_on_platform": N_("units on the platform"),
        "stations": N_("stations"),
        "stations_on_platform": N_("stations on the platform"),
    }
)
# these change slowly, or are counted once in ten years: an older figure serves a newer one
SLOW = frozenset({"population", "headcount"})
# these grow through a year, and are held to a target for the year
GROWING = frozenset({"active", "hours", "staff_hours_reached", "trainings"})
# those of a county are those of its units
_STAFF = frozenset({"headcount", "staff_registered", "staff_hours_reached"})
_LISTS: Mapping[str, str] = MappingProxyType(
    {
        "stations": "stations",
        "stations_on_platform": "stations",
        "units": "units",
        "units_on_platform": "units",
    }
)
_PERIOD = re.compile(r"(\d{4})(?:H([12])|Q([1-4])|-(\d{2})(?:-\d{2})?)?")
COLUMNS = ("subject", "period", "value", "source", "sure")
B = NDArray[np.bool_]


def order(period: object) -> int:
    """Return a number by which periods sort: by their end, the shorter first; -1 for none.

    A year is "2026", a half "2026H1", a quarter "2026Q3", a month "2026-09".
    """
    found = _PERIOD.fullmatch(period) if isinstance(period, str) else None
    if found is None:
        return -1
    year, half, quarter, month = (int(part) if part else 0 for part in found.groups())
    end = 6 * half or 3 * quarter or month or 12
    length = 6 if half else 3 if quarter else 1 if month else 12
    return (12 * year + end) * 100 + length


def is_year(period: object) -> bool:
    """Tell whether a period is a whole year, or unstated."""
    number = order(period)
    return number < 0 or number % 100 == 12


def prefix(adcode: str) -> str:
    """Return what the adcodes of a city's counties begin with: 3308 for 330800."""
    while adcode.endswith("00"):
        adcode = adcode[:-2]
    return adcode


def counties(facts: Facts) -> pd.DataFrame:
    """Return the city's counties: subject (adcode), name, adcode; of its districts, or its counts.

    A city that is itself a county, 530802, is its only one.
    """
    level = pd.to_numeric(facts.districts["level"], errors="coerce")
    rows = facts.districts.loc[(level.isna() | (level == 6)).to_numpy(dtype=bool)]
    found = _within(rows["adcode"], rows["name"], facts)
    if found.empty:
        rows = facts.counts[facts.counts["subject_kind"] == "district"]
        found = _within(rows["subject"], rows["name"], facts)
    if found.empty and facts.adcode and not facts.adcode.endswith("00"):
        found = pd.DataFrame({"subject": [facts.adcode], "name": [facts.name]})
    called = found["subject"].map(dict(facts.district_names))
    return found.assign(name=found["name"].fillna(called), adcode=found["subject"])


def _within(adcode: pd.Series, name: pd.Series, facts: Facts) -> pd.DataFrame:
    code = adcode.astype("str")
    own = code.str.startswith(prefix(facts.adcode)) & ~code.str.endswith("00") & code.notna()
    found = pd.DataFrame({"subject": code, "name": name.astype(object)})[own.to_numpy(dtype=bool)]
    return found.drop_duplicates("subject").sort_values("subject", ignore_index=True)


def units(facts: Facts, *, headcounts: Mapping[str, int]) -> pd.DataFrame:
    """Return the units that are listed, counted, or named by the document: subject, name, adcode.

    A county that the document names among the units is none.
    """
    listed = facts.units[["id", "name", "adcode"]].rename(columns={"id": "subject"})
    rows = facts.counts[facts.counts["subject_kind"] == "unit"]
    counted = pd.DataFrame({"subject": rows["subject"], "name": rows["name"], "adcode": None})
    counted["name"] = counted["name"].where(counted["name"].notna(), counted["subject"])
    known = {*listed["subject"], *listed["name"]}
    counted = counted[~counted["subject"].isin(known)].drop_duplicates("subject")
    known |= {*counted["name"], *facts.district_names.values()}
    named = [name for name in headcounts if name not in known]
    stated = pd.DataFrame({"subject": named, "name": named, "adcode": None})
    parts = [part.astype(object) for part in (listed, counted, stated)]
    return pd.concat(parts, ignore_index=True)


def of_units(count: str, rule: IndicatorRule, facts: Facts, subjects: pd.DataFrame) -> pd.DataFrame:
    """Return a count of every unit of `subjects` for which it is known."""
    rows = facts.counts[(facts.counts["subject_kind"] == "unit") & (facts.counts["count"] == count)]
    by_name = subjects.drop_duplicates("name").set_index("name")["subject"]
    subject = rows["subject"].where(
        rows["subject"].isin(subjects["subject"]), rows["subject"].map(by_name)
    )
    found = _counted(subject, rows)
    if count == "headcount":
        known = facts.units[facts.units["headcount"].notna()]
        listed = _table(known["id"], known["headcount"], known["source"])
        stated = subjects[subjects["name"].isin(list(rule.headcounts))]
        values = stated["name"].map(rule.headcounts)
        found = _first(_table(stated["subject"], values, rule.clause.document), listed, found)
    if _LISTS.get(count) == "stations":
        found = _register(count, facts, subjects, of=facts.active["unit_id"])
    return found


def of_counties(
    count: str, rule: IndicatorRule, facts: Facts, subjects: pd.DataFrame
) -> pd.DataFrame:
    """Return a count of every county of `subjects` for which it is known."""
    found = _districts(count, facts, subjects)
    if count in _LISTS:
        listed = _list(count, facts)
        own = (
            facts.active_counties
            if listed is facts.active
            else listed["adcode"].astype("str").str[:6]
        )
        if count.startswith("stations") or len(facts.units):
            return _register(count, facts, subjects, of=own)
    if count == "population":
        rows = facts.districts[facts.districts["population"].notna()]
        rows = rows[rows["adcode"].isin(subjects["subject"])]
        return _first(found, _table(rows["adcode"], rows["population"], "districts"))
    if count == "headcount":
        stated = subjects[subjects["name"].isin(list(rule.headcounts))]
        values = stated["name"].map(rule.headcounts)
        found = _first(_table(stated["subject"], values, rule.clause.document), found)
    if count in _STAFF:
        every = units(facts, headcounts=rule.headcounts)
        every["above"] = every["adcode"].astype("str").str[:6]
        listed = facts.declared("units", subjects["subject"])
        every = every[every["above"].isin(subjects["subject"][listed])]
        found = _first(found, _sums(of_units(count, rule, facts, every), every, count=count))
    return found


def of_city(
    count: str, rule: IndicatorRule, facts: Facts, subjects: pd.DataFrame
) -> tuple[pd.DataFrame, list[str]]:
    """Return a count of the city, and the names of the counties that lack it where it has none.

    The city's own figure stands before the sum of its counties, which all have to have it; of
    staff also its own units, which lie in no county.
    """
    own = _districts(count, facts, subjects)
    if count in _LISTS and (count.startswith("stations") or len(facts.units)):
        code = pd.Series(subjects["subject"][0], index=_list(count, facts).index)
        return _register(count, facts, subjects, of=code), []
    if len(own):
        return own, []
    inner = counties(facts)
    parts = of_counties(count, rule, facts, inner)
    if count in _STAFF:
        every = units(facts, headcounts=rule.headcounts)
        own_units = every[~every["adcode"].astype("str").str[:6].isin(inner["subject"])]
        parts = _first(parts, of_units(count, rule, facts, own_units))
        inner = pd.concat([inner, own_units]).drop_duplicates("subject", ignore_index=True)
    inner["above"] = subjects["subject"][0]
    found = _sums(parts, inner, count=count)
    if len(found) or parts.empty:
        return found, []
    latest = parts if count in SLOW else parts[parts["period"] == max(parts["period"], key=order)]
    lacking = inner[~inner["subject"].isin(latest["subject"])]
    return found, lacking["name"].where(lacking["name"].notna(), lacking["subject"]).tolist()


def _districts(count: str, facts: Facts, subjects: pd.DataFrame) -> pd.DataFrame:
    rows = facts.counts[
        (facts.counts["subject_kind"] == "district")
        & (facts.counts["count"] == count)
        & facts.counts["subject"].isin(subjects["subject"])
    ]
    return _counted(rows["subject"], rows)


def _counted(subject: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    table = _table(subject, rows["value"], rows["source"], period=rows["period"])
    return table.dropna(subset=["subject", "value"]).drop_duplicates(
        ["subject", "period"], keep="last", ignore_index=True
    )


def _table(
    subject: pd.Series, value: pd.Series, source: pd.Series | str, *, period: pd.Series | str = ""
) -> pd.DataFrame:
    table = pd.DataFrame({"subject": subject, "period": period, "value": value})
    table["period"] = table["period"].fillna("").astype(object)
    return table.assign(source=source, sure=True).astype({"subject": object, "value": float})


def _first(*tables: pd.DataFrame) -> pd.DataFrame:
    """Return for each subject the rows of the first table that has any."""
    held = [tables[0]]
    for table in tables[1:]:
        known = pd.concat(held)["subject"]
        held.append(table[~table["subject"].isin(known)])
    return pd.concat([t for t in held if len(t)] or held[:1], ignore_index=True)


def _list(count: str, facts: Facts) -> pd.DataFrame:
    return facts.active if _LISTS[count] == "stations" else facts.units


def _register(count: str, facts: Facts, subjects: pd.DataFrame, *, of: pd.Series) -> pd.DataFrame:
    """Count the rows of a list by subject, as it stands today.

    A row stands for as many of its kind as its ``stands_for`` says, for one without that column.

    Who is on the platform is not known at all where nobody in the list has a number there.
    """
    rows = _list(count, facts)
    counted = np.ones(len(rows), dtype=bool)
    if count.endswith("_on_platform"):
        counted = rows["platform_id"].notna().to_numpy(dtype=bool)
        if not counted.any():
            return pd.DataFrame(columns=list(COLUMNS)).astype({"value": float})
    number = of[counted].value_counts()
    if "stands_for" in rows:
        number = rows["stands_for"][counted].groupby(of[counted]).sum()
    table = _table(
        subjects["subject"],
        subjects["subject"].map(number).fillna(0.0),
        "register",
        period=facts.today.isoformat(),
    )
    return table.assign(sure=_listed(_LISTS[count], facts, subjects["adcode"]))


def _listed(layer: str, facts: Facts, adcode: pd.Series) -> B:
    if layer == "units":
        return facts.declared("units", adcode)
    sure = np.ones(len(adcode), dtype=bool)
    for site_type in facts.pack.site_types:
        sure &= facts.declared(f"stations:{site_type.id}", adcode)
    return sure


def _sums(parts: pd.DataFrame, inner: pd.DataFrame, *, count: str) -> pd.DataFrame:
    """Sum counts of subjects for those above them, in each period in which all have it.

    Of slow counts the newest of each is summed where no period has all; the oldest period is said.
    """
    size = inner["above"].value_counts()
    table = parts.assign(above=parts["subject"].map(inner.set_index("subject")["above"]))
    found = _whole(table, ["above", "period"], size)
    if count in SLOW:
        newest = table.sort_values("period", key=_orders).drop_duplicates("subject", keep="last")
        found = _first(found, _whole(newest, ["above"], size))
    return found


def _orders(periods: pd.Series) -> pd.Series:
    return periods.map(order)


def _whole(table: pd.DataFrame, keys: list[str], size: pd.Series) -> pd.DataFrame:
    groups = table.groupby(keys, sort=True)
    sums = groups.agg(
        value=("value", "sum"),
        number=("value", "size"),
        oldest=("period", lambda s: min(s, key=order)),
        source=("source", lambda s: "; ".join(dict.fromkeys(s.dropna().astype(str)))),
        sure=("sure", "all"),
    ).reset_index()
    sums = sums[(sums["number"] == sums["above"].map(size)).to_numpy(dtype=bool)]
    table = _table(sums["above"], sums["value"], sums["source"], period=sums["oldest"])
    return table.assign(sure=sums["sure"].to_numpy(dtype=bool)).reset_index(drop=True)
