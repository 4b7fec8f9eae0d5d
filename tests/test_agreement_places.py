"""Presence, placement and counts of all standards are those of the law worked out by brute force.

The reference (``reference.places``) measures geodesics, one station and one place at a time, and
finds junctions and frontage on streets of its own. Real streets and facilities of Nanjing get
stations, communities, compounds and counties made up here, always the same ones.
"""

import dataclasses
import itertools
import json
import math
import unicodedata
from collections import Counter
from functools import cache
from types import SimpleNamespace

import facts_builder as small
import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
import street_builder
from reference import City as Drawn
from reference import Rule, Way, places, solve
from reference.places import Place, Station, Town

from stationmap import City, load_pack
from stationmap import stations as station_frames
from stationmap.checks import findings, run
from stationmap.io import osm
from stationmap.standards import CountRule, PlacementRule, PresenceRule
from stationmap.streets.junctions import frontage_at, junctions

PACKS = ("quzhou-2018", "changzhi-2021", "zhanjiang-2018", "ordos-2018", "simao-2015")
KINDS = ("presence", "placement", "count")
NANJING = "osm-nanjing-downtown/nanjing_downtown.osm.pbf"
CITY = "320100"
COUNTIES = ("320102", "320104", "320105", "320106")
WEST, SOUTH, EAST, NORTH = 118.767, 32.034, 118.796, 32.054  # the dense middle of the extract
MIDDLE = (118.7815, 32.0437)
GEOD = pyproj.Geod(ellps="WGS84")
LIMIT_M = 50.0
MM = 0.001
CM = 0.01  # what a long edge of an outline bends by from one plane to another
HIGHWAYS = (
    "trunk primary secondary tertiary unclassified residential living_street pedestrian busway road"
)


# ----------------------------------------------------------------------------- a town


def counties() -> dict[str, shapely.Polygon]:
    """Four counties that meet in the middle and hold everything."""
    lon, lat = MIDDLE
    west, east, south, north = 118.0, 119.5, 31.5, 32.6
    return dict(
        zip(
            COUNTIES,
            (
                shapely.box(west, lat, lon, north),
                shapely.box(lon, lat, east, north),
                shapely.box(west, south, lon, lat),
                shapely.box(lon, south, east, lat),
            ),
            strict=True,
        )
    )


def grid(random, columns: int, rows: int) -> list[shapely.Polygon]:
    """Crooked quadrangles that tile the middle of the town."""
    lon = np.linspace(WEST, EAST, columns + 1)[:, None] + np.zeros(rows + 1)
    lat = np.linspace(SOUTH, NORTH, rows + 1)[None, :] + np.zeros((columns + 1, 1))
    lon += random.uniform(-0.0008, 0.0008, lon.shape)
    lat += random.uniform(-0.0008, 0.0008, lat.shape)
    corners = ((0, 0), (1, 0), (1, 1), (0, 1))
    return [
        shapely.Polygon([(lon[i + a, j + b], lat[i + a, j + b]) for a, b in corners])
        for i, j in itertools.product(range(columns), range(rows))
    ]


def zones() -> list[Place]:
    """Communities, sub-districts, compounds and civilised units; some are only listed."""
    random = np.random.default_rng(320100)
    found = []
    for k, shape in enumerate(grid(random, 7, 5)):
        lost = k % 11 == 5
        found.append(
            Place("community", f"SQ{k}", None, None if lost else shape, (True, False, None)[k % 3])
        )
    found.append(Place("community", "SQ-point", None, shapely.Point(118.7811, 32.0412), True))
    for k, shape in enumerate(grid(random, 2, 3)):
        found.append(Place("subdistrict", f"JD{k}", None, shape))
    for kind, number in (("compound", 24), ("civilised_unit", 24)):
        lon, lat = random.uniform(WEST, EAST, number), random.uniform(SOUTH, NORTH, number)
        for k in range(number):
            at = shapely.Point(lon[k], lat[k])
            shape = at if k % 4 == 3 else at.buffer(random.uniform(2e-4, 1e-3), quad_segs=3)
            if kind == "civilised_unit" and k % 8 == 0:
                shape = None
            found.append(Place(kind, f"{kind}{k}", None, shape))
    return [
        dataclasses.replace(p, adcode=where(p.shape) or COUNTIES[k % 4])
        for k, p in enumerate(found)
    ]


def built_up() -> shapely.MultiPolygon:
    """The built-up area in two pieces."""
    return shapely.MultiPolygon(
        [
            shapely.box(118.771, 32.036, 118.7795, 32.050),
            shapely.box(118.782, 32.031, 118.79, 32.047),
        ]
    )


def where(shape) -> str | None:
    """The county in which a place, or the point that speaks for it, lies."""
    if shape is None:
        return None
    point = shape if shape.geom_type == "Point" else shape.representative_point()
    return next((code for code, area in counties().items() if area.intersects(point)), None)


def scattered(hosts: list, types: list[str], *, seed: int) -> list[dict]:
    """Stations at, just within, just beyond and far from places; some not in operation."""
    random = np.random.default_rng(seed)
    rows = []
    for shape in hosts:
        for _ in range(random.integers(1, 4)):
            outline = shapely.get_coordinates(shape)
            lon, lat = outline[random.integers(len(outline))]
            metres = random.choice(
                [0.0, LIMIT_M - MM, LIMIT_M, LIMIT_M + MM, random.uniform(5, 200)]
            )
            if metres == 0.0 and len(outline) > 1:
                metres = random.uniform(0.5, 20.0)  # a corner is neither in nor out
            lon, lat, _ = GEOD.fwd(lon, lat, random.uniform(0, 360), metres)
            if random.random() < 0.2:
                inside = shapely.point_on_surface(shape)
                lon, lat = inside.x, inside.y
            rows.append({"at": (lon, lat)})
    far = (random.uniform(WEST, EAST, 150), random.uniform(SOUTH, NORTH, 150))
    rows += [{"at": at} for at in zip(*far, strict=True)]
    rows += [{"at": None} for _ in range(12)]
    for k, row in enumerate(rows):
        row["station_id"] = f"S{k}"
        row["type"] = types[random.integers(len(types))]
        row["status"] = str(random.choice(["active"] * 8 + ["planned", "suspended", "closed"]))
        row["parent_id"] = None if random.random() < 0.02 else "S0"
        county = where(shapely.Point(row["at"])) if row["at"] else None
        row["adcode"] = county or (COUNTIES[k % 4] if k % 2 else None)
    return rows


def stations_of(rows: list[dict]) -> list[Station]:
    return [
        Station(r["station_id"], r["type"], r["adcode"], r["at"], r["parent_id"])
        for r in rows
        if r["status"] == "active"
    ]


def stations_frame(rows: list[dict]) -> gpd.GeoDataFrame:
    shapes = np.array([r["at"] and shapely.Point(r["at"]) for r in rows], dtype=object)
    table = pd.DataFrame([{k: v for k, v in r.items() if k != "at"} for r in rows])
    table["name"] = table["station_id"]
    return station_frames.conform(gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326"))


def zones_frame(rows: list[Place]) -> gpd.GeoDataFrame:
    shapes = np.array([*(p.shape for p in rows), built_up()], dtype=object)
    table = pd.DataFrame(
        {
            "id": [*(p.id for p in rows), "built-up"],
            "kind": [*(p.kind for p in rows), "built_up"],
            "name": [*(p.id for p in rows), "建成区"],
            "urban": np.array([*(p.urban for p in rows), None], dtype=object),
            "adcode": [*(p.adcode for p in rows), CITY],
            "source": "made up",
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")


# ----------------------------------------------------------------------------- streets of its own


def street_name(name: str | None) -> str:
    return " ".join(unicodedata.normalize("NFKC", name or "").split()).casefold()


def drawn(layers: osm.OsmLayers, *, complete=(), districts=None) -> Drawn:
    """The extract as the reference of streets takes it."""
    ways = [
        Way(
            way_id=int(row["way_id"]),
            points=tuple(row["geometry"].coords),
            name=street_name(row["name"]),
            junction=row["junction"] or "",
            highway=row["highway"],
            oneway=int(row["oneway"]),
            **{tag: bool(row[tag]) for tag in ("tunnel", "bridge", "motorroad", "area", "bus")},
        )
        for row in layers.ways.to_dict("records")
        if row["highway"].removesuffix("_link") in HIGHWAYS.split()
    ]
    retail = layers.areas[layers.areas["kind"] == "retail"]
    return Drawn(
        ways,
        shops=list(layers.shops.geometry),
        districts=districts or {},
        retail=list(retail.geometry),
        bus_stops=[(p.x, p.y) for p in layers.bus_stops.geometry],
        complete=frozenset(complete),
    )


def plane_of(city: Drawn):
    """Degrees to the plane in which the reference lays its streets."""
    lon, lat = np.array([p for way in city.ways for p in way.points]).T
    middle = {"lon_0": (lon.min() + lon.max()) / 2, "lat_0": (lat.min() + lat.max()) / 2}
    return pyproj.Proj(proj="aeqd", ellps="WGS84", **middle)


# ----------------------------------------------------------------------------- Nanjing


@pytest.fixture(scope="module")
def layers(shared):
    return osm.read(shared(NANJING))


@pytest.fixture(scope="module")
def cities(shared, tmp_path_factory):
    """Nanjing twice: nothing declared, and its shops declared complete in two counties."""
    made = {}
    for name, codes in (("assumed", ()), ("shops", COUNTIES[:2])):
        folder = tmp_path_factory.mktemp("places")
        city = City.create(folder / name, standard=PACKS[0], name="南京市", adcode=CITY)
        city.import_file("osm", shared(NANJING))
        features = [
            {
                "type": "Feature",
                "properties": {"adcode": code, "name": f"区{code}", "level": 6},
                "geometry": json.loads(shapely.to_geojson(area)),
            }
            for code, area in counties().items()
        ]
        file = folder / "districts.geojson"
        file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        city.import_file("districts", file, datum="wgs84")
        if codes:
            settings = city.path / "city.toml"
            text = settings.read_text("utf-8").split("[complete]")[0]
            text += f"[complete]\nshops = {json.dumps(list(codes))}\n"
            settings.write_text(text, encoding="utf-8")
        made[name] = City.open(city.path).now()
    return made


@pytest.fixture(scope="module")
def laid(layers):
    """The reference's streets for both."""
    found = {}
    for name, codes in (("assumed", ()), ("shops", COUNTIES[:2])):
        city = drawn(layers, complete=codes, districts=counties())
        found[name] = solve(city, Rule()), plane_of(city)
    return found


def nodes_of(streets) -> list[tuple[tuple[str, ...], tuple[float, float], str]]:
    """The product's junctions: names of streets, place in degrees, frontage."""
    found = junctions(streets)
    at = found.to_crs(4326).geometry
    return [
        (tuple(sorted(n.replace("–", "") for n in name.split(" / "))), (p.x, p.y), front)
        for name, p, front in zip(found["name"], at, found["frontage"], strict=True)
    ]


@pytest.mark.parametrize("shops", ["assumed", "shops"])
def test_junctions_of_nanjing_are_the_nodes_that_streets_share(cities, laid, shops):
    result, project = laid[shops]
    ours = nodes_of(cities[shops].streets())
    theirs = [(j.names, project(*j.at, inverse=True), j.frontage) for j in places.junctions(result)]
    assert len(theirs) > 30
    assert Counter(n for n, _, _ in ours) == Counter(n for n, _, _ in theirs)
    left = list(theirs)
    for names, at, front in ours:
        same = [t for t in left if t[0] == names and GEOD.inv(*at, *t[1])[2] < 0.01]
        assert len(same) == 1, (names, at)
        left.remove(same[0])
        assert same[0][2] == front, names
    assert left == []


# completeness: name → layer → adcodes; types of stations stand for those of the pack
def declarations(pack) -> dict[str, dict[str, tuple[str, ...]]]:
    types = [t.id for t in pack.site_types]
    layers = ("facilities", "streets", "community", "subdistrict", "compound", "civilised_unit")
    layers += ("built_up",)
    return {
        "nothing": {},
        "some types": {f"stations:{types[-1]}": ("*",), "facilities:park": ("*",)},
        "some counties": dict.fromkeys((*layers, "stations"), COUNTIES[1:3]),
        "all counties": dict.fromkeys((*layers, "stations"), COUNTIES),
        "the city by its code": dict.fromkeys((*layers, "stations"), (CITY,)),
        "all": dict.fromkeys((*layers, "stations"), ("*",)),
    }


@cache
def all_zones() -> list[Place]:
    return zones()


def facility_places(frame: gpd.GeoDataFrame) -> list[Place]:
    """Facilities as places, each in the county where the point that speaks for it lies."""
    rows = zip(frame["category"], frame["id"], frame.geometry, strict=True)
    return [
        Place(category, id_, where(shape), shape)
        for category, id_, shape in rows
        if category != "bus_stop"
    ]


def street_places(cities, laid, shops: str) -> list[Place]:
    """Junctions by the product's ids (their sets are compared above), and bus stops."""
    result, project = laid[shops]
    found = []
    known = nodes_of(cities[shops].streets())
    ids = list(junctions(cities[shops].streets())["id"])
    adcodes = list(junctions(cities[shops].streets())["adcode"])
    for j in places.junctions(result):
        at = project(*j.at, inverse=True)
        k = next(
            k for k, n in enumerate(known) if GEOD.inv(*at, *n[1])[2] < 0.01 and n[0] == j.names
        )
        found.append(Place("junction", ids[k], adcodes[k], shapely.Point(at), None, j.frontage))
    stops = cities[shops].layer("bus_stops")
    for id_, p in zip(stops["id"], stops.geometry, strict=True):
        front = places.front_at(result, project(p.x, p.y), reach_m=places.STOP_M)
        found.append(Place("bus_stop", id_, where(p), p, None, front))
    return found


def compare(facts, town: Town) -> SimpleNamespace:
    """The states of the product and of the reference, and where they differ."""
    rules = [rule for rule in facts.pack.rules if rule.kind in KINDS]
    frame = findings.frame(run(rules, facts), lang="zh")
    ours = {
        (row.rule_id, row.kind, row.subject_id): (row.state, row.measured)
        for row in frame.itertuples()
    }
    assert len(ours) == len(frame), "one subject twice"
    theirs = {
        (rule.id, rule.kind, subject): said
        for rule in rules
        for subject, said in places.answers(rule, town).items()
    }
    assert set(ours) == set(theirs)
    differ = {
        key: (ours[key], said)
        for key, said in theirs.items()
        if ours[key][0] != said[0] or not _same_measure(ours[key][1], said[1])
    }
    return SimpleNamespace(ours=ours, differ=differ, states=Counter(s for s, _ in ours.values()))


def _same_measure(ours: float, theirs: float | None) -> bool:
    if theirs is None:
        return math.isnan(ours)
    return abs(ours - theirs) <= 0.0005 * theirs + CM


@pytest.mark.parametrize("shops", ["assumed", "shops"])
@pytest.mark.parametrize("pack_id", PACKS)
def test_places_of_nanjing_are_judged_as_the_law_says(cities, laid, pack_id, shops):
    answers = cities[shops]
    pack = load_pack(pack_id)
    known = facility_places(answers.facilities()) + all_zones()
    known += street_places(cities, laid, shops)
    hosts = [p.shape for p in known if p.shape is not None]
    rows = scattered(hosts, [t.id for t in pack.site_types], seed=PACKS.index(pack_id))
    base = answers.facts(standard=pack)
    seen = Counter()
    for declared in declarations(pack).values():
        facts = dataclasses.replace(
            base,
            stations=stations_frame(rows),
            zones=zones_frame(all_zones()),
            complete=lambda layer, declared=declared: declared.get(layer, ()),
        )
        town = Town(
            adcode=CITY,
            counties=list(COUNTIES),
            places=known,
            stations=stations_of(rows),
            built_up=built_up(),
            complete=declared,
            streets=laid[shops][0],
            has_streets=True,
            project=laid[shops][1],
        )
        found = compare(facts, town)
        assert found.differ == {}
        seen.update(found.states)
    assert set(seen) <= set(findings.STATES)
    if pack_id in PACKS[:2]:
        assert min(seen["met"], seen["not_met"], seen["unknown"]) > 500


# ----------------------------------------------------------------------------- what it taught


def states_of(rule, **given) -> dict[str, str]:
    """Subject → state of one rule on small facts."""
    pack = load_pack(PACKS[0]).model_copy(update={"rules": (rule,)})
    frame = findings.frame(run([rule], small.facts(pack=pack, **given)), lang="zh")
    return dict(zip(frame["subject_id"], frame["state"], strict=True))


@pytest.mark.parametrize(("metres", "state"), [(49.9, "met"), (50.1, "not_met")])
def test_at_a_compound_of_which_a_point_is_known_stations_stand_within_reach(metres, state):
    rule = small.rule(PresenceRule, site_type="post", at=["compound"], within_m=50.0)
    place = {"kind": "compound", "adcode": small.COUNTY, "geometry": small.place(0, 0)}
    given = {"zones": [place], "stations": [{"x": metres, "y": 0}], "complete": ["stations"]}
    assert states_of(rule, **given) == {"Z0": state}


@pytest.mark.parametrize("kind", ["presence", "count"])
def test_what_stands_in_a_community_without_an_outline_is_unknown(kind):
    place = {"kind": "community", "adcode": small.COUNTY, "urban": True}
    place["geometry"] = small.place(0, 0)
    rule = small.rule(CountRule, site_type="post", per="community")
    if kind == "presence":
        rule = small.rule(PresenceRule, site_type="post", at=["city_community"])
    given = {"zones": [place], "stations": [{"x": 0, "y": 0}], "complete": ["stations"]}
    assert states_of(rule, **given) == {"Z0": "unknown"}


@pytest.mark.parametrize(
    ("at", "geometry", "adcode", "state"),
    [
        (["city_community"], small.square(0, 0), small.COUNTY, "unknown"),
        (["city_community", "rural_community"], small.square(0, 0), small.COUNTY, "met"),
        (["city_community"], small.square(500, 0), small.COUNTY, "not_met"),
        (["city_community"], None, small.COUNTY, "unknown"),
        (["city_community"], None, None, "unknown"),
        (["city_community"], None, "330899", "not_met"),
    ],
)
def test_a_station_that_may_stand_in_an_allowed_community_is_not_misplaced(
    at, geometry, adcode, state
):
    rule = small.rule(PlacementRule, site_type="post", at=at)
    place = {"kind": "community", "adcode": adcode, "urban": None, "geometry": geometry}
    given = {"zones": [place], "stations": [{"x": 50, "y": 50}], "complete": ["community"]}
    assert states_of(rule, **given) == {"S0": state}


@pytest.mark.parametrize(
    ("codes", "city", "county"),
    [
        ([small.CITY], True, True),
        (["330000"], True, True),
        (["330802", "330803"], True, True),
        (["330802"], False, True),
        (["330803"], False, False),
        (["340000"], False, False),
        ([], False, False),
    ],
)
def test_a_declaration_holds_for_what_lies_in_its_district(codes, city, county):
    districts = [{"adcode": c, "name": c, "level": 6} for c in ("330802", "330803")]
    facts = small.facts(districts=districts, complete={"stations": codes})
    assert list(facts.declared("stations:post", [small.CITY, small.COUNTY])) == [city, county]


def test_bus_stops_of_a_list_are_bus_stops_where_the_streets_bring_none():
    laid = street_builder.streets([street_builder.way(1, [(-300, 0), (300, 0)], name="大道")])
    west = gpd.GeoSeries(laid.parts.geometry, crs=laid.crs).to_crs(small.CRS).iloc[0].coords[0]
    at = shapely.Point(west[0] + 100, west[1] + 5)
    stop = {"category": "bus_stop", "adcode": small.COUNTY, "geometry": at}
    rule = small.rule(PresenceRule, site_type="point", at=["bus_stop"], with_frontage=True)
    given = {"facilities": [stop], "streets": laid, "complete": ["stations"]}
    assert states_of(rule, **given) == {"F0": "not_met"}


def test_a_place_at_the_other_carriageway_has_the_frontage_of_its_street():
    ways = [
        street_builder.way(1, [(-400, 0), (0, 0), (400, 0)], name="大道", oneway=1),
        street_builder.way(2, [(300, 35), (0, 35), (-300, 35)], name="大道", oneway=1),
    ]
    laid = street_builder.streets(ways)
    assert len(laid.parts) == len(laid.twins) == 1
    (west, south), *_ = laid.parts.geometry.iloc[0].coords
    at = [west + 400, west + 400], [south + 45, south + 66]
    assert list(frontage_at(laid, *at, reach_m=30.0)) == ["assumed", "none"]
