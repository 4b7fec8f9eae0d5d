"""Indicators: a count over another, by city, county or unit, against the document's target."""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.checks import counts, words
from stationmap.checks.facts import Facts
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN, Batch
from stationmap.checks.words import Said
from stationmap.messages import N_
from stationmap.standards import IndicatorRule

MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "indicator.met": N_("{name}: {indicator} {value} ({basis}); target {target}"),
        "indicator.short": N_(
            "{name}: {indicator} {value} ({basis}); target {target}: {needed} more needed"
        ),
        "indicator.suspicious": N_(
            "{name}: {indicator} {value} ({basis}); more than all of them: check the figures"
        ),
        "indicator.not_counted": N_(
            "{name}: {indicator} is not known, no {counted} imported; the target of {target} "
            "({basis}) asks for {required}"
        ),
        "indicator.no_figures": N_("{name}: {indicator} is not known; missing: {missing}"),
        "indicator.counties": N_(
            "{name}: {indicator} is not known; {missing} missing for {counties}"
        ),
        "indicator.undeclared": N_(
            "{name}: {indicator} {value} so far ({basis}); the list is not declared complete"
        ),
        "indicator.part_year": N_(
            "{name}: {indicator} {value} so far ({basis}), which is only part of a year; "
            "target {target}"
        ),
        "indicator.nothing": N_("{name}: {indicator} does not apply; there are no {missing}"),
        "indicator.information": N_("{name}: {indicator} {value} ({basis}); for information"),
        "indicator.unknown_information": N_(
            "{name}: {indicator} is not known; it is for information"
        ),
        "indicator.share_of_city": N_(
            "{name}: {indicator} is not known, no {counted} imported; for information: the "
            "city's target ({basis}) would ask for {required}"
        ),
        "indicator.no_subjects": N_("{indicator} cannot be told; no {missing} imported"),
    }
)
_AMOUNTS: Mapping[bool, str] = MappingProxyType(
    {True: N_("{counted} {number} in {period}"), False: N_("{counted} {number}")}
)
_HOURS = N_("{value} h")
_SUBJECT_KINDS: Mapping[str, str] = MappingProxyType(
    {"city": "city", "county": "area", "unit": "unit"}
)
COLUMNS = (
    "subject",
    "period",
    "indicator",
    "value",
    "denominator",
    "target",
    "state",
    "source",
    "subject_kind",
    "name",
    "adcode",
    "numerator",
    "base_period",
    "required",
    "needed",
    "missing",
    "message",
)
F = NDArray[np.float64]
B = NDArray[np.bool_]


def measure(rule: IndicatorRule, facts: Facts) -> pd.DataFrame:
    """Measure an indicator for every city, county or unit that the rule holds to it or names.

    1. The newest period that has both counts is taken, else the newest numerator with the newest
       older denominator. Population and headcount may always be older; then a newer one serves
       where there is no older one. Of counts that grow through a year whole years come first; a
       part of one that falls short is unknown.
    2. The target is met where the numerator reaches target × denominator, inclusive; no rounding
       of the value decides.
    3. What is not counted, or counted from a list not declared complete, is unknown.
    4. Subjects without a target are not_applicable: their figures are information, and so is what
       the target of others would ask of them.

    Returns
    -------
    DataFrame
        subject (adcode or unit), period (of the numerator, "" where unstated), indicator (the
        rule's id), value (numerator / denominator, or the numerator alone), denominator, target,
        state, source; and subject_kind ("city", "county", "unit"), name, adcode, numerator,
        base_period (of the denominator), required (of the numerator to reach the target, rounded
        up), needed (how many more; all of them where none is counted), missing (names of the
        counties that keep a city's sum from being made), message (a key of `MESSAGES`).
    """
    # the document's headcounts are those of its own city
    if rule.headcounts and facts.adcode != facts.pack.adcode:
        rule = rule.model_copy(update={"headcounts": {}})
    kinds = dict.fromkeys((rule.per, *rule.also))
    tables = [_measured(rule, facts, kind=kind) for kind in kinds]
    held = [table for table in tables if len(table)] or tables[:1]
    # a city that is a county is one subject
    return pd.concat(held, ignore_index=True)[list(COLUMNS)].drop_duplicates(
        "subject", ignore_index=True
    )


def check(rule: IndicatorRule, facts: Facts) -> list[Batch]:
    """Say of every subject of an indicator whether it reaches the target."""
    table = measure(rule, facts)
    batches = [
        _batch(rule, facts, rows.reset_index(drop=True), kind=str(kind))
        for kind, rows in table.groupby("subject_kind", sort=False)
    ]
    if (table["subject_kind"] == rule.per).any():
        return batches
    missing = Said(N_("units")) if rule.per == "unit" else words.layer("districts")
    nothing = Batch(
        rule,
        "city",
        subject_id=[f"{facts.adcode or facts.name}:{rule.per}"],
        subject_name=facts.name,
        adcode=facts.adcode or None,
        geometry=[None],
        state=UNKNOWN,
        message="indicator.no_subjects",
        messages=MESSAGES,
        params={"indicator": rule.name, "missing": missing},
    )
    return [nothing, *batches]


def _measured(rule: IndicatorRule, facts: Facts, *, kind: str) -> pd.DataFrame:
    subjects = _subjects(rule, facts, kind)
    over, lacking = _known(rule.numerator, rule, facts, subjects, kind=kind)
    if rule.denominator is None:
        under, under_lacking = over.assign(value=1.0), list[str]()
    else:
        under, under_lacking = _known(rule.denominator, rule, facts, subjects, kind=kind)
    yearly = rule.numerator in counts.GROWING
    pairs = _paired(over, under, slow=_slow(rule), yearly=yearly)
    table = subjects.merge(pairs, on="subject", how="left")
    part_year = ~table["period"].map(counts.is_year).to_numpy(dtype=bool) & yearly
    numerator, base = table["numerator"].to_numpy(float), table["base"].to_numpy(float)
    sure = table["sure"].fillna(value=True).to_numpy(dtype=bool)
    least_of_all = np.nan if rule.at_least is None else rule.at_least
    target = least_of_all if kind == rule.per else np.nan
    # a total for the city says nothing of a county, a share does
    relative = kind == rule.per or rule.denominator is not None
    # what a float cannot hold exactly, such as 0.07 × 100, is not to decide
    least = np.round((least_of_all if relative else np.nan) * base, 6)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(base > 0, numerator / base, np.nan)
    known = np.isfinite(value)
    required = np.ceil(least)
    needed = np.ceil(np.maximum(least - np.nan_to_num(numerator), 0.0))
    summed = "、".join(dict.fromkeys([*lacking, *under_lacking]))
    aim = np.isfinite(target)
    share = rule.measure == "share"
    conditions: list[tuple[B, str, str]] = [
        (known & ~_all(aim, table), NOT_APPLICABLE, "indicator.information"),
        (
            np.isnan(numerator) & (least > 0) & ~_all(aim, table),
            NOT_APPLICABLE,
            "indicator.share_of_city",
        ),
        (~_all(aim, table), NOT_APPLICABLE, "indicator.unknown_information"),
        ((base == 0) & sure, NOT_APPLICABLE, "indicator.nothing"),
        (~known & _all(bool(summed), table), UNKNOWN, "indicator.counties"),
        (np.isnan(numerator) & (base > 0), UNKNOWN, "indicator.not_counted"),
        (~known, UNKNOWN, "indicator.no_figures"),
        (~sure, UNKNOWN, "indicator.undeclared"),
        ((numerator < least) & part_year, UNKNOWN, "indicator.part_year"),
        (numerator < least, NOT_MET, "indicator.short"),
        ((value > 1) & share, MET, "indicator.suspicious"),
    ]
    told = [condition for condition, _, _ in conditions]
    return table.assign(
        indicator=rule.id,
        value=value,
        denominator=base if rule.denominator else np.nan,
        target=target,
        state=np.select(told, [state for _, state, _ in conditions], MET),
        message=np.select(told, [message for _, _, message in conditions], "indicator.met"),
        subject_kind=kind,
        required=required,
        needed=needed,
        missing=summed,
    )


def _all(said: object, table: pd.DataFrame) -> B:
    return np.full(len(table), bool(said))


def _subjects(rule: IndicatorRule, facts: Facts, kind: str) -> pd.DataFrame:
    if kind == "unit":
        return counts.units(facts, headcounts=rule.headcounts)
    if kind == "county":
        return counts.counties(facts)
    code = facts.adcode or facts.name
    return pd.DataFrame({"subject": [code], "name": [facts.name], "adcode": [facts.adcode]})


def _known(
    count: str, rule: IndicatorRule, facts: Facts, subjects: pd.DataFrame, *, kind: str
) -> tuple[pd.DataFrame, list[str]]:
    if kind == "city":
        return counts.of_city(count, rule, facts, subjects)
    of = counts.of_units if kind == "unit" else counts.of_counties
    return of(count, rule, facts, subjects), []


def _slow(rule: IndicatorRule) -> bool:
    listed = {"stations", "stations_on_platform", "units", "units_on_platform"}
    return rule.denominator in counts.SLOW | listed


def _paired(over: pd.DataFrame, under: pd.DataFrame, *, slow: bool, yearly: bool) -> pd.DataFrame:
    """Choose for every subject the numerator and the denominator that go together.

    `slow` is whether an older denominator is as good as one of the numerator's period, `yearly`
    whether a whole year stands before a newer part of one.
    """
    over = over.rename(columns={"value": "numerator"})
    under = under.rename(columns={"value": "base", "period": "base_period"})
    both = over.merge(under, on="subject", how="outer", suffixes=("", "_base"))
    at = both["period"].map(counts.order).to_numpy()
    base_at = both["base_period"].map(counts.order).to_numpy()
    later = (base_at > at) & (at >= 0)
    both = both.assign(
        _unlike=(at != base_at) & (not slow),
        _part=~both["period"].map(counts.is_year) & yearly,
        _at=-at,
        _later=later,
        _near=np.where(later, base_at, -base_at),
    )
    keys = ["subject", "_unlike", "_part", "_at", "_later", "_near"]
    both = both.sort_values(keys, kind="stable")
    both = both.drop_duplicates("subject", ignore_index=True)
    sources = zip(both["source"].fillna(""), both["source_base"].fillna(""), strict=True)
    return pd.DataFrame(
        {
            "subject": both["subject"],
            "period": both["period"],
            "base_period": both["base_period"],
            "numerator": both["numerator"],
            "base": both["base"],
            "sure": (both["sure"].fillna(value=True) & both["sure_base"].fillna(value=True)),
            "source": ["; ".join(dict.fromkeys(filter(None, pair))) for pair in sources],
        }
    )


def _batch(rule: IndicatorRule, facts: Facts, table: pd.DataFrame, *, kind: str) -> Batch:
    shapes = facts.districts.drop_duplicates("adcode").set_index("adcode")["geometry"]
    geometry = table["subject"].map(shapes.to_dict()).astype(object)
    scale = 100.0 if rule.measure == "share" else 1.0
    return Batch(
        rule,
        _SUBJECT_KINDS[kind],
        subject_id=table["subject"].to_numpy(dtype=object),
        subject_name=table["name"].to_numpy(dtype=object),
        adcode=table["adcode"].to_numpy(dtype=object),
        geometry=geometry.where(geometry.notna(), None).to_numpy(dtype=object),
        state=table["state"].to_numpy(dtype=object),
        message=table["message"].to_numpy(dtype=object),
        messages=MESSAGES,
        params={
            "name": words.names(table["name"], table["subject"]),
            "indicator": rule.name,
            "value": _shown(table["value"], rule),
            "target": _shown(table["target"], rule),
            "basis": _bases(rule, table),
            "needed": _whole(table["needed"]),
            "required": _whole(table["required"]),
            "counted": Said(counts.LABELS[rule.numerator]),
            "missing": _missing(rule, table),
            "counties": table["missing"].to_numpy(dtype=object),
        },
        measured=table["value"] * scale,
        limit=table["target"] * scale,
        unit="%" if rule.measure == "share" else "h" if _hours(rule) else "",
        assumed=bool(rule.assumed),
    )


def _missing(rule: IndicatorRule, table: pd.DataFrame) -> NDArray[np.object_]:
    """Name the counts that are missing; the denominator where it is nought."""
    numerator, base = Said(counts.LABELS[rule.numerator]), None
    if rule.denominator is not None:
        base = Said(counts.LABELS[rule.denominator])
    found = np.empty(len(table), dtype=object)
    without = table["numerator"].isna(), ~(table["denominator"] > 0)
    for row, (no_numerator, no_base) in enumerate(zip(*without, strict=True)):
        said = [numerator] if no_numerator else []
        found[row] = words.Several([*said, *([base] if base and no_base else [])])
    return found


def _bases(rule: IndicatorRule, table: pd.DataFrame) -> NDArray[np.object_]:
    """Say what an indicator was worked out from, and of which periods."""
    labels = counts.LABELS[rule.numerator], counts.LABELS.get(rule.denominator or "", "")
    found = np.empty(len(table), dtype=object)
    fields = ["numerator", "period", "denominator", "base_period"]
    for row, (over, period, under, base_period) in enumerate(table[fields].itertuples(index=False)):
        amounts = zip(labels, (over, under), (period, base_period), strict=True)
        found[row] = words.Several(
            [_amount(label, number, at) for label, number, at in amounts if number == number]
        )
    return found


def _amount(label: str, number: float, period: object) -> Said:
    dated = isinstance(period, str) and period != ""
    return Said(_AMOUNTS[dated], counted=Said(label), number=_number(number), period=period)


def _shown(values: pd.Series, rule: IndicatorRule) -> NDArray[np.object_]:
    """Say values in two decimals, rounded down: none that falls short reads as its target."""
    percent = rule.measure == "share"
    scaled = np.floor(np.round(values.to_numpy(float) * (10_000 if percent else 100), 6)) / 100
    shown = [f"{value:,.2f}".removesuffix("0").removesuffix(".0") for value in scaled]
    found = np.empty(len(shown), dtype=object)
    found[:] = [f"{text}%" if percent else text for text in shown]
    if _hours(rule):
        found[:] = [Said(_HOURS, value=text) for text in shown]
    return found


def _hours(rule: IndicatorRule) -> bool:
    return rule.measure == "mean" and rule.numerator == "hours"


def _whole(values: pd.Series) -> NDArray[np.object_]:
    return np.array([_number(value) for value in values], dtype=object)


def _number(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")
