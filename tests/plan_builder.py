"""A plan made by hand, every figure in it known, for the tests of its report."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
from dossier_builder import PACK
from shapely import LineString, Point

from stationmap.checks.words import Said
from stationmap.planning.plan import PROPOSALS, UNCOVERABLE, Plan
from stationmap.reports import PlanDossier, Source

LON, LAT = 118.80, 28.90
NASTY = "=1+1<b>&\x07"
RULE = next(rule for rule in PACK.rules if rule.kind == "spacing")
WGS84 = "EPSG:4326"
METRIC = "EPSG:32650"


def point(k: float) -> Point:
    return Point(LON + 0.0005 * k, LAT)


def proposals(count: int = 3) -> gpd.GeoDataFrame:
    """Stations along two streets; the second host's name would be a formula, the last is free."""
    rows = []
    for k in range(count):
        kind = "free" if k == count - 1 else "shop"
        rows.append(
            {
                "proposal_id": f"{kind}:{k}",
                "rule_id": RULE.id,
                "type": RULE.site_type,
                "host_kind": kind,
                "host_id": None if kind == "free" else f"n{k}",
                "name": None if kind == "free" else NASTY if k == 1 else f"好店{k}",
                "category": None if kind == "free" else ("bakery", "no-such-kind")[k % 2],
                "suitability": 0.5,
                "street_id": f"330802-{'人民路' if k % 2 == 0 else 'w7'}",
                "street_name": "人民路" if k % 2 == 0 else "",
                "adcode": "330802" if k % 2 == 0 else "330803",
                "part": 1,
                "side": "both",
                "chainage_m": 100.4 + k,
                "also": "330802-w7" if k == 0 else "",
                "covers_m": 100.0,
                "adds": 0.0 if k == 1 else 90.0 / (k + 1),
                "order": k + 1,
                "geometry": point(k),
            }
        )
    return gpd.GeoDataFrame(rows, columns=list(PROPOSALS), geometry="geometry", crs=WGS84)


def uncoverable() -> gpd.GeoDataFrame:
    """Two stretches, for different reasons."""
    rows = [
        {
            "kind": "gap",
            "subject_id": "330802-人民路",
            "name": "人民路",
            "adcode": "330802",
            "part": 1,
            "side": "both",
            "from_m": 300.0 + 100 * k,
            "to_m": 380.0 + 100 * k,
            "length_m": 80.0,
            "weight": np.nan,
            "points_needed": 1,
            "reason": Said("{file}: no such output format", file=f"原因{k}") if k else "Planned",
            "geometry": LineString([point(6 + k), point(6.5 + k)]),
        }
        for k in range(2)
    ]
    return gpd.GeoDataFrame(rows, columns=list(UNCOVERABLE), geometry="geometry", crs=WGS84)


def plan(count: int = 3, **summary) -> Plan:
    """From 40 % to 80 % of 1000 m with `count` stations; 60 m more may be possible."""
    new = proposals(count)
    share = np.linspace(0.4, 0.8, count + 1)
    curve = pd.DataFrame(
        {
            "n": np.arange(count + 1),
            "value": share * 1000,
            "share": share,
            "bound": np.minimum(share * 1000 + 60, 860),
            "gap": 60 / (share * 1000 + 60),
        }
    )
    needed = new.iloc[:2].assign(
        proposal_id=["free:a", "free:b"],
        host_kind="free",
        host_id=None,
        name=None,
        category=None,
        order=pd.array([pd.NA, pd.NA], dtype="Int64"),
        adds=np.nan,
    )
    figures = {"frontage_m": 1000.0, "gaps": 5, "gap_m": 500.0, "points_needed": 5}
    told = {
        "kind": "spacing",
        "rule_id": RULE.id,
        "type": RULE.site_type,
        "unit": "m",
        "objective": count,
        "bound": count,
        "status": "optimal",
        "gap": 0.0,
        "proposals": count,
        "candidates": 12,
        "excluded": 2,
        "before": figures | {"covered_m": 400.0, "covered_share": 0.4},
        "after": figures | {"covered_m": 800.0, "covered_share": 0.8, "gaps": 2},
        "assumptions": ["Planned"],
        "budget": None,
    }
    return Plan(new, uncoverable(), needed, curve, told | summary)


def dossier(found: Plan | None = None, **changes) -> PlanDossier:
    """The plan in a town of two counties and one drawn street."""
    found = found or plan()
    streets = gpd.GeoDataFrame(
        {"street_id": ["330802-人民路", "330802-w7"], "name": ["人民路", ""], "part": [1, 1]},
        geometry=[
            LineString([point(0), point(9)]),
            LineString([point(1), Point(LON, LAT + 0.002)]),
        ],
        crs=WGS84,
    ).to_crs(METRIC)
    gaps = gpd.GeoDataFrame(
        {"gap_id": [f"g{k}" for k in range(5)], "length_m": 100.0},
        geometry=[LineString([point(k), point(k + 0.5)]) for k in range(5)],
        crs=WGS84,
    )
    counties = gpd.GeoDataFrame(
        {"adcode": ["330802", "330803"], "name": ["柯城区", "衢江区"]},
        geometry=[point(0).buffer(0.01), point(9).buffer(0.01)],
        crs=WGS84,
    )
    given = {
        "city": "测试市",
        "place": "",
        "pack": PACK,
        "pack_sha256": "0" * 64,
        "rule": RULE,
        "date": dt.date(2026, 3, 5),
        "plan": found,
        "conditions": ["条件一。", "条件二。"],
        "streets": streets,
        "other_streets": None,
        "districts": counties,
        "stations": gpd.GeoDataFrame({"station_id": ["a"]}, geometry=[point(3)], crs=WGS84),
        "before": gaps,
        "after": gaps.iloc[:2],
        "left_m": {n: 500.0 - 100 * n for n in range(len(found.curve))},
        "demand": None,
        "sources": [Source("streets.osm", "街道", "2026-03-01", "a" * 64, 9)],
    }
    return PlanDossier(**(given | changes))
