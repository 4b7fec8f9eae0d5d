"""Real OSM extracts: every road and place is there, as readers of other makes count them."""

import warnings
import xml.etree.ElementTree as ET
from collections import Counter

import pandas as pd
import pyogrio
import pytest
import shapely

from stationmap.io import osm

XML = [
    "osm-china-small/guixi.osm",
    "osm-china-small/hangzhou_west.osm",
    "osm-china-small/shanghai_center_roads.osm",
    "osm-nanjing-downtown/nanjing_downtown.osm",
]
PBF = [
    "osm-pbf-world/helsinki.osm.pbf",
    "osm-pbf-world/liechtenstein.osm.pbf",
    "osm-pbf-world/andorra.osm.pbf",
    "porto-alegre-coverage/poa.osm.pbf",
]
# roads, buildings, bus stops as the SOURCE.md beside each file counts them
COUNTED = {
    "osm-china-small/guixi.osm": (176, 59),
    "osm-china-small/hangzhou_west.osm": (407, 27),
    "osm-china-small/shanghai_center_roads.osm": (796, 629),
    "osm-nanjing-downtown/nanjing_downtown.osm": (384, 168),
    "osm-pbf-world/liechtenstein.osm.pbf": (4660, 1933),
    "porto-alegre-coverage/poa.osm.pbf": (15886, 9487),
}


@pytest.mark.parametrize("name", COUNTED)
def test_roads_are_as_many_as_the_source_says(shared, name):
    ways = osm.read(shared(name)).ways
    assert (len(ways), int(ways["name"].notna().sum())) == COUNTED[name]


@pytest.mark.parametrize("name", XML)
def test_layers_equal_a_plain_reading_of_the_xml(shared, name):
    """ElementTree finds the same roads, names, shops and stops, node by node."""
    layers = osm.read(shared(name))
    root = ET.parse(shared(name)).getroot()
    nodes = {n.get("id"): (float(n.get("lon")), float(n.get("lat"))) for n in root.iter("node")}
    tags = {
        (kind[0], e.get("id")): {t.get("k"): t.get("v") for t in e.iter("tag")}
        for kind in ("node", "way")
        for e in root.iter(kind)
    }
    roads = {}
    for way in root.iter("way"):
        if "highway" in tags["w", way.get("id")]:
            places = [nodes[nd.get("ref")] for nd in way.iter("nd")]
            roads[int(way.get("id"))] = [p for i, p in enumerate(places) if p != places[i - 1 : i]]
    ways = layers.ways.set_index("way_id")
    assert set(ways.index) == set(roads)
    for number, places in roads.items():
        way = tags["w", str(number)]
        assert ways.at[number, "name"] == way.get("name")
        assert ways.at[number, "highway"] == way["highway"]
        line = shapely.remove_repeated_points(shapely.LineString(places))
        assert shapely.equals_exact(ways.at[number, "geometry"], line, tolerance=1.01e-7)
    shops = {k + i for (k, i), t in tags.items() if t.get("shop", "no") not in ("no", "vacant")}
    found = layers.shops["id"]
    assert shops <= set(found)
    assert {i for i in found if i[0] != "r" and "shop" in tags[i[0], i[1:]]} == shops
    stops = {k + i for (k, i), t in tags.items() if t.get("highway") == "bus_stop"}
    assert stops <= set(layers.bus_stops["id"])
    ring = Counter(w.get("id") for w in root.iter("way") if w[0].get("ref") == last_ref(w))
    buildings = [i for i in ring if tags["w", i].get("building", "no") != "no"]
    assert (layers.landscape["kind"] == "building").sum() >= len(buildings)


def last_ref(way):
    return [nd.get("ref") for nd in way.iter("nd")][-1]


@pytest.mark.parametrize("name", PBF)
def test_roads_equal_those_of_gdal(shared, name):
    """GDAL's OSM driver gives the same lines; it lacks closed ones that it takes for areas."""
    layers = osm.read(shared(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = pyogrio.read_dataframe(
            shared(name), layer="lines", where="highway IS NOT NULL", on_invalid="ignore"
        )
    theirs["way_id"] = theirs["osm_id"].astype("int64")
    theirs = theirs.set_index("way_id")
    pieces = layers.ways["way_id"].value_counts()
    ours = layers.ways.set_index("way_id")
    assert set(theirs.index) <= set(ours.index)
    if not cut_ways(layers):
        assert ours[~ours.index.isin(theirs.index)].geometry.is_closed.all()
    both = theirs.index.intersection(pieces.index[pieces == 1])
    a, b = ours.loc[both, "geometry"].to_numpy(), theirs.loc[both, "geometry"].to_numpy()
    assert shapely.equals_exact(a, shapely.remove_repeated_points(b), tolerance=1e-9).all()
    assert (ours.loc[both, "name"].fillna("") == theirs.loc[both, "name"].fillna("")).all()


def cut_ways(layers):
    return any("nodes" in note.params for note in layers.notes)


@pytest.mark.parametrize("name", PBF)
def test_buildings_and_points_equal_those_of_gdal(shared, name):
    layers = osm.read(shared(name))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outlines = pyogrio.read_dataframe(
            shared(name), layer="multipolygons", where="building IS NOT NULL", on_invalid="ignore"
        )
        points = pyogrio.read_dataframe(shared(name), layer="points")
    buildings = outlines[outlines["building"] != "no"]
    ours = (layers.landscape["kind"] == "building").sum()
    if cut_ways(layers):  # GDAL draws an outline through the nodes that are left
        assert 0.85 * len(buildings) < ours <= len(buildings)
    else:
        assert abs(int(ours) - len(buildings)) <= 1
    other = points["other_tags"].fillna("")
    shop = other.str.extract(r'"shop"=>"([^"]*)"')[0]
    shop_nodes = set("n" + points["osm_id"][shop.notna() & ~shop.isin(["no", "vacant"])])
    assert shop_nodes <= set(layers.shops["id"])
    stops = set("n" + points["osm_id"][points["highway"] == "bus_stop"])
    assert stops <= set(layers.bus_stops["id"])


def test_helsinki_is_bilingual_and_tells_what_is_missing(shared):
    layers = osm.read(shared("osm-pbf-world/helsinki.osm.pbf"))
    named = layers.ways[layers.ways["name"].notna()]
    assert (named["name_alt"].notna()).mean() > 0.9
    assert named.set_index("name")["name_alt"].to_dict()["Aleksanterinkatu"] == "Alexandersgatan"
    assert layers.counts["ways"]["read"] == 2650
    assert any("nodes" in str(note) for note in layers.notes)
    assert any("Helsinki" in str(note) for note in layers.notes)
    assert layers.ways["bus"].sum() > 100


def test_districts_of_guixi_carry_their_code_or_relation_number(shared):
    """Of 12 boundaries the cut leaves one whole; the others are named, none silently lost."""
    layers = osm.read(shared("osm-china-small/guixi.osm"))
    assert layers.districts["name"].tolist() == ["东门街道"]
    assert layers.districts["adcode"].str.fullmatch(r"r\d+").all()
    assert layers.counts["districts"] == {"read": 12, "used": 1}
    [note] = [str(n) for n in layers.notes if "贵溪市" in str(n)]
    assert all(name in note for name in ("上饶市", "弋阳县", "鹰潭市", "花园街道"))


def test_transcoded_files_read_the_same(shared):
    for name in ("osm-china-small/hangzhou_west", "osm-nanjing-downtown/nanjing_downtown"):
        xml, pbf = osm.read(shared(f"{name}.osm")), osm.read(shared(f"{name}.osm.pbf"))
        assert xml.counts == pbf.counts
        assert xml.facilities["category"].equals(pbf.facilities["category"])
        tables = [pd.DataFrame(f.ways.drop(columns="geometry")) for f in (xml, pbf)]
        pd.testing.assert_frame_equal(*tables)
        assert shapely.equals_exact(xml.ways.geometry, pbf.ways.geometry, tolerance=1e-9).all()
