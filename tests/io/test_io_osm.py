"""OSM files: every layer by its tagging rules, any order and format, every fault one sentence."""

import bz2
import gzip
import random
import zlib
from contextlib import suppress

import geopandas as gpd
import numpy as np
import pytest
import shapely
from osm_xml import document, node, relation, ring, square, transcode, way, write

from stationmap.errors import InputError
from stationmap.io import osm

ROAD = [node(1, 118.0, 29.0), node(2, 118.001, 29.0), way(1, [1, 2], {"highway": "primary"})]


def roads(tmp_path, *tags):
    ways = [way(i + 1, [1, 2], {"highway": "primary", **t}) for i, t in enumerate(tags)]
    return osm.read(write(tmp_path / "roads.osm", *ROAD[:2], *ways)).ways


def test_columns_and_types_are_the_contract(tmp_path):
    layers = osm.read(write(tmp_path / "a.osm", *ROAD))
    assert {k: str(v) for k, v in layers.ways.dtypes.items()} == {
        "way_id": "int64",
        "name": "object",
        "name_en": "object",
        "name_alt": "object",
        "highway": "object",
        "oneway": "int8",
        "junction": "object",
        "tunnel": "bool",
        "bridge": "bool",
        "motorroad": "bool",
        "area": "bool",
        "bus": "bool",
        "foot": "object",
        "footway": "object",
        "geometry": "geometry",
    }
    place = ["id", "name", "category", "hours", "source"]
    assert list(layers.shops) == [*place, "geometry"]
    assert list(layers.facilities) == [*place, "tags", "geometry"]
    district = ["adcode", "name", "level", "population", "residential"]
    assert list(layers.districts) == [*district, "geometry"]
    assert list(layers.areas) == list(layers.landscape) == ["kind", "geometry"]
    assert list(layers.bus_stops) == ["id", "name", "geometry"]
    frames = [v for v in vars(layers).values() if isinstance(v, gpd.GeoDataFrame)]
    assert len(frames) == 7
    assert {frame.crs.to_epsg() for frame in frames} == {4326}
    assert layers.counts["ways"] == {"read": 1, "used": 1}
    assert layers.notes == []
    texts = {c: str(d) for f in frames for c, d in f.dtypes.items() if str(d) in ("str", "string")}
    assert texts == {}


@pytest.mark.parametrize(
    ("tags", "oneway"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "true"}, 1),
        ({"oneway": "1"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "reverse"}, -1),
        ({"oneway": "no"}, 0),
        ({"oneway": "reversible"}, 0),
        ({"oneway": "alternating"}, 0),
        ({"highway": "motorway"}, 1),
        ({"highway": "motorway", "name": "杭金衢高速"}, 1),
        ({"highway": "motorway", "oneway": "no"}, 0),
        ({"highway": "motorway_link"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"junction": "circular"}, 1),
        ({"junction": "roundabout", "oneway": "-1"}, -1),
        ({"junction": "jughandle"}, 0),
    ],
)
def test_oneway(tmp_path, tags, oneway):
    ways = roads(tmp_path, tags)
    assert ways["oneway"].tolist() == [oneway]
    assert ways["junction"].tolist() == [tags.get("junction")]


@pytest.mark.parametrize(
    ("tags", "column", "value"),
    [
        ({"tunnel": "yes"}, "tunnel", True),
        ({"tunnel": "flooded"}, "tunnel", True),
        ({"tunnel": "no"}, "tunnel", False),
        ({"tunnel": "building_passage"}, "tunnel", False),
        ({"tunnel": "culvert"}, "tunnel", False),
        ({"tunnel": "covered"}, "tunnel", False),
        ({"covered": "yes"}, "tunnel", False),
        ({"bridge": "yes"}, "bridge", True),
        ({"bridge": "viaduct"}, "bridge", True),
        ({"bridge": "no"}, "bridge", False),
        ({"motorroad": "yes"}, "motorroad", True),
        ({"motorroad": "no"}, "motorroad", False),
        ({"area": "yes"}, "area", True),
        ({"surface": "asphalt"}, "area", False),
    ],
)
def test_flags(tmp_path, tags, column, value):
    ways = roads(tmp_path, tags)
    flags = ["tunnel", "bridge", "motorroad", "area", "bus"]
    assert ways[flags].iloc[0].to_dict() == {flag: value and flag == column for flag in flags}


@pytest.mark.parametrize(
    ("tags", "foot"),
    [
        ({}, None),
        ({"foot": "yes"}, "yes"),
        ({"foot": "designated"}, "yes"),
        ({"foot": "permissive"}, "yes"),
        ({"foot": "official"}, "yes"),
        ({"foot": "no"}, "no"),
        ({"foot": "private"}, "no"),
        ({"foot": "use_sidepath"}, "no"),
        ({"foot": "customers"}, None),
        ({"access": "no"}, "no"),
        ({"access": "private"}, "no"),
        ({"access": "customers"}, None),
        ({"access": "private", "foot": "yes"}, "yes"),
        ({"sidewalk": "both"}, None),
        ({"sidewalk": "both", "tunnel": "yes"}, "yes"),
        ({"sidewalk": "left", "tunnel": "yes", "foot": "no"}, "yes"),
        ({"sidewalk": "separate", "tunnel": "yes"}, None),
        ({"sidewalk": "both", "tunnel": "building_passage"}, None),
    ],
)
def test_whether_a_way_welcomes_walkers(tmp_path, tags, foot):
    assert roads(tmp_path, tags)["foot"].tolist() == [foot]


def test_kinds_of_footways_are_kept(tmp_path):
    assert roads(tmp_path, {"footway": "crossing"})["footway"].tolist() == ["crossing"]


@pytest.mark.parametrize(
    ("tags", "names"),
    [
        ({}, (None, None, None)),
        ({"name": "衢江路"}, ("衢江路", None, None)),
        ({"name": "衢江路", "name:en": "Qujiang Road"}, ("衢江路", "Qujiang Road", None)),
        ({"name": "衢江路", "int_name": "Qujiang Lu"}, ("衢江路", "Qujiang Lu", None)),
        (
            {"name": "Aleksi", "name:fi": "Aleksi", "name:sv": "Alexanders"},
            ("Aleksi", None, "Alexanders"),
        ),
        ({"name": "衢江路", "name:zh": "衢江路", "name:de": "Qu"}, ("衢江路", None, "Qu")),
    ],
)
def test_names_in_two_languages(tmp_path, tags, names):
    ways = roads(tmp_path, tags)
    assert tuple(ways[["name", "name_en", "name_alt"]].iloc[0]) == names


def test_every_highway_line_is_read_and_keeps_its_direction(tmp_path):
    kinds = ["footway", "steps", "track", "service", "construction", "primary_link", "pedestrian"]
    ways = roads(tmp_path, *({"highway": kind} for kind in kinds))
    assert ways["highway"].tolist() == kinds
    assert ways["way_id"].tolist() == list(range(1, 8))
    expected = shapely.LineString([(118.0, 29.0), (118.001, 29.0)])
    assert (shapely.equals_exact(ways.geometry, expected, tolerance=1e-9)).all()


TOWN = [
    *ROAD,
    node(10, 118.0005, 29.0001, shop="bakery", name="饼店", opening_hours="Mo-Sa 06:30-20:00"),
    node(11, 118.0006, 29.0001, shop="vacant"),
    node(12, 118.0006, 29.0001, shop="no"),
    node(13, 118.0007, 29.0001, amenity="restaurant"),
    node(14, 118.0007, 29.0001, amenity="bench"),
    node(15, 118.0007, 29.0001, amenity="library", name="图书馆"),
    node(16, 118.0007, 29.0001, historic="memorial", name="纪念碑"),
    node(17, 118.0008, 29.0, highway="bus_stop", name="南湖"),
    node(18, 118.0008, 29.0, public_transport="stop_position", bus="yes", name="南湖"),
    node(19, 118.0008, 29.0, public_transport="stop_position", tram="yes"),
    node(20, 118.0008, 29.0, highway="crossing"),
    square(100, 118.01, 29.0),
    way(100, ring(100), {"building": "yes", "shop": "mall", "name": "商场"}),
    square(110, 118.02, 29.0),
    way(110, ring(110), {"landuse": "retail"}),
    square(120, 118.03, 29.0),
    way(120, ring(120), {"leisure": "park", "name": "府山公园"}),
    square(130, 118.04, 29.0),
    way(130, ring(130), {"natural": "water"}),
    square(140, 118.05, 29.0, size=0.01),
    square(150, 118.053, 29.003, size=0.001),
    way(140, ring(140), {}),
    way(150, ring(150), {}),
    relation(
        1,
        [("way", 140, "outer"), ("way", 150, "inner")],
        {
            "type": "boundary",
            "boundary": "administrative",
            "name": "柯城区",
            "admin_level": "6",
            "division_code": "330802",
            "population": "528,847",
            "residential": "urban",
        },
    ),
    relation(
        2,
        [("way", 140, "outer"), ("way", 150, "inner")],
        {"type": "multipolygon", "amenity": "hospital", "name": "人民医院"},
    ),
    relation(
        3,
        [("way", 140, "outer"), ("way", 999, "outer")],
        {"type": "boundary", "boundary": "administrative", "name": "衢江区", "admin_level": "6"},
    ),
    relation(4, [("way", 1, ""), ("way", 110, "platform")], {"type": "route", "route": "bus"}),
]


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    return osm.read(write(tmp_path_factory.mktemp("town") / "town.osm", *TOWN))


def test_shops_are_nodes_and_outlines_but_not_vacant_ones(town):
    assert town.shops["id"].tolist() == ["n10", "n13", "w100"]
    assert town.shops["name"].tolist() == ["饼店", None, "商场"]
    assert town.shops["category"].tolist() == ["bakery", "restaurant", "mall"]
    assert town.shops["hours"].tolist() == ["Mo-Sa 06:30-20:00", None, None]
    assert town.shops.geom_type.tolist() == ["Point", "Point", "Polygon"]
    assert set(town.shops["source"]) == {"osm"}


def test_facilities_are_nodes_outlines_and_relations(town):
    found = town.facilities.set_index("id")
    assert found.loc[["n15", "w120", "r2"], "category"].tolist() == ["library", "park", "hospital"]
    assert found.loc["r2", "tags"] == "amenity=hospital"
    assert found.loc["w120", "tags"] == "leisure=park"
    assert len(found.loc["r2", "geometry"].interiors) == 1
    assert found.loc["n16", "category"] is None  # named, of no category the documents speak of
    assert found.loc["n16", "tags"] == "historic=memorial"
    assert "n14" not in found.index  # a bench without a name
    assert "n10" not in found.index  # a shop only


def test_a_name_tells_where_tags_do_not(tmp_path):
    tags = [
        {"building": "yes", "name": "柯城区老年大学"},
        {"building": "apartments", "name": "人民医院"},
        {"building": "yes", "name": "人民医院宿舍"},
        {"amenity": "community_centre", "name": "衢州市工人文化宫"},
        {"amenity": "parking", "name": "市民中心"},
        {"highway": "bus_stop", "name": "工人文化宫"},
        {"landuse": "depot", "name": "公交停车场"},
        {"landuse": "retail", "name": "步行街"},
    ]
    parts = [square(10 * k, 118.87 + k / 100, 28.97) for k in range(len(tags))]
    parts += [way(k + 1, ring(10 * k), t) for k, t in enumerate(tags)]
    facilities = osm.read(write(tmp_path / "x.osm", *parts)).facilities
    found = {row.id: (row.category, row.tags) for row in facilities.itertuples()}
    assert found["w1"] == ("senior_university", "building=yes")
    assert found["w4"] == ("workers_palace", "amenity=community_centre")
    assert found["w5"] == (None, "amenity=parking")
    assert found["w7"] == ("transport_yard", "landuse=depot")
    assert found.keys() & {"w2", "w3", "w8"} == set()
    assert "w6" not in found or found["w6"][0] == "bus_stop"


def test_district_with_its_code_and_people(town):
    columns = ["adcode", "name", "level", "population", "residential"]
    assert town.districts[columns].values.tolist() == [["330802", "柯城区", 6, 528847.0, "urban"]]
    assert len(town.districts.geometry[0].interiors) == 1


def test_incomplete_boundary_is_named(town):
    assert any("衢江区" in str(note) and "衢江区" in note.render("zh") for note in town.notes)
    assert ("districts", "r3", "衢江区") in {(r.layer, r.id, r.name) for r in town.rejected}
    assert town.counts["districts"] == {"read": 2, "used": 1}


def test_retail_ground_water_park_and_buildings(town):
    assert town.areas["kind"].tolist() == ["retail"]
    assert sorted(town.landscape["kind"]) == ["building", "park", "water"]


def test_bus_routes_and_stops(town):
    assert town.ways.set_index("way_id")["bus"].to_dict() == {1: True}
    assert town.bus_stops["id"].tolist() == ["n17", "n18"]
    assert (town.bus_stops.geom_type == "Point").all()


@pytest.mark.parametrize(
    ("tags", "adcode"),
    [
        ({"ref:adcode": "330802001"}, "330802001"),
        ({"ref:adcode": "330802", "division_code": "1", "ref": "2"}, "330802"),
        ({"division_code": "330802001001"}, "330802001001"),
        ({"ref": "330802"}, "330802"),
        ({"ref": "091"}, "w140"),
        ({"ref": "FK"}, "w140"),
        ({"ref": "3308020010011"}, "w140"),
        ({}, "w140"),
    ],
)
def test_code_of_a_district(tmp_path, tags, adcode):
    outline = way(140, ring(140), {"boundary": "administrative", "name": "X", **tags})
    layers = osm.read(write(tmp_path / "a.osm", *ROAD, square(140, 118.05, 29.0), outline))
    assert layers.districts["adcode"].tolist() == [adcode]
    assert np.isnan(layers.districts["population"][0])
    assert layers.districts["level"].isna().all()


def test_bus_platform_drawn_as_a_line_is_a_stop(tmp_path):
    tags = {"highway": "platform", "public_transport": "platform", "bus": "yes", "name": "站台"}
    layers = osm.read(write(tmp_path / "a.osm", *ROAD, way(2, [1, 2], tags)))
    assert layers.bus_stops["id"].tolist() == ["w2"]
    assert layers.bus_stops.geometry[0].equals_exact(shapely.Point(118.0005, 29), 1e-9)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.osm.pbf", "pbf"), ("a.osm.gz", "osm.gz"), ("a.osm.bz2", "osm.bz2"), ("a.txt", "pbf")],
)
def test_formats_give_the_same_layers(tmp_path, town, name, kind):
    source = write(tmp_path / "town.osm", *TOWN)
    same(town, osm.read(transcode(source, tmp_path / name, kind)))


@pytest.mark.parametrize("seed", range(4))
def test_order_of_objects_does_not_matter(tmp_path, town, seed):
    """As Overpass writes them: ways and relations before their nodes."""
    things = [part for chunk in TOWN for part in chunk.replace("><node", ">\n<node").split("\n")]
    random.Random(seed).shuffle(things)
    same(town, osm.read(write(tmp_path / "mixed.osm", *things)), sort=True)


def same(left, right, *, sort=False):
    for layer in ("ways", "shops", "facilities", "districts", "areas", "bus_stops", "landscape"):
        a, b = getattr(left, layer).copy(), getattr(right, layer).copy()
        a["wkb"], b["wkb"] = shapely.to_wkb(a.geometry), shapely.to_wkb(b.geometry)
        if sort:
            key = a.columns[0]
            a = a.sort_values([key, "wkb"]).reset_index(drop=True)
            b = b.sort_values([key, "wkb"]).reset_index(drop=True)
        assert a.drop(columns="geometry").equals(b.drop(columns="geometry")), layer
    assert left.counts == right.counts


def test_way_is_cut_at_missing_nodes_never_bridged(tmp_path):
    nodes = [node(i, 118 + i / 1000, 29) for i in (1, 2, 4, 5, 7)]
    layers = osm.read(
        write(
            tmp_path / "a.osm",
            *nodes,
            way(1, [1, 2, 3, 4, 5, 6, 7], {"highway": "primary", "name": "断路"}),
            way(2, [1, 3], {"highway": "primary", "name": "无路"}),
            way(3, [1, 1], {"highway": "primary"}),
        )
    )
    assert layers.ways["way_id"].tolist() == [1, 1]
    expected = [[(118.001, 29), (118.002, 29)], [(118.004, 29), (118.005, 29)]]
    assert [list(g.coords) for g in layers.ways.geometry] == expected
    assert layers.counts["ways"] == {"read": 3, "used": 1}
    assert [(r.layer, r.id, r.name) for r in layers.rejected] == [
        ("ways", "w2", "无路"),
        ("ways", "w3", None),
    ]
    assert "3 nodes of 2 roads" in str(layers.notes[0])


def test_outline_that_cannot_be_closed_is_rejected_with_its_reason(tmp_path):
    broken = way(2, [1, 2, 77, 1], {"shop": "mall", "name": "商城"})
    layers = osm.read(write(tmp_path / "a.osm", *ROAD, broken))
    assert layers.counts["shops"] == {"read": 1, "used": 0}
    assert {(r.layer, r.id, r.name) for r in layers.rejected} == {
        ("shops", "w2", "商城"),
        ("facilities", "w2", "商城"),
    }
    assert all("outline" in str(r.reason) for r in layers.rejected)


def test_closed_ways_and_repeated_nodes(tmp_path):
    layers = osm.read(
        write(
            tmp_path / "a.osm",
            square(1, 118.0, 29.0),
            way(1, ring(1), {"highway": "pedestrian", "area": "yes"}),
            way(2, ring(1), {"highway": "primary", "junction": "roundabout"}),
            way(3, [1, 1, 2, 2, 2, 3], {"highway": "primary"}),
        )
    )
    assert layers.ways.geometry.is_closed.tolist() == [True, True, False]
    assert layers.ways["area"].tolist() == [True, False, False]
    assert shapely.get_num_points(layers.ways.geometry).tolist() == [5, 5, 3]


def test_negative_numbers_of_an_editor(tmp_path):
    new = [node(-1, 118.0, 29.0), node(-2, 118.001, 29.0), way(-9, [-1, -2], {"highway": "road"})]
    assert "negative numbers" in message(write(tmp_path / "a.osm", *new))


# --- faults -----------------------------------------------------------------------------------


def message(path):
    with pytest.raises(InputError) as caught:
        osm.read(path)
    text, zh = str(caught.value), caught.value.render("zh")
    assert "\n" not in text
    assert zh != text
    assert len(text) < 260
    return text


def test_missing_file_folder_and_address(tmp_path):
    assert "does not exist" in message(tmp_path / "no.osm.pbf")
    assert "is a folder" in message(tmp_path)
    assert "address" in message("https://example.org/a.osm.pbf")
    assert "address" in message("/vsicurl/https://example.org/a.osm.pbf")
    assert "does not exist" in message("-")
    (tmp_path / "empty.osm").touch()
    assert "is empty" in message(tmp_path / "empty.osm")


@pytest.mark.parametrize(
    "content",
    [
        b"name,lon,lat\n",
        b'{"type": "FeatureCollection"}',
        b"<html><body>osm</body></html>",
        b'<osmChange version="0.6"></osmChange>',
        b"PK\x03\x04rubbish",
        bytes(range(256)) * 4,
        gzip.compress(b"name,lon,lat\n", mtime=0),
        b"\x1f\x8brubbish",
    ],
)
def test_what_is_not_openstreetmap(tmp_path, content):
    path = tmp_path / "a.osm.pbf"
    path.write_bytes(content)
    assert "is not OpenStreetMap data" in message(path)


@pytest.mark.parametrize("kind", ["osm", "pbf"])
def test_file_without_ways_and_without_roads(tmp_path, kind):
    only_nodes = write(tmp_path / "nodes.osm", node(1, 118, 29, shop="bakery"))
    assert "has no ways" in message(transcode(only_nodes, tmp_path / "nodes.x", kind))
    river = write(tmp_path / "river.osm", *ROAD[:2], way(1, [1, 2], {"waterway": "river"}))
    assert "has no road" in message(transcode(river, tmp_path / "river.x", kind))
    no_nodes = write(tmp_path / "cut.osm", way(1, [8, 9], {"highway": "primary"}))
    assert "has no usable road" in message(transcode(no_nodes, tmp_path / "cut.x", kind))


@pytest.mark.parametrize("kind", ["pbf", "osm", "osm.gz"])
def test_file_cut_short_anywhere(tmp_path, kind):
    whole = transcode(write(tmp_path / "town.osm", *TOWN), tmp_path / "whole", kind).read_bytes()
    path = tmp_path / "cut"
    for size in np.linspace(1, len(whole) - 2, 60).astype(int):
        if kind == "pbf" and size in block_ends(whole):
            continue  # nothing in the format tells that blocks are missing
        path.write_bytes(whole[:size])
        message(path)


def block_ends(data):
    """Offsets at which the blocks of a PBF end, by its published layout."""
    ends, at = [], 0
    while at < len(data):
        header = data[at + 4 : at + 4 + int.from_bytes(data[at : at + 4])]
        size, shift = 0, 0
        for byte in header[header.rindex(b"\x18") + 1 :]:
            size |= (byte & 127) << shift
            shift += 7
        at += 4 + len(header) + size
        ends.append(at)
    assert at == len(data)
    return ends


def test_damaged_bytes_never_escape_as_another_error(tmp_path):
    source = write(tmp_path / "town.osm", *TOWN)
    rng = random.Random(4)
    for kind in ("pbf,pbf_compression=none", "osm"):
        whole = transcode(source, tmp_path / "whole", kind).read_bytes()
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(rng.randint(1, 6)):
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
            path = tmp_path / "damaged"
            path.write_bytes(damaged)
            with suppress(InputError):
                osm.read(path)


def test_bombs_are_refused_before_they_are_unpacked(tmp_path):
    start = document(*ROAD).removesuffix("</osm>\n")
    packed = tmp_path / "bomb.osm.gz"
    packed.write_bytes(gzip.compress((start + " " * 30_000_000 + "</osm>").encode()))
    assert "unpacks to more" in message(packed)
    packed.write_bytes(bz2.compress((start + " " * 30_000_000 + "</osm>").encode()))
    assert "unpacks to more" in message(packed)

    head = transcode(write(tmp_path / "a.osm", *ROAD), tmp_path / "a.pbf", "pbf").read_bytes()
    blob = zlib.compress(bytes(16_000_000), 9)
    body = b"\x10" + varint(16_000_000) + b"\x1a" + varint(len(blob)) + blob
    header = b"\x0a\x07OSMData\x18" + varint(len(body))
    block = len(header).to_bytes(4) + header + body
    pbf = tmp_path / "bomb.osm.pbf"
    pbf.write_bytes(head + block * 4)
    assert "unpacks to more" in message(pbf)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def test_billion_laughs(tmp_path):
    entities = "".join(
        f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' if i else '<!ENTITY a1 "ha">' for i in range(9)
    )
    path = tmp_path / "laughs.osm"
    path.write_text(f'<?xml version="1.0"?><!DOCTYPE osm [{entities}]><osm><way id="&a9;"/></osm>')
    message(path)
