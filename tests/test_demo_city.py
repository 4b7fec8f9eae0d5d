"""The demo city: regenerated alike, a credible and labelled town, and what is planted is found."""

import ast
import datetime as dt
import gzip
import json
import math
import re
import tomllib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import openpyxl
import osmium
import pandas as pd
import pytest
import shapely

import stationmap
from geodata import generate
from geodata.cli import ACCOUNTS, ADCODE, DEMO, SOURCE, TO_TRY, demo
from geodata.untidy import gcj02
from stationmap.city import City
from stationmap.city.photos import Photos
from stationmap.cli.run import run
from stationmap.crs import convert, local_crs
from stationmap.errors import CityError
from stationmap.inspections import VISITS, orders
from stationmap.stations import counting
from stationmap.store import accounts, passwords

PLANTED = json.loads((DEMO / "planted.json").read_text(encoding="utf-8"))
LABEL = "合成数据（演示）synthetic"
STRETCHES = {stretch["id"]: stretch for stretch in PLANTED["stretches"]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "demo-city"
    assert run(["demo", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def city(folder):
    return City.open(folder)


@pytest.fixture(scope="module")
def tags():
    """Tags of every tagged object: (kind, number) → tags."""
    objects = osmium.FileProcessor(str(DEMO / "demo-city.osm.gz"))
    return {(o.type_str(), o.id): dict(o.tags) for o in objects if len(o.tags)}


def having(tags, **wanted):
    """Tags of the objects with all the given values; True stands for any value."""
    return [
        t
        for t in tags.values()
        if all(k in t if v is True else t.get(k) == v for k, v in wanted.items())
    ]


# --------------------------------------------------------------------- files


def test_the_same_seed_makes_the_committed_files():
    made = generate.files()
    packed = (DEMO / "demo-city.osm.gz").read_bytes()
    assert gzip.decompress(packed) == made.pop("demo-city.osm")
    for name, content in made.items():
        assert (DEMO / name).read_bytes() == content, name


def test_the_files_are_small_and_carry_no_time():
    assert sum(f.stat().st_size for f in DEMO.iterdir()) < 1_500_000
    head = (DEMO / "demo-city.osm.gz").read_bytes()[:10]
    assert head[3] == 0, "no name in the gzip header"
    assert head[4:8] == bytes(4), "no time in the gzip header"


def test_every_reference_of_the_osm_file_is_in_it():
    nodes, ways = set(), set()
    for entity in osmium.FileProcessor(str(DEMO / "demo-city.osm.gz")):
        if entity.is_node():
            nodes.add(entity.id)
        elif entity.is_way():
            ways.add(entity.id)
            refs = [n.ref for n in entity.nodes]
            assert len(refs) > 1
            assert nodes.issuperset(refs)
            assert all(a != b for a, b in pairwise(refs)), entity.id
        else:
            known = {"n": nodes, "w": ways}
            assert entity.members
            assert all(m.ref in known[m.type] for m in entity.members), entity.id
    assert nodes == set(range(1, len(nodes) + 1))


def test_everything_says_that_it_is_synthetic(city):
    text = gzip.decompress((DEMO / "demo-city.osm.gz").read_bytes())[:600].decode()
    assert "Synthetic data" in text
    assert "并非真实地点" in text
    for file in DEMO.glob("*.csv"):
        rows = file.read_text(encoding="utf-8-sig").splitlines()
        assert all(row.endswith(LABEL) for row in rows[1:]), file.name
    for file in DEMO.glob("*.geojson"):
        features = json.loads(file.read_text(encoding="utf-8"))["features"]
        assert all(f["properties"]["备注"] == LABEL for f in features), file.name
    assert "合成数据" in city.config.name
    assert set(city.stations()["source"]) == {SOURCE}
    assert set(city.layer("shops")["source"]) == {SOURCE}
    for layer in ("facilities", "zones"):
        assert city.layer(layer)["source"].str.startswith(SOURCE).all()


def test_every_file_says_where_it_comes_from_and_on_what_terms():
    sources = tomllib.loads((DEMO.parent / "sources.toml").read_text("utf-8"))["source"]
    told = {entry["file"].removeprefix("demo/"): entry for entry in sources}
    assert generate.files().keys() - {"demo-city.osm"} <= told.keys()
    assert told.keys() - {"map.png"} <= {file.name for file in DEMO.iterdir()}
    for entry in told.values():
        assert entry["synthetic"] is True
        assert entry["licence"] == "CC0-1.0"
    stations = (DEMO / "stations.csv").read_text("utf-8-sig").splitlines()
    assert told["stations.csv"]["what"].startswith(f"{len(stations) - 1} stations")


def test_nobody_is_named_and_no_number_is_anybodys():
    """Posts and units, counts of volunteers: no column for people, no telephone, no identity."""
    headings = (Path(stationmap.__file__).parent / "io" / "headings.toml").read_text("utf-8")
    people = set(tomllib.loads(headings)["persons"]["headings"])
    for file in [*DEMO.glob("*.csv"), *DEMO.glob("*.geojson")]:
        text = file.read_text(encoding="utf-8-sig")
        assert people.isdisjoint(text.partition("\n")[0].strip().split(",")), file.name
        assert not re.search(r"(?<![\d.])1[3-9]\d{9}(?!\d)", text), file.name
        assert not re.search(r"(?<![\d.])\d{17}[\dX](?!\d)", text), file.name


def test_what_makes_the_data_knows_no_check():
    """What is planted is a list of its own, not what the engine found."""
    for file in sorted(Path(generate.__file__).parent.glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        modules = {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        # the command, stations for other cities, and visits of a city that is made
        if file.stem not in ("cli", "synthetic", "inspecting"):
            assert not [m for m in modules if m.startswith("stationmap")], file.name


# --------------------------------------------------------------------- town


def test_all_of_it_is_imported(city):
    assert not list((city.path / "quarantine").glob("*"))
    stations = city.stations()
    assert 640 <= len(stations) <= 660
    assert stations["station_id"].is_unique
    assert set(stations["type"]) == {"home", "kiosk", "post", "point", "square"}
    assert set(stations["status"]) == {"active", "planned", "suspended", "closed"}
    assert stations["supplies"].notna().sum() > 500
    assert stations["hours"].notna().sum() > 400
    assert stations.geometry.isna().sum() == 6


LISTS = ("units", "projects", "activities", "counts", "exemptions")


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_the_office_are_there(city, name):
    table = city.now().table(name)
    assert table["source"].str.startswith(SOURCE).all()
    assert len(table) >= {"exemptions": 2, "units": 50}.get(name, 150)


def test_all_that_is_whole_is_declared_so(city):
    now = city.now()
    types = [f"stations:{kind.id}" for kind in city.pack.site_types]
    zones = ["community", "subdistrict", "compound", "civilised_unit", "built_up"]
    for layer in ("shops", "facilities", "units", "projects", "activities", *zones, *types):
        assert now.complete(layer), layer


def test_zones_fit_one_another(city):
    zones = city.now().zones().to_crs(local_crs([118.76, 118.84], [28.63, 28.69]))
    kinds = dict(tuple(zones.groupby("kind")))
    communities, compounds = kinds["community"], kinds["compound"]
    assert Counter(communities["urban"]) == {True: 20, False: 8}
    assert len(kinds["subdistrict"]) == 6
    whole = communities.union_all()
    assert communities.area.sum() == pytest.approx(whole.area, abs=1.0)
    assert kinds["subdistrict"].union_all().symmetric_difference(whole).area < 1.0
    assert compounds.within(kinds["built_up"].union_all()).all()
    assert compounds.area.sum() == pytest.approx(compounds.union_all().area, abs=0.1)
    assert zones.geometry.is_valid.all()


def test_subjects_of_what_is_planted_are_there(city):
    now = city.now()
    known = {
        "facility": set(now.facilities()["id"]),
        "station": set(city.stations()["station_id"]),
        "unit": set(now.table("units")["id"]),
        "area": {*now.zones()["id"], *city.layer("districts")["adcode"]},
        "city": {ADCODE},
    }
    for violation in PLANTED["violations"]:
        assert violation["subject_id"] in known[violation["subject_kind"]], violation["id"]
    assert known["station"].issuperset(PLANTED["points_in_doubt"])


def test_streets_have_all_that_makes_streets_difficult(city, tags):
    ways = city.layer("ways")
    assert having(tags, junction="roundabout")
    assert having(tags, highway="trunk_link", oneway="yes")
    assert having(tags, oneway="-1")
    assert ways["tunnel"].sum() >= 1
    assert set(ways.loc[ways["bridge"], "name"]) == {"礼贤路", "东门路", "环城大道"}
    assert (ways["name"].isna() & (ways["highway"] == "secondary")).any()
    assert (ways["highway"] == "pedestrian").sum() >= 3
    assert set(city.layer("areas")["kind"]) == {"retail"}
    named = ways[ways["name"].notna() & (ways["highway"] != "footway")]
    assert named["name_en"].notna().all()
    pieces = named.groupby("name").size()
    assert pieces["信安大街"] > 5, "streets are cut into ways"


def test_ways_of_a_street_run_in_both_directions(city):
    ways = city.layer("ways")
    street = ways[(ways["name"] == "信安大街") & (ways["oneway"] == 0)]
    east = [line.coords[-1][0] > line.coords[0][0] for line in street.geometry]
    assert 0 < sum(east) < len(east)


def test_ring_and_trunk_roads_are_measured_once(city):
    streets = city.streets()
    parts = streets.parts.set_index("name")
    ring = parts.loc["环城大道"]
    assert ring["closed"]
    assert 13_500 < ring["length_m"] < 14_500
    trunk = parts.loc["迎宾大道"]
    assert 1_050 < trunk["length_m"] < 1_250
    assert streets.raw_m - parts["length_m"].sum() > 15_000
    assert not parts["closed"].drop("环城大道").any() or "新城环岛" in parts.index


def test_buses_run_by_relations_and_by_stops_alone(city, tags):
    assert len(having(tags, type="route", route="bus")) == 8
    assert city.layer("ways")["bus"].sum() > 30
    assert len(city.layer("bus_stops")) > 80
    stretches = city.streets().stretches.merge(
        city.streets().parts[["name"]], left_on="line", right_index=True
    )
    by_stops = stretches[stretches["name"] == "启明路"]
    assert (by_stops["street_class"] == "bus_route").any()


def test_a_walking_network_joins_the_streets(tags):
    for kind in ({"footway": "sidewalk"}, {"footway": "crossing"}, {"highway": "steps"}):
        assert len(having(tags, **kind)) > 30, kind
    assert len(having(tags, highway="crossing")) > 300


def test_shops_are_of_many_kinds_and_some_stand_empty(city, tags):
    shops = city.layer("shops")
    assert shops["category"].nunique() > 30
    assert (shops.geom_type == "Polygon").sum() > 50
    assert len(having(tags, shop="vacant")) > 20
    assert not shops["category"].isin(["vacant"]).any()
    old_town = shapely.box(118.7935, 28.6553, 118.8085, 28.6655)
    dense = shapely.contains(old_town, shapely.centroid(shops.geometry.to_numpy())).mean()
    assert dense > 0.25, "a quarter of the shops on a tenth of the town"


CATEGORIES = """
park square scenic hospital railway_station bus_station government_hall library museum memorial
youth_palace culture_hall theatre court police exit_entry_hall social_security traffic_office bank
post telecom electricity gas community_centre mall school
"""


@pytest.mark.parametrize("category", CATEGORIES.split())
def test_facilities_of_the_category_are_there(city, category):
    assert (city.layer("facilities")["category"] == category).any()


@pytest.mark.parametrize("word", ["志愿者工作指导中心", "工人文化宫", "老年大学", "儒学馆", "文庙"])
def test_facilities_that_only_their_name_tells_are_there(city, word):
    assert city.layer("facilities")["name"].str.contains(word, na=False).any()


def test_communities_tile_the_districts_and_the_districts_the_city(city):
    areas = city.layer("districts")
    crs = local_crs([118.76, 118.84], [28.63, 28.69])
    level = {n: areas[areas["level"] == n].to_crs(crs) for n in (5, 6, 10)}
    assert level[6]["adcode"].tolist() == ["339901", "339902"]
    assert level[5]["adcode"].tolist() == [ADCODE]
    whole = level[5].geometry.iloc[0]
    for tiles in (level[6], level[10]):
        assert tiles.area.sum() == pytest.approx(whole.area, abs=1.0)
        assert tiles.union_all().symmetric_difference(whole).area < 1.0
    for code, outline in zip(level[6]["adcode"], level[6].geometry, strict=True):
        inside = level[10][level[10]["adcode"].str.startswith(code)]
        assert inside.union_all().symmetric_difference(outline).area < 1.0


def test_the_adcodes_are_not_assigned(shared):
    text = shared("admin-codes/ok_data_level4.csv").read_text(encoding="utf-8-sig")
    ids = {line.split(",", 1)[0] for line in text.splitlines()}
    assert "3308" in ids
    assert not {"3399", "339900", "339901", "339902"} & ids


def test_the_town_lies_where_chinese_datums_apply():
    lon, lat = convert(118.80, 28.66, source="wgs84", target="gcj02")
    assert 300 < math.hypot((lon - 118.80) * 97_700, (lat - 28.66) * 110_800) < 800


# --------------------------------------------------------------------- planted


def at(city, stretch, *, with_planned=False):
    """Gaps at a planted stretch: those of its street within 3 m of its middle."""
    gaps = city.gaps(with_planned=with_planned).to_crs(city.streets().crs)
    place = gpd.GeoSeries.from_xy([stretch["lon"]], [stretch["lat"]], crs=4326)
    near = gaps.distance(place.to_crs(gaps.crs).iloc[0]) < 3.0
    return gaps[near & (gaps["street_name"] == stretch["street"])]


@pytest.mark.parametrize("name", STRETCHES)
def test_what_is_planted_is_found(city, name):
    stretch = STRETCHES[name]
    found = at(city, stretch)
    assert len(found) == stretch["gap"]
    if stretch["gap"]:
        assert found["length_m"].iloc[0] == pytest.approx(stretch["length_m"], abs=0.05)
        assert found["points_needed"].iloc[0] == stretch["points_needed"]


def test_a_planned_station_closes_its_gap_only_when_planned_ones_count(city):
    assert len(at(city, STRETCHES["planned"])) == 1
    assert at(city, STRETCHES["planned"], with_planned=True).empty
    for name in ("closed", "suspended", "kiosk", "beyond-snap", "to-locate"):
        assert len(at(city, STRETCHES[name], with_planned=True)) == 1, name


def test_decoys_are_what_they_are_planted_as(city):
    stations = city.stations().set_index("station_id")
    decoy = {n: stations.loc[s["decoy_station"]] for n, s in STRETCHES.items() if s["decoy"]}
    assert {n: decoy[n]["status"] for n in ("planned", "closed", "suspended")} == {
        n: n for n in ("planned", "closed", "suspended")
    }
    assert (decoy["kiosk"]["type"], decoy["kiosk"]["status"]) == ("kiosk", "active")
    assert decoy["to-locate"].geometry is None
    streets = city.streets()
    for name, away in (("beyond-snap", 31.0), ("within-snap", 29.0)):
        line = streets.parts.set_index("name").geometry.loc[STRETCHES[name]["street"]]
        place = gpd.GeoSeries([decoy[name].geometry], crs=4326).to_crs(streets.crs).iloc[0]
        assert line.distance(place) == pytest.approx(away, abs=0.02)
        assert decoy[name]["type"] == "point"
        assert decoy[name]["status"] == "active"


def test_corner_stations_stand_within_reach_of_both_streets(city):
    corners = PLANTED["corner_stations"]
    assert len(corners) > 10
    parts, twins = city.streets().parts, city.streets().twins
    lines = pd.concat([parts, twins.assign(name=parts["name"].loc[twins["line"]].to_numpy())])
    stations = city.stations().set_index("station_id").to_crs(parts.crs)
    for corner in corners:
        place = stations.geometry.loc[corner["station"]]
        for street in corner["streets"]:
            assert lines[lines["name"] == street].distance(place).min() <= 30.0


def test_about_two_fifths_of_the_frontage_are_covered(city):
    summary = city.spacing().summary()
    assert 50_000 < summary["frontage_m"] < 90_000
    assert summary["assumed_m"] == 0
    assert 0.35 < summary["covered_share"] < 0.45
    assert set(summary["by_class"]) == {"commercial", "main", "secondary", "bus_route"}
    assert set(summary["by_district"]) == {"339901", "339902"}
    needed = Counter(min(n, 4) for n in city.gaps()["points_needed"])
    assert all(needed[n] > 5 for n in (1, 2, 3, 4)), needed


def test_the_pedestrian_street_meets_the_rule(city):
    table = city.spacing().streets().set_index("name")
    assert table.loc["水门街", "gaps"] == 0
    assert table.loc["水门街", "covered_share"] == 1.0


def test_points_stand_at_shop_doors(city):
    stations = city.stations()
    points = stations[counting(stations, types=["point"])].to_crs(city.streets().crs)
    shops = city.layer("shops").to_crs(points.crs)
    nearest = points.sjoin_nearest(shops[["geometry"]], distance_col="away_m")["away_m"]
    assert (nearest < 0.5).mean() > 0.99


# --------------------------------------------------------------------- command


def test_making_it_again_changes_nothing_and_says_what_it_is(folder, city, capsys, monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "en")
    version = city.version
    assert run(["demo", str(folder)]) == 0
    assert City.open(folder).version == version
    said = capsys.readouterr().out
    assert "synthetic data, not a real place" in said
    assert f"{len(city.stations())} stations" in said


def test_nobody_can_sign_in_before_accounts_are_asked_for(city):
    """Those that write what people do are there, and disabled."""
    found = accounts.accounts(city.register)
    assert {a.name for a in found} == {name for name, *_ in ACCOUNTS}
    assert not any(a.active for a in found)


def test_accounts_of_every_role_get_new_passwords_each_time(folder, city, capsys, monkeypatch):
    monkeypatch.setenv("STATIONMAP_LANG", "zh")
    told = []
    for _ in range(2):
        assert run(["demo", str(folder), "--accounts"]) == 0
        told.append(re.findall(r"\w{4}(?:-\w{4}){3}", capsys.readouterr().out))
    assert [len(words) for words in told] == [len(ACCOUNTS)] * 2
    assert not set(told[0]) & set(told[1])
    found = accounts.accounts(city.register)
    assert {a.role for a in found} == set(accounts.ROLES)
    county = next(a for a in found if a.name == "zhili")
    assert passwords.is_right(city.register, county.id, told[1][1])
    assert not passwords.is_right(city.register, county.id, told[0][1])
    stations = city.register.rows("station")
    for account in found:
        if account.role != "unit":
            continue
        assert [s["name"] for s in stations if account.covers(s["adcode"], s["unit_id"])]


# --------------------------------------------------------------------- inspections


def test_the_demo_city_was_inspected_and_says_that_it_is_synthetic(city):
    inspections = city.register.rows("inspection")
    assert 50 <= len(inspections) <= 80
    assert {one["visit"] for one in inspections} == {*VISITS}
    assert {one["result"] for one in inspections} == {"met", "not_met", "unknown"}
    assert all(one["details"]["note"] == LABEL for one in inspections)
    assert [one["voided"] is not None for one in inspections].count(True) == 1
    today = city.now().today()
    days = [(today - dt.date.fromisoformat(one["at"][:10])).days for one in inspections]
    assert min(days) >= 0
    assert 365 < max(days) < 740


def test_its_orders_are_in_every_state_and_some_are_overdue(city):
    found = city.register.rows("rectification")
    assert {order["state"] for order in found} == {"open", "answered", "returned", "closed"}
    late = [order["id"] for order in found if orders.overdue(order, city.now().today())]
    assert 3 <= len(late) < len(found) / 2
    assert all(order["note"] == LABEL for order in found)
    unit = {unit for name, _, _, unit in ACCOUNTS if unit}
    assert [order for order in found if order["unit_id"] in unit and order["state"] == "open"]


def test_a_draw_is_laid_out_in_rounds_for_the_inspector_from_today_on(city):
    (drawn,) = city.register.rows("draw")
    rounds = city.register.rows("round")
    inspector = next(a for a in accounts.accounts(city.register) if a.name == "inspector")
    assert {one["inspector_id"] for one in rounds} == {inspector.id}
    assert sorted(s for one in rounds for s in one["stations"]) == sorted(
        one["id"] for one in drawn["drawn"]
    )
    first = min(dt.date.fromisoformat(one["day"]) for one in rounds)
    assert 0 <= (first - city.now().today()).days <= 2, "today, or after the weekend"


def test_the_photos_are_there_and_drawn(city):
    photos = city.register.rows("photo")
    assert len(photos) > 20
    kept = Photos(city.path)
    assert not list(kept.problems({one["id"]: one["sha256"] for one in photos}))


def test_the_demo_made_again_inspects_nothing_twice(folder, city):
    seq = city.register.seq()
    demo(folder)
    assert city.register.seq() == seq


# --------------------------------------------------------------------- a list to import


NEW = PLANTED["new_stations"]


@pytest.fixture(scope="module")
def tried(city):
    return city.import_file("stations", DEMO / "new-stations.xlsx", dry_run=True)


def test_the_list_to_import_has_the_faults_that_are_planted_and_no_other(tried):
    refused = sorted(entry.row for entry in tried.entries)
    assert refused == sorted([*map(int, NEW["quarantined"]), NEW["total_row"]])
    assert len({entry.refusal.reason for entry in tried.entries}) == len(refused)
    counts = tried.counts
    assert (counts.read, counts.quarantined) == (NEW["rows"], len(refused))
    assert counts.accepted == counts.read - counts.quarantined
    assert counts.to_locate == len(NEW["to_locate"])


def test_its_datum_is_told_by_the_facilities_that_stations_are_called_after(tried):
    assert (tried.datum, tried.decided) == (NEW["datum"], True)


@pytest.mark.parametrize("place", [(118.80, 28.66), (110.36, 21.27), (109.78, 39.61)])
def test_the_second_writing_of_the_datum_agrees_with_the_first(place):
    known = [float(v) for v in convert(*place, source="wgs84", target="gcj02")]
    assert gcj02(*place) == pytest.approx(known, abs=1e-6)


def test_it_lies_in_the_demo_city_s_folder(folder):
    assert (folder / TO_TRY).read_bytes() == (DEMO / TO_TRY).read_bytes()


def test_every_row_of_it_says_that_it_is_synthetic():
    book = openpyxl.load_workbook(DEMO / "new-stations.xlsx", read_only=True)
    title, headings, *rows, total = book[NEW["sheet"]].iter_rows(values_only=True)
    note = headings.index("备注")
    assert LABEL in title[0]
    assert total[0] == "合计"
    assert {row[note] for row in rows} == {LABEL}
    assert not {row[headings.index("联系电话")] for row in rows} - {None}
    assert {row[headings.index("联系人")] for row in rows} == {"值班岗"}
    assert "序号" in headings[0]


def test_another_city_is_left_alone(tmp_path):
    City.create(tmp_path / "other", standard="quzhou-2018")
    with pytest.raises(CityError, match="not the demo city"):
        demo(tmp_path / "other")
