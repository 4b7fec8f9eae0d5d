"""The demo city's places, another standard on one city, exemptions: each worked out once more."""

import dataclasses
import datetime as dt
import json
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import small_city
from demo_check import make
from reference import places
from reference.places import Place, Station, Town
from test_agreement_places import PACKS, compare

from geodata.cli import DEMO
from stationmap import City, load_pack
from stationmap.checks import whole
from stationmap.crs import to_metric
from stationmap.streets.junctions import junctions

CITY = "339900"
COUNTIES = ("339901", "339902")
# the town's own types in the words of the other standards
AS = {
    "quzhou-2018": {},
    "changzhi-2021": {
        "home": "station",
        "kiosk": "station",
        "post": "station",
        "square": "station",
    },
    "zhanjiang-2018": dict.fromkeys(("home", "kiosk", "post", "point", "square"), "station"),
    "ordos-2018": {"home": "head"} | dict.fromkeys(("kiosk", "post", "point", "square"), "station"),
    "simao-2015": dict.fromkeys(("home", "kiosk", "post", "point", "square"), "station"),
}
ZONES = {
    "communities": ("community", "社区代码"),
    "subdistricts": ("subdistrict", "编号"),
    "compounds": ("compound", "小区编号"),
    "civilised-units": ("civilised_unit", "单位编号"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make(tmp_path_factory.mktemp("demo") / "demo-city")


def features(name):
    for row in json.loads((DEMO / f"{name}.geojson").read_text("utf-8"))["features"]:
        shape = row["geometry"] and shapely.from_geojson(json.dumps(row["geometry"]))
        yield row["properties"], shape


def zones() -> list[Place]:
    urban = {"城市社区": True, "农村社区": False}
    found = []
    for name, (kind, key) in ZONES.items():
        for told, shape in features(name):
            is_urban = urban.get(told.get("城乡") or "")
            found.append(Place(kind, told[key], told["行政区划代码"], shape, is_urban))
    return found


def as_result(streets):
    """The product's streets as the reference of places reads them."""
    parts = [
        SimpleNamespace(name=name, xy=list(line.coords), closed=closed, length=line.length)
        for name, line, closed in zip(
            streets.parts["name"], streets.parts.geometry, streets.parts["closed"], strict=True
        )
    ]
    twins = [[] for _ in parts]
    for line, twin in zip(streets.twins["line"], streets.twins.geometry, strict=True):
        twins[line].append(list(twin.coords))
    fronts = [
        SimpleNamespace(part=row.line, **{k: getattr(row, k) for k in row._fields[1:]})
        for row in streets.stretches[
            ["line", "from_m", "to_m", "street_class", "frontage"]
        ].itertuples(index=False)
    ]
    return SimpleNamespace(parts=parts, twins=twins, fronts=fronts)


def along_streets(answers, result) -> list[Place]:
    streets = answers.streets()
    found = junctions(streets)
    places_ = [
        Place("junction", id_, adcode, p, None, places.front_at(result, (m.x, m.y), reach_m=40.0))
        for id_, adcode, p, m in zip(
            found["id"], found["adcode"], found.to_crs(4326).geometry, found.geometry, strict=True
        )
    ]
    stops = answers.facts().bus_stops
    flat = to_metric(stops[["geometry"]], streets.crs).geometry
    return places_ + [
        Place("bus_stop", id_, adcode, p, None, places.front_at(result, (m.x, m.y), reach_m=30.0))
        for id_, adcode, p, m in zip(
            stops["id"], stops["adcode"], stops.geometry, flat, strict=True
        )
    ]


@pytest.fixture(scope="module")
def known(demo):
    """Everything of the demo city that has a place, and its streets."""
    answers = demo.now()
    frame = answers.facilities()
    found = [
        Place(kind, id_, adcode, shape)
        for kind, id_, adcode, shape in zip(
            frame["category"], frame["id"], frame["adcode"], frame.geometry, strict=True
        )
        if kind != "bus_stop"
    ]
    result = as_result(answers.streets())
    return found + zones() + along_streets(answers, result), result


@pytest.mark.parametrize("complete", ["as imported", "one county", "nothing"])
@pytest.mark.parametrize("pack_id", PACKS)
def test_places_of_the_demo_city_are_judged_as_the_law_says(demo, known, pack_id, complete):
    answers = demo.now()
    pack = load_pack(pack_id)
    facts = answers.facts(standard=pack)
    layers = ("stations", "facilities", "streets", "community", "subdistrict", "compound")
    layers += ("civilised_unit",)
    codes = {"as imported": ("*",), "one county": COUNTIES[:1], "nothing": ()}[complete]
    declared = dict.fromkeys(layers, codes)
    if complete != "as imported":
        facts = dataclasses.replace(facts, complete=lambda layer: declared.get(layer, ()))
    frame = answers.stations()
    frame = frame[frame["status"] == "active"]
    held = [
        Station(
            row.station_id,
            AS[pack_id].get(row.type, row.type),
            row.adcode if isinstance(row.adcode, str) else None,
            (row.geometry.x, row.geometry.y) if row.geometry else None,
            row.parent_id if isinstance(row.parent_id, str) else None,
        )
        for row in frame.itertuples()
    ]
    town = Town(
        adcode=CITY,
        counties=list(COUNTIES),
        places=known[0],
        stations=held,
        built_up=next(features("built-up"))[1],
        complete=declared,
        streets=known[1],
        has_streets=pack_id == "quzhou-2018",
        project=lambda lon, lat: (
            to_metric(gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs=4326), answers.crs())
            .geometry[0]
            .coords[0]
        ),
    )
    found = compare(facts, town)
    assert found.differ == {}


# ----------------------------------------------------------------------------- another standard


OWN_NAMES = {t.id: t.name.zh for t in load_pack("quzhou-2018").site_types}


def town(folder, *, standard: str, types: dict[str, str]) -> City:
    """The small town, its stations of all types, under a standard and in its words."""
    city = City.create(folder / standard, standard=standard, name="甲市", adcode="330800")
    city.import_file("osm", small_city.osm_file(folder / "town.osm"))
    pack = load_pack(standard)
    rows = [
        {"编号": f"A{k}", "名称": f"站{k}", "类型": pack.site_type(types.get(own, own)).name.zh}
        | {"经度": small_city.LON + k * 0.0007, "纬度": small_city.LAT - k % 3 * 0.0001}
        for k, own in enumerate(list(OWN_NAMES) * 3)
    ]
    file = small_city.table(folder / "list.csv", rows)
    city.import_file("stations", file, datum="wgs84", complete=True)
    boxes = [("甲社区", "城市社区", 0.0), ("乙村", "农村社区", 0.002), ("丙", "", 0.004)]
    features_ = [
        {
            "type": "Feature",
            "properties": {"社区代码": name, "社区名称": name, "城乡": urban},
            "geometry": json.loads(
                shapely.to_geojson(
                    shapely.box(
                        small_city.LON + east,
                        small_city.LAT - 0.001,
                        small_city.LON + east + 0.0018,
                        small_city.LAT + 0.001,
                    )
                )
            ),
        }
        for name, urban, east in boxes
    ]
    zones_file = folder / "communities.geojson"
    zones_file.write_text(json.dumps({"type": "FeatureCollection", "features": features_}))
    city.import_file("communities", zones_file, datum="wgs84", complete=True)
    return city


@pytest.mark.parametrize("pack_id", PACKS[1:])
def test_another_standard_says_what_a_city_of_its_own_says(tmp_path, pack_id):
    own = town(tmp_path, standard="quzhou-2018", types={})
    other = town(tmp_path, standard=pack_id, types=AS[pack_id])
    held = own.check(standard=load_pack(pack_id))
    there = other.check()
    columns = [c for c in held.findings.columns if c != "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(held.findings[columns]), pd.DataFrame(there.findings[columns])
    )
    assert held.findings.geometry.geom_equals(there.findings.geometry).sum() == (
        held.findings.geometry.notna().sum()
    )
    assert held.summary == there.summary


# ----------------------------------------------------------------------------- parts of a city


@pytest.mark.parametrize("district", ["339901", "339902", "339901001", "339900", "33", "330000"])
def test_a_district_has_the_findings_of_what_lies_in_it(demo, district):
    whole_city = demo.check().findings
    part = demo.check(district=district).findings
    stem = {"339900": "3399", "330000": "33"}.get(district, district)
    expected = {
        row.finding_id
        for row in whole_city.itertuples()
        if isinstance(row.adcode, str) and row.adcode[: len(stem)] == stem
    }
    assert expected
    assert set(part["finding_id"]) == expected


@pytest.mark.parametrize("pack_id", PACKS)
def test_a_city_without_streets_or_districts_leaves_what_hangs_on_them_unknown(tmp_path, pack_id):
    pack = load_pack(pack_id)
    city = City.create(tmp_path / "bare", standard=pack_id, adcode="330800")
    rows = [
        {
            "编号": t.id,
            "名称": t.id,
            "类型": t.name.zh,
            "经度": small_city.LON,
            "纬度": small_city.LAT,
        }
        for t in pack.site_types
    ]
    file = small_city.table(tmp_path / "stations.csv", rows)
    city.import_file("stations", file, datum="wgs84", complete=True)
    found = city.check().findings
    hanging = found[found["kind"].isin(["presence", "placement", "spacing"])]
    assert set(hanging["state"]) <= {"unknown"}
    asked = {r.id for r in pack.rules if r.kind in ("presence", "placement", "spacing")}
    assert set(hanging["rule_id"]) == asked


def test_a_standard_without_rules_says_nothing(tmp_path):
    city = small_city.make(tmp_path)
    pack = load_pack("simao-2015").model_copy(update={"rules": (), "items": ()})
    found = city.check(standard=pack)
    assert found.findings.empty
    assert found.summary["missing"] == []


# ----------------------------------------------------------------------------- exemptions


TODAY = dt.date(2026, 7, 1)
DAY = dt.timedelta(days=1)


def test_exemptions_spare_what_they_name_until_their_last_day(demo):
    answers = demo.now()
    facts = answers.facts(today=TODAY)
    none = answers.table("exemptions").iloc[:0]
    base = whole.check(answers.pack, facts, exemptions=none, lang="zh").findings
    gaps = answers.gaps()
    random = np.random.default_rng(8)
    rows = []
    for k in range(60):
        row = {"id": f"E{k}", "reason": "施工", "approver": "办公室", "source": "made up"}
        row |= {"from_m": np.nan, "to_m": np.nan, "rule_id": None}
        row["until"] = [None, TODAY - DAY, TODAY, TODAY + DAY][k % 4]
        if k % 2:
            gap = gaps.iloc[random.integers(len(gaps))]
            row["subject_id"] = gap["street_id"]
            off = random.choice([0.0, 0.01, -0.01])
            row["from_m"] = [np.nan, gap["from_m"] + off][random.integers(2)]
            row["to_m"] = [np.nan, gap["to_m"] - off][random.integers(2)]
        else:
            finding = base.iloc[random.integers(len(base))]
            row["subject_id"] = finding["subject_id"]
            rule_id = finding["rule_id"]
            row["rule_id"] = [None, rule_id, rule_id.split(".")[0], "Q-T"][random.integers(4)]
        rows.append(row)
    given = pd.DataFrame(rows).astype({"rule_id": object})
    given["until"] = pd.to_datetime(given["until"])
    found = whole.check(answers.pack, facts, exemptions=given, lang="zh").findings

    place = gaps.set_index("gap_id")[["street_id", "from_m", "to_m"]].to_dict("index")
    spared = 0
    for before, after in zip(base.itertuples(), found.itertuples(), strict=True):
        exempt = any(_spares(row, before, place.get(before.subject_id)) for row in rows)
        expected = "not_applicable" if exempt and before.state != "met" else before.state
        assert after.state == expected, (before.rule_id, before.subject_id)
        spared += after.state != before.state
    assert spared > 10


def _spares(row, finding, gap) -> bool:
    if row["until"] is not None and row["until"] < TODAY:
        return False
    rule_id = row["rule_id"]
    if rule_id and finding.rule_id != rule_id and not finding.rule_id.startswith(rule_id + "."):
        return False
    if row["subject_id"] == finding.subject_id:
        return True
    if gap is None or gap["street_id"] != row["subject_id"]:
        return False
    after = np.isnan(row["from_m"]) or gap["from_m"] >= row["from_m"]
    return bool(after and (np.isnan(row["to_m"]) or gap["to_m"] <= row["to_m"]))
