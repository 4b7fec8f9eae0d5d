"""Walking in a city: what is open on foot, where places meet it, stations by the walk, routes."""

import itertools
import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
import small_city
from drawn_ways import CRS, GEOD, NEAR_M, both_answers, lonlat, near, network, stations, walk
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap import walking
from stationmap.city import City, layers, on_foot
from stationmap.city.versions import Store
from stationmap.errors import CrsError
from stationmap.walking import Network, Walks, walkable

# ------------------------------------------------------------------ which ways


@pytest.mark.parametrize(
    ("tags", "open_on_foot"),
    [
        *(({"highway": h}, True) for h in ("footway", "steps", "path", "living_street", "track")),
        *(({"highway": h}, True) for h in ("primary", "trunk_link", "cycleway", "corridor")),
        *(({"highway": h}, False) for h in ("motorway", "motorway_link", "construction")),
        *(({"highway": h}, False) for h in ("proposed", "raceway", "busway", "bus_guideway")),
        ({"highway": "residential", "foot": "no"}, False),
        ({"highway": "motorway", "foot": "yes"}, False),
        ({"highway": "primary", "motorroad": True}, False),
        ({"highway": "primary", "tunnel": True}, False),
        ({"highway": "tertiary_link", "tunnel": True}, False),
        ({"highway": "primary", "tunnel": True, "foot": "yes"}, True),
        ({"highway": "footway", "tunnel": True}, True),
        ({"highway": "residential", "tunnel": True}, True),
        ({"highway": None}, False),
    ],
)
def test_ways_open_on_foot(tags, open_on_foot):
    frame = gpd.GeoDataFrame([tags], geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=4326)
    assert walkable(frame).tolist() == [open_on_foot]


def test_ways_of_another_crs_are_refused():
    frame = gpd.GeoDataFrame({"highway": []}, geometry=[], crs=CRS)
    with pytest.raises(CrsError):
        Network.from_ways(frame)


def test_a_one_way_street_binds_no_walker():
    net = network(((0, 0), (300, 0)), oneway=1)
    assert walk(net, (300, 0), (0, 0)) == near(300)


# ------------------------------------------------------------------ nodes and islands


def test_ways_join_where_they_share_a_coordinate_and_only_there():
    bridge = network([(-1500, 0), (1500, 0)], [(0, -1500), (0, 1500)])
    joined = network([(-100, 0), (0, 0), (100, 0)], [(0, -100), (0, 0), (0, 100)])
    assert math.isnan(walk(bridge, (-800, 0), (0, -800)))
    assert walk(joined, (-100, 0), (0, -100)) == near(200)
    assert len(joined.nodes) == 5
    assert len(joined.edges) == 4


def test_ends_a_millimetre_apart_are_one_node_and_five_centimetres_are_not():
    joined = network([(0, 0), (100, 0)], [(100.001, 0), (200, 0)])
    apart = network([(0, 0), (100, 0)], [(100.05, 0), (200, 0)])
    assert walk(joined, (0, 0), (200, 0)) == near(200)
    assert len(apart.islands) == 1


def test_a_way_of_one_millimetre_is_no_edge():
    assert len(network([(0, 0), (0.001, 0)], [(0, 0), (100, 0)]).edges) == 1


def test_islands_are_told_and_never_walked_on():
    net = network(
        [(0, 0), (3000, 0)], [(0, 50), (1990, 50)], [(0, 100), (2010, 100)], [(0, -30), (40, -30)]
    )
    assert net.islands["length_m"].tolist() == [near(1990), near(40)]
    assert net.islands["nodes"].tolist() == [2, 2]
    lon, lat = lonlat(995, 50)
    assert net.islands[["lon", "lat"]].iloc[0].tolist() == pytest.approx([lon, lat], abs=1e-6)
    assert net.length_m == near(3000 + 1990 + 2010 + 40)
    feet = net.snap(*lonlat(np.array([20.0, 500.0]), np.array([-31.0, 60.0])))
    assert feet.off_m.tolist() == [near(31), near(40)]


def test_the_longest_piece_is_a_mainland_however_short():
    net = network([(0, 0), (100, 0)], [(0, 50), (90, 50)])
    assert net.snap(*lonlat(50, 49)).off_m[0] == near(49)


def test_two_mainlands_are_not_joined():
    net = network([(0, 0), (2500, 0)], [(0, 100), (2500, 100)])
    walks = stations(net, [(100, 0), (100, 100)])
    assert [w.station_id for w in both_answers(walks, (0, 0), k=2)] == ["s0"]
    assert math.isnan(walks.metres(*lonlat(0, 0), [1])[0])
    assert walks.route(*lonlat(0, 0), "s1") is None


# ------------------------------------------------------------------ feet


def test_places_are_snapped_to_edges_and_not_to_nodes():
    net = network([(0, 0), (1000, 0)])
    feet = net.snap(*lonlat(np.array([400.0, 1100.0, 400.0]), np.array([30.0, 0.0, 501.0])))
    assert feet.edge.tolist() == [0, 0, -1]
    assert feet.at_m[:2].tolist() == [near(400), near(1000)]
    assert feet.off_m[:2].tolist() == [near(30), near(100)]
    assert np.isnan([feet.at_m[2], feet.off_m[2], feet.lon[2], feet.lat[2]]).all()
    assert net.snap([np.nan, 118.9], [28.95, np.inf]).edge.tolist() == [-1, -1]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_feet_are_the_nearest_places_of_all_edges(seed):
    rng = np.random.default_rng(seed)
    lines = [rng.uniform(-800, 800, (rng.integers(2, 5), 2)).tolist() for _ in range(6)]
    mainland = [(x, -900) for x in range(-5000, 5001, 200)]
    net = network(*lines, mainland)
    x, y = rng.uniform(-1500, 1500, (2, 30))
    feet = net.snap(*lonlat(x, y))
    islands = {round(m, 1) for m in net.islands["length_m"]}
    drawn = [shapely.LineString(line) for line in [*lines, mainland]]
    kept = [line for line in drawn if all(abs(line.length - m) > 0.2 for m in islands)]
    brute = shapely.distance(shapely.points(x, y), shapely.union_all(kept))
    assert ((brute < 500) == (feet.edge >= 0)).all()
    near_enough = feet.edge >= 0
    assert feet.off_m[near_enough] == pytest.approx(brute[near_enough], abs=NEAR_M)
    for lon, lat, row in zip(*lonlat(x, y), range(30), strict=True):
        one = net.side(step_free=False).feet.one(lon, lat)
        assert (one is None) == (feet.edge[row] < 0)
        if one is not None:
            assert one.off_m == pytest.approx(feet.off_m[row], abs=1e-6)
            assert GEOD.inv(one.lon, one.lat, lon, lat)[2] == pytest.approx(one.off_m, abs=1e-4)


# ------------------------------------------------------------------ the walk


def test_a_walk_is_the_way_to_the_network_along_it_and_from_it():
    net = network([(0, 0), (1000, 0)], [(1000, 0), (1000, 1000)])
    found = both_answers(stations(net, [(980, 600)]), (300, 40), k=1)[0]
    assert found.walk_m == near(40 + 700 + 600 + 20)
    assert found.straight_m == near(math.hypot(680, 560))


def test_one_walks_straight_to_what_is_no_farther_than_the_network():
    net = network([(0, 0), (1000, 0)])
    walks = stations(net, [(300, 260), (300, 320), (300, 95)])
    found = {w.station_id: w.walk_m for w in both_answers(walks, (300, 200), k=3)}
    assert found == {"s0": near(60), "s1": near(120), "s2": near(105)}
    assert walks.route(*lonlat(300, 200), "s0").length_m == near(60)


def test_one_walks_straight_also_to_a_station_far_from_the_network():
    net = network([(0, 0), (1000, 0)])
    walks = stations(net, [(300, 700)])
    assert both_answers(walks, (300, 400), k=1)[0].walk_m == near(300)
    assert both_answers(walks, (300, 100), k=1) == []


@pytest.mark.parametrize(("one", "other", "metres"), [(100, 700, 600), (700, 100, 600), (5, 5, 0)])
def test_places_on_one_edge(one, other, metres):
    net = network([(0, 0), (1000, 0)])
    assert walk(net, (one, 0), (other, 0)) == near(metres)


def test_the_way_round_may_be_shorter_than_along_one_edge():
    bow = [(0, 0), (0, 500), (200, 500), (200, 0)]
    net = network(bow, [(0, 0), (200, 0)])
    assert walk(net, (0, 50), (200, 50)) == near(300)
    assert walk(net, (0, 450), (200, 450)) == near(300)


def test_round_a_loop_the_shorter_way():
    ring = [(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)]
    net = network(ring, [(0, 0), (-500, 0)])
    assert (net.edges.start == net.edges.end).sum() == 1
    assert walk(net, (100, 0), (0, 100)) == near(200)
    assert walk(net, (400, 0), (400, 400)) == near(400)
    assert walk(net, (-500, 0), (0, 100)) == near(600)
    route = stations(net, [(0, 100)]).route(*lonlat(100, 0), "s0")
    assert route.length_m == near(200)


def test_a_closed_way_alone_is_walked_round():
    net = network([(0, 0), (400, 0), (400, 400), (0, 400), (0, 0)])
    assert walk(net, (100, 0), (0, 100)) == near(200)


def test_of_ways_between_the_same_nodes_the_shortest_counts_alone():
    straight, bow = [(0, 0), (300, 0)], [(0, 0), (150, 200), (300, 0)]
    for pair in itertools.permutations([straight, bow, bow[::-1]]):
        net = network(*pair, [(300, 0), (900, 0)])
        assert walk(net, (0, 0), (900, 0)) == near(900)
        assert walk(net, (150, 200), (900, 0)) == near(850)
        line = stations(net, [(900, 0)]).route(*lonlat(0, 0), "s0").line
        assert GEOD.line_length(*line.T) == near(900)


def test_a_spur_there_and_back_is_no_shortcut():
    net = network([(0, 0), (100, 0), (0, 0)], [(0, 0), (0, 300)])
    assert walk(net, (100, 0), (0, 300)) == near(400)


def test_stations_at_one_place_stand_in_the_order_of_their_ids():
    net = network([(0, 0), (1000, 0)])
    lon, lat = lonlat(np.full(4, 500.0), np.full(4, 20.0))
    walks = Walks(net, station_ids=["b", "d", "a", "c"], lon=lon, lat=lat)
    found = both_answers(walks, (100, 0), k=3)
    assert [w.station_id for w in found] == ["a", "b", "c"]
    assert [w.row for w in found] == [2, 0, 3]


def test_filters_limits_and_numbers():
    net = network([(0, 0), (3000, 0)])
    walks = stations(net, [(x, 0) for x in range(100, 1100, 100)])
    even = np.arange(10) % 2 == 0

    def ids(**asked):
        return [w.station_id for w in both_answers(walks, (0, 0), **asked)]

    assert ids(k=2) == ["s0", "s1"]
    assert ids(k=2, where=even) == ["s0", "s2"]
    assert ids(k=10**9, where=even) == ["s0", "s2", "s4", "s6", "s8"]
    assert ids(k=5, max_m=300.5) == ["s0", "s1", "s2"]
    assert ids(k=5, where=np.zeros(10, dtype=bool)) == []
    assert ids(k=0) == []
    assert both_answers(walks, (0, 600), k=3) == []


def test_stations_without_a_place_are_never_found():
    net = network([(0, 0), (3000, 0)])
    lon, lat = lonlat(10, 0)
    walks = Walks(net, station_ids=["a", "b"], lon=[np.nan, lon], lat=[np.nan, lat])
    assert [w.station_id for w in both_answers(walks, (0, 0), k=2)] == ["b"]
    assert np.isnan(walks.metres(*lonlat(0, 0), [0])).all()
    assert walks.route(*lonlat(0, 0), "a") is None
    assert walks.route(*lonlat(0, 0), "nobody") is None


def test_a_city_without_ways_answers_nothing():
    for net in (
        network([(0, 0), (9, 9)], highway="motorway"),
        network([(0, 0), (9, 9)], foot="no"),
    ):
        walks = stations(net, [(0, 0)])
        assert walks.nearest(*lonlat(0, 0), k=3) == []
        assert np.isnan(walks.metres(*lonlat(0, 0), [0])).all()
        assert (net.length_m, len(net.islands), net.snap(*lonlat(0, 0)).edge[0]) == (0, 0, -1)
        assert net.to_nearest([], [])[0].size == 0
    empty = Network.from_ways(layers.empty("ways"))
    assert Walks(empty, station_ids=[], lon=[], lat=[]).nearest(118.9, 28.95, k=1) == []


def test_without_steps_one_goes_round_or_not_at_all():
    steps = ([(0, 0), (0, 100)], {"highway": "steps"})
    net = network(steps, [(0, 0), (1000, 0), (1000, 100), (0, 100)], [(0, 100), (0, 200)])
    assert walk(net, (0, 0), (0, 200)) == near(200)
    assert walk(net, (0, 0), (0, 200), step_free=True) == near(2200)
    hill = network(steps, [(0, 0), (2500, 0)], [(0, 100), (2500, 100)])
    assert walk(hill, (0, 0), (0, 100)) == near(100)
    assert math.isnan(walk(hill, (0, 0), (0, 100), step_free=True))
    assert both_answers(stations(hill, [(5, 100)], step_free=True), (0, 0), k=1) == []
    only = network(([(0, 0), (0, 3000)], {"highway": "steps"}))
    assert stations(only, [(0, 9)], step_free=True).nearest(*lonlat(0, 0), k=1) == []


def test_nobody_has_a_door_on_the_stairs():
    """A footbridge over a street: what is beside its stairs is joined to the street."""
    stairs = ([(0, 0), (0, 40)], {"highway": "steps"})
    net = network([(-1500, 0), (0, 0), (1500, 0)], stairs, [(0, 40), (300, 40)])
    feet = [net.snap(*lonlat(-2, 15), step_free=free) for free in (False, True)]
    assert [foot.off_m[0] for foot in feet] == [near(15), near(15)]
    assert feet[0].edge[0] == feet[1].edge[0]
    assert not net.edges.stairs[feet[0].edge[0]]


def test_what_only_stairs_reach_is_joined_to_no_other_street_without_steps():
    stairs = ([(0, 0), (0, 33)], {"highway": "steps"})
    net = network([(-600, 0), (0, 0), (3000, 0)], stairs, [(0, 33), (33, 33)])
    assert walk(net, (-500, 0), (33, 33)) == near(500 + 33 + 33)
    free = stations(net, [(33, 33), (33, 5)], step_free=True)
    assert np.isnan(free.metres(*lonlat(-500, 0), [0])).all()
    assert [w.station_id for w in both_answers(free, (-500, 0), k=2)] == ["s1"]
    assert free.route(*lonlat(-500, 0), "s0") is None
    assert [w.station_id for w in both_answers(free, (20, 34), k=2)] == ["s0"]


def test_one_walks_straight_without_steps_only_where_a_way_without_leads():
    stairs = ([(0, 0), (0, 40)], {"highway": "steps"})
    net = network([(-1500, 0), (0, 0), (1500, 0)], stairs, [(0, 40), (300, 40)])
    below, above, nowhere = (200, 14), (200, 30), (200, -700)
    places = [below, above, nowhere]
    walks = {free: stations(net, places, step_free=free) for free in (False, True)}
    found = {f: w.metres(*lonlat(200, 19), [0, 1, 2]) for f, w in walks.items()}
    assert found[False][:2] == pytest.approx([5, 11], abs=NEAR_M)
    assert found[True][0] == near(5)
    assert np.isnan(found[True][1:]).all()
    assert [w.station_id for w in both_answers(walks[True], (200, 19), k=3)] == ["s0"]
    far = stations(net, [nowhere], step_free=True)
    assert both_answers(far, (200, -400), k=1) == []
    assert far.route(*lonlat(200, -400), "s0") is None
    assert walk(net, (200, -400), nowhere) == near(300)


# ------------------------------------------------------------------ routes


def test_a_route_tells_its_legs_and_turns():
    net = network(
        ([(0, 0), (300, 0)], {"name": "衢江路"}),
        ([(300, 0), (600, 0)], {"name": "衢江路"}),
        ([(600, 0), (600, -15)], {"highway": "footway", "footway": "crossing"}),
        ([(600, -15), (600, -60)], {"highway": "steps"}),
        ([(600, -60), (900, -60)], {"highway": "footway", "name": "滨江步道"}),
    )
    route = stations(net, [(800, -100)]).route(*lonlat(100, 4), "s0")
    told = [(leg.name, leg.kind, leg.stairs, leg.turn) for leg in route.legs]
    assert told == [
        ("衢江路", "road", False, ""),
        (None, "crossing", False, "right"),
        (None, "steps", True, "straight"),
        ("滨江步道", "footway", False, "left"),
        (None, "path", False, "right"),
    ]
    assert [leg.length_m for leg in route.legs] == [near(m) for m in (504, 15, 45, 200, 40)]
    assert route.length_m == near(804)


def test_a_route_follows_the_bends_of_its_edges_either_way():
    bends = [(0, 0), (100, 80), (200, -80), (300, 0)]
    net = network(bends)
    there = stations(net, [(300, 0)]).route(*lonlat(0, 0), "s0")
    back = stations(net, [(0, 0)]).route(*lonlat(300, 0), "s0")
    expected = np.c_[lonlat(*np.array(bends, dtype=float).T)]
    assert there.line == pytest.approx(expected, abs=1e-9)
    assert back.line == pytest.approx(expected[::-1], abs=1e-9)


def test_to_the_place_where_one_stands_there_is_no_way_to_go():
    route = stations(network([(0, 0), (300, 0)]), [(100, 0)]).route(*lonlat(100, 0), "s0")
    assert route.length_m == near(0)
    assert len(route.line) >= 1


# ------------------------------------------------------------------ in a city


def test_an_atlas_from_before_the_columns_is_read_without_them(tmp_path: Path):
    frame = gpd.GeoDataFrame(
        {"way_id": [1], "highway": ["residential"]},
        geometry=[shapely.LineString([lonlat(0, 0), lonlat(0, 900)])],
        crs=4326,
    )
    old = layers.conform("ways", frame.assign(source="osm")).drop(columns=["foot", "footway"])
    store = Store(tmp_path)
    store.write({"ways": old}, sources=[], base=None)
    read = layers.public("ways", layers.read(store.current(), "ways"))
    assert read[["foot", "footway"]].isna().all(axis=None)
    assert Network.from_ways(read).length_m == near(900)


def test_a_city_keeps_its_network_while_only_the_register_changes(tmp_path: Path):
    town = City.create(tmp_path / "town", standard="quzhou-2018", adcode="330800")
    assert not len(town.now().walking().edges)
    town.import_file("osm", small_city.osm_file(tmp_path / "town.osm"))
    before = town.now().walking()
    assert len(before.edges) == 3
    rows = small_city.table(tmp_path / "s.csv", small_city.station_rows())
    town.import_file("stations", rows, datum="wgs84")
    assert len(town.now().stations()) == 6
    assert town.now().walking() is before
    roads = small_city.osm_file(tmp_path / "town.osm", roads=small_city.ROADS[:2])
    town.import_file("osm", roads)
    assert len(town.now().walking().edges) == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([[(0, 0), (3000, 0)]], "people can walk 3.0 km of its ways"),
        (
            [[(0, 0), (3000, 0)], [(0, 90), (700, 90)], [(0, 95), (800, 95)]],
            "people can walk 4.5 km of its ways; 2 pieces of them, 1.5 km together,",
        ),
        ([([(0, 0), (3000, 0)], {"highway": "motorway"})], "no way in it is open to people"),
    ],
)
def test_an_import_tells_what_can_be_walked(lines, told):
    rows = [line if isinstance(line[1], dict) else (line, {}) for line in lines]
    frame = gpd.GeoDataFrame(
        [{"highway": "residential", **tags} for _, tags in rows],
        geometry=[shapely.LineString(points) for points, _ in rows],
        crs=CRS,
    )
    (note,) = on_foot.notes(frame.to_crs(4326))
    assert str(note).startswith(told)


def test_the_public_names_are_there():
    assert all(hasattr(walking, name) for name in walking.__all__)
