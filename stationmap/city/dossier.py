"""What a report of a city is made from, gathered from its answers."""

import hashlib
from collections.abc import Collection

import geopandas as gpd
import pandas as pd

from stationmap import indicators, standards, stations
from stationmap.checks.facts import stem
from stationmap.checks.whole import Check
from stationmap.city.answers import Answers
from stationmap.city.layers import LABELS
from stationmap.errors import CityError
from stationmap.messages import render
from stationmap.reports import Dossier, Frontage, Source
from stationmap.reports.supervision import Supervision
from stationmap.standards import Pack, SpacingRule

COUNTY_DIGITS = 6


def dossier(
    now: Answers,
    check: Check,
    *,
    rules: Collection[str] = (),
    district: str | None = None,
    supervision: Supervision | None = None,
    lang: str,
) -> Dossier:
    """Gather what `reports.write_findings` writes.

    Parameters
    ----------
    now : Answers
    check : Check
        Of `now`.
    rules, district
        As the check was asked for.
    supervision : Supervision, optional
        What is told of visits and orders; where the report is not for everybody.
    lang : str

    Raises
    ------
    CityError
        The city has no such district.
    """
    chosen = {entry.id for name in rules or (None,) for entry in check.pack.entries(name)}
    districts = counties(now.layer("districts"))
    city = now.config.name
    if district is not None:
        districts = _inside(districts, district)
        names = districts.loc[districts["adcode"] == district, "name"].dropna()
        city += "".join(names)
    return Dossier(
        city=city,
        adcode=district or now.config.adcode,
        pack=check.pack,
        pack_sha256=pack_sha256(now, check.pack),
        date=check.today,
        findings=check.findings,
        rules=[entry for entry in check.pack.entries() if entry.id in chosen],
        missing=[row for row in check.summary["missing"] if not chosen.isdisjoint(row["rules"])],
        sources=sources_of(now, lang=lang),
        districts=districts,
        streets=_streets(now, check),
        frontage=_frontage(check, district=district),
        indicators=_indicators(check, district=district),
        exemptions=check.exemptions[check.exemptions["rule_id"].isin(chosen)],
        supervision=supervision,
    )


def _indicators(check: Check, *, district: str | None) -> pd.DataFrame:
    found = indicators.frame(check.pack, check.facts)
    if district is None or found.empty:
        return found
    return found[found["adcode"].fillna("").astype("str").str.startswith(district)]


def pack_sha256(now: Answers, pack: Pack) -> str:
    """Return the hash of a pack's file: the city's own copy, or one that comes along; else ""."""
    if pack == now.pack:
        file = now.path / "packs" / f"{pack.id}.toml"
    elif pack.id in standards.available() and pack == standards.load(pack.id):
        file = standards.path_of(pack.id)
    else:
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def sources_of(now: Answers, *, lang: str) -> list[Source]:
    """Return what the city's data come from, import by import."""
    return [
        Source(
            file=record.file,
            kind=render(LABELS.get(record.kind, record.kind), {}, lang=lang),
            imported_on=record.imported_at[:10],
            sha256=record.sha256,
            rows=record.accepted,
        )
        for record in now.sources()
    ]


def counties(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out the city itself, and the communities in its counties."""
    code = districts["adcode"]
    counties = districts[(code.str.len() == COUNTY_DIGITS) & ~code.str.endswith("00")]
    return counties if len(counties) else districts


def _inside(districts: gpd.GeoDataFrame, district: str) -> gpd.GeoDataFrame:
    found = districts[districts["adcode"].str.startswith(stem(district))]
    if found.empty:
        known = [
            f"{r.adcode} {r.name_}"
            for r in districts.rename(columns={"name": "name_"}).itertuples()
        ]
        raise CityError(
            "there is no district {district} in this city; its districts: {known}",
            district=district,
            known=", ".join(known) or "–",
        )
    return found


def _streets(now: Answers, check: Check) -> gpd.GeoDataFrame | None:
    streets = check.facts.streets()
    if streets is None and now.has_spacing:
        streets = now.streets()
    if streets is not None:
        return streets.parts
    ways = now.layer("ways")
    return ways if len(ways) else None


def _frontage(check: Check, *, district: str | None) -> Frontage | None:
    """Return what the pack's spacing rule found, in the whole city or in one district of it."""
    if not check.summary["coverage"]:
        return None
    row = check.summary["coverage"][0]
    rule: SpacingRule = check.pack.rule(row["rule_id"])
    streets, spacing = check.facts.streets(), check.facts.spacing(rule.id)
    if streets is None or spacing is None:
        return None
    gaps, summary, met = spacing.gaps(rule), row["built"], row["met"]
    effective = row["effective"]
    if district is not None:
        gaps = gaps[gaps["adcode"].fillna("").str.startswith(district)]
        summary, met = summary["by_district"].get(district), None
        effective = effective and effective["by_district"].get(district)
        if summary is None:
            return None
    known, every = streets.shop_stretches, check.facts.stations
    return Frontage(
        rule=rule,
        summary=summary,
        effective=effective,
        gaps=gaps,
        stations=every[stations.counting(every, types=rule.counts)],
        known_m=float((known["to_m"] - known["from_m"]).sum()),
        met=met,
    )
