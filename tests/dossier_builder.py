"""A dossier made by hand, every count in it known, for the tests of reports."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap import standards
from stationmap.checks.findings import Batch, frame
from stationmap.reports import Dossier, Source

PACK = standards.load("quzhou-2018")
LON, LAT = 118.80, 28.90
MESSAGES = {
    "t.met": "{name}有站",
    "t.not_met": "{name}无站",
    "t.unknown": "清单未声明齐全，不能判定",
    "t.not_applicable": "{name}已豁免",
}
# outcome by county: how many cases each rule has of each state
PRESENCE = {
    "330802": {"met": 5, "not_met": 25, "unknown": 2},
    "330803": {"met": 8, "not_applicable": 1},
}
PLACEMENT = {"330802": {"met": 3, "not_met": 1}}
ADVICE = {"330803": {"met": 1, "not_met": 4}}
NASTY = ("=1+1", "+86", "-3", "@SUM(A1)", "\t=2", "名\x07称<b>&\u0000")


def rule(rule_id: str, kind: str, **changes):
    found = next(r for r in PACK.rules if r.id == rule_id and r.kind == kind)
    return found.model_copy(update=changes)


RULES = (
    rule("Q-T2", "presence"),
    rule("Q-T2", "placement"),
    rule("Q-T5", "presence", force="advisory"),
)


def batch(of, cases, *, measured=np.nan) -> Batch:
    rows = [
        (code, state)
        for code, counts in cases.items()
        for state, count in counts.items()
        for _ in range(count)
    ]
    names = np.array([f"{of.id}-{of.kind}-{k}" for k in range(len(rows))], dtype=object)
    names[: len(NASTY)] = NASTY[: len(rows)]
    places = [
        shapely.Point(LON + 0.001 * k + (0.05 if code.endswith("3") else 0), LAT)
        for k, (code, _) in enumerate(rows)
    ]
    return Batch(
        rule=of,
        subject_kind="facility",
        subject_id=np.array([f"f{k}" for k in range(len(rows))], dtype=object),
        subject_name=names,
        adcode=np.array([code for code, _ in rows], dtype=object),
        geometry=np.array(places, dtype=object),
        state=np.array([state for _, state in rows], dtype=object),
        message=np.array([f"t.{state}" for _, state in rows], dtype=object),
        messages=MESSAGES,
        params={"name": names},
        measured=measured,
        limit=50.0,
        unit="m",
        assumed=True,
    )


def dossier(**changes) -> Dossier:
    """Three rules over two counties: 22 cases met, 26 not met, 4 advised, 2 unknown, 1 exempt."""
    batches = [
        batch(RULES[0], PRESENCE, measured=132.44),
        batch(RULES[1], PLACEMENT),
        batch(RULES[2], ADVICE),
    ]
    west, east = (
        shapely.box(LON - 0.01, 28.88, LON + 0.04, 28.92),
        shapely.box(LON + 0.04, 28.88, LON + 0.12, 28.92),
    )
    given = {
        "city": "衢州市",
        "adcode": "330800",
        "pack": PACK,
        "pack_sha256": "ab" * 32,
        "date": dt.date(2026, 3, 5),
        "findings": frame(batches, lang="zh"),
        "rules": RULES,
        "missing": [
            {"layer": "stations:kiosk", "name": "有礼亭清单", "rows": 0, "rules": ["Q-T2"]},
            {"layer": "community", "name": "社区", "rows": 7, "rules": ["Q-T5"]},
        ],
        "sources": [Source("=站点.xlsx", "站点", "2026-03-01", "cd" * 32, 812)],
        "districts": gpd.GeoDataFrame(
            {"adcode": ["330802", "330803"], "name": ["柯城区", "衢江区"]},
            geometry=[west, east],
            crs="EPSG:4326",
        ),
        "exemptions": pd.DataFrame(
            {
                "rule_id": ["Q-T2", "Q-T2"],
                "subject_id": ["f7", "n9"],
                "reason": ["改造", "撤并"],
                "approver": ["市文明办", "市文明办"],
                "until": [pd.Timestamp("2025-12-31"), pd.NaT],
                "valid": [False, True],
            }
        ),
    }
    return Dossier(**{**given, **changes})
