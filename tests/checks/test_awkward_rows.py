"""Every tabular rule of every pack on rows with anything missing: no error, one finding each."""

import numpy as np
import pytest
from facts_builder import facts, place

from stationmap.checks import RULE_KINDS
from stationmap.checks.findings import STATES, frame
from stationmap.standards import Item, available, load

KINDS = ("hierarchy", "naming", "activity", "services", "unit", "indicator", "checklist")
CITIES = {"simao-2015": "思茅区", "ordos-2018": "鄂尔多斯市", "changzhi-2021": "长治市"}


def holes(rng, rows, *, share):
    """Drop cells at random; ids of stations stay."""
    return [
        {
            key: None
            if key not in ("station_id", "x", "y", "state") and rng.random() < share
            else v
            for key, v in row.items()
        }
        for row in rows
    ]


def town(pack, rng, *, share, size=25):
    adcode = pack.adcode
    county = adcode if not adcode.endswith("00") else adcode[:4] + "02"
    pick = lambda *values: values[rng.integers(len(values))]  # noqa: E731
    types = [t.id for t in pack.site_types]
    items = [i.id for i in pack.items] or ["none"]
    ids = [f"S{k}" for k in range(size)]
    rows = {
        "stations": [
            {"station_id": s, "name": pick("长治市站", "站", "A"), "type": pick(*types),
             "adcode": pick(county, adcode, "999999", county + "001"), "parent_id": pick(*ids, "?"),
             "unit_id": pick("U1", "U9"), "unit": pick("某局", "长治市某局"), "platform_id": "7",
             "opened_on": pick("2026-02-03", "2026", "去年", "2026-13-45"),
             "status": pick("active", "active", "closed"), "x": k * 10.0, "y": 0.0}
            for k, s in enumerate(ids)
        ],
        "facilities": [
            {"category": pick("library", "hospital", "park"), "name": "馆", "adcode": county,
             "geometry": place(k * 10.0, 5.0)}
            for k in range(size)
        ],
        "units": [
            {"name": pick("某局", "市纪委", "乙"), "adcode": county, "platform_id": "3",
             "civilised": pick(True, False), "organisation": pick(True, False), "headcount": 5.0}
            for _ in range(size)
        ],
        "projects": [
            {"station_id": pick(*ids), "name": pick("甲", "乙"), "service": pick("讲解", "家政"),
             "published": pick("online", "online;offline")}
            for _ in range(size)
        ],
        "activities": [
            {"station_id": pick(*ids), "unit_id": "U1", "date": f"2026-0{rng.integers(1, 7)}-15"}
            for _ in range(size)
        ],
        "counts": [
            {"subject": pick(county, adcode, "999999", "U1", "某局"),
             "subject_kind": pick("district", "unit"), "period": pick("2024", "2025H1", "?", ""),
             "count": pick("registered", "population", "active", "hours", "headcount",
                           "staff_registered", "trainings", "units", "stations"),
             "value": float(rng.integers(0, 9))}
            for _ in range(size)
        ],
        "districts": [
            {"adcode": pick(county, adcode, "999999"), "name": pick("某区", "某县"), "level": 6.0,
             "population": 100.0}
            for _ in range(2)
        ],
        "zones": [
            {"kind": "civilised_unit", "name": pick("某局", "校"), "adcode": county}
            for _ in range(3)
        ],
        "inspections": [
            {"station_id": pick(*ids, "?"), "item": pick(*items, "?"),
             "part": int(rng.integers(-1, 9)),
             "state": pick(*STATES), "at": f"2026-05-{rng.integers(1, 29):02d}"}
            for _ in range(size)
        ],
    }  # fmt: skip
    made = {key: holes(rng, value, share=share) for key, value in rows.items()}
    for row in made["stations"]:
        row["status"] = row["status"] or "active"
    for row in made["inspections"]:
        row["part"] = row["part"] or 0
    layers = ("stations", "units", "projects", "activities", "civilised_unit")
    declared = [layer for layer in layers if rng.random() < 0.5]
    name = CITIES.get(pack.id, "某市")
    return facts(pack=pack, name=name, adcode=adcode, complete=declared, **made)


@pytest.mark.parametrize("pack_id", available())
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_no_row_is_too_poor(pack_id, share):
    pack = load(pack_id)
    rng = np.random.default_rng(len(pack_id) + int(10 * share))
    entries = [rule for rule in pack.entries() if rule.kind in KINDS]
    for size in (25,) if share else (25, 0):
        known = town(pack, rng, share=share, size=size)
        for entry in entries:
            found = frame(RULE_KINDS[entry.kind].check(entry, known), lang="zh")
            assert found["finding_id"].is_unique, entry.id
            assert set(found["state"]) <= set(STATES)
            assert found["message"].notna().all()
            assert not found["message"].str.contains("nan|None|NaT").any(), entry.id
            if isinstance(entry, Item):
                own = known.active["type"].isin(entry.site_types or known.active["type"])
                assert len(found) == own.sum()
