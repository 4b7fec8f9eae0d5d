"""Walking in a city: what is open on foot, where places meet it, stations by the walk, routes."""

import itertools
import math
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely
import small_city
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap import walking
from stationmap.city import City, layers, on_foot
from stationmap.city.versions import Store
from stationmap.crs import local_crs
from stationmap.errors import CrsError
from stationmap.walking import Network, Walks, lists, side, walkable

CRS = local_crs([118.89, 118.91], [28.94, 28.96])
TO_WGS84 = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
GEOD = pyproj.Geod(ellps="WGS84")
NEAR_M = 0.05  # a metre of the plane is one over ground to 1e-5


def lonlat(x, y):
    return TO_WGS84.transform(x, y)


def network(*lines, **columns):
    """Ways drawn in metres; a line is its points, or (points, tags)."""
    rows = []
    for line in lines:
        points, tags = line if isinstance(line[1], dict) else (line, {})
        rows.append({"highway": "residential", **tags, "geometry": shapely.LineString(points)})
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS).to_crs(4326)
    return Network.from_ways(frame.assign(**columns))


def stations(net, places, **options):
    ids = [f"s{i}" for i in range(len(places))]
    lon, lat = lonlat(*np.array(places, dtype=float).T)
    return Walks(net, station_ids=ids, lon=lon, lat=lat, **options)


def walk(net, one, other, **options):
    return stations(net, [other], **options).metres(*lonlat(*one), [0])[0]


def both_answers(walks, at, **asked):
    """Answer of a search, then, asked often enough, of the lists."""
    found = [walks.nearest(*lonlat(*at), **asked) for _ in range(8)]
    first, last = found[0], found[-1]
    assert [w.station_id for w in first] == [w.station_id for w in last]
    assert [w.walk_m for w in first] == pytest.approx([w.walk_m for w in last], abs=1e-6)
    return last


def near(value):
    return pytest.approx(value, abs=NEAR_M)


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


@settings(max_examples=40)
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
    only = network(([(0, 0), (0, 3000)], {"highway": "steps"}))
    assert stations(only, [(0, 9)], step_free=True).nearest(*lonlat(0, 0), k=1) == []


# ------------------------------------------------------------------ against another search


@pytest.fixture(scope="module")
def cramped():
    """Neighbourhoods, tiles and lists so small that a few streets go beyond all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(side, "_SMALL", 0)
        patch.setattr(side, "_FIRST_M", 150.0)
        for name, value in {"_TILE_M": 300.0, "_LEAST_M": 100.0, "_MOST_M": 500.0}.items():
            patch.setattr(lists, name, value)
        patch.setattr(lists, "LENGTH", 3)
        yield


def town(rng):
    """A lattice with gaps, parallel ways, loops, steps and ways that are cut off."""
    n = int(rng.integers(4, 9))
    x, y = np.meshgrid(np.arange(n) * 100.0, np.arange(n) * 100.0)
    x, y = x + rng.uniform(-30, 30, x.shape), y + rng.uniform(-30, 30, y.shape)
    spots = list(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))
    lines = []
    for i, j in itertools.product(range(n), range(n)):
        for a, b in ((i, j + 1), (i + 1, j)):
            if a < n and b < n and rng.random() < 0.8:
                one, other = spots[i * n + j], spots[a * n + b]
                steps = {"highway": "steps"} if rng.random() < 0.1 else {}
                lines.append(([one, other], steps))
                if rng.random() < 0.1:
                    lines.append(([one, tuple(rng.uniform(0, n * 100, 2)), other], {}))
        if rng.random() < 0.1:
            a, b = spots[i * n + j]
            lines.append(([(a, b), (a + 20, b), (a + 20, b + 20), (a, b)], {}))
    for _ in range(3):
        at = rng.uniform(0, n * 100, 2)
        lines.append(([tuple(at), tuple(at + rng.uniform(5, 40, 2))], {}))
    return network(*lines), n * 100.0


def oracle(net, step_free):
    """The mainlands as networkx sees them."""
    graph = nx.MultiGraph()
    edges = net.edges
    for row in range(len(edges)):
        if not (step_free and edges.stairs[row]):
            ends = int(edges.start[row]), int(edges.end[row])
            graph.add_edge(*ends, key=row, weight=float(edges.length_m[row]))
    lands = [graph.subgraph(nodes) for nodes in nx.connected_components(graph)]
    metres = [land.size(weight="weight") for land in lands]
    kept = [lnd for lnd, m in zip(lands, metres, strict=True) if m >= 2000 or m == max(metres)]
    return nx.compose_all(kept)


def joined(graph, net, feet):
    """The graph with a node for each foot, joined to the ends of its edge and to other feet."""
    graph = nx.MultiGraph(graph)
    edges = net.edges
    for name, foot in feet.items():
        ends = int(edges.start[foot.edge]), int(edges.end[foot.edge])
        graph.add_edge(name, ends[0], weight=foot.at_m)
        graph.add_edge(name, ends[1], weight=max(float(edges.length_m[foot.edge]) - foot.at_m, 0))
    for (a, one), (b, other) in itertools.combinations(feet.items(), 2):
        if one.edge == other.edge:
            graph.add_edge(a, b, weight=abs(one.at_m - other.at_m))
    return graph


@pytest.mark.usefixtures("cramped")
def test_lists_have_stations_far_from_where_they_are_asked_for():
    net = network([(0, 0), (590, 0)], [(590, 0), (3000, 0)])
    walks = stations(net, [(900, 0), (270, 0)])  # 300 m and 30 m from the tile of 590
    assert [w.station_id for w in both_answers(walks, (590, 0), k=1)] == ["s0"]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
@pytest.mark.usefixtures("cramped")
def test_walks_are_those_of_another_search(seed, step_free):
    rng = np.random.default_rng(seed)
    net, size = town(rng)
    spots = rng.uniform(-200, size + 200, (25, 2))
    spots[20:] = spots[:5]
    lon, lat = lonlat(*spots.T)
    ids = [f"s{i:02d}" for i in rng.permutation(25)]
    walks = Walks(net, station_ids=ids, lon=lon, lat=lat, step_free=step_free)
    snapped = net.snap(lon, lat, step_free=step_free)
    feet = {ids[row]: snapped[row] for row in range(25) if snapped[row] is not None}
    graph = oracle(net, step_free)
    for _ in range(4):
        x, y = lonlat(*rng.uniform(-100, size + 100, 2))
        mine = net.snap(x, y, step_free=step_free)[0]
        straight = dict(zip(ids, GEOD.inv([x] * 25, [y] * 25, lon, lat)[2], strict=True))
        due = {}
        if mine is not None:
            whole = joined(graph, net, {**feet, "here": mine})
            reached = nx.single_source_dijkstra_path_length(whole, "here")
            due = {i: mine.off_m + reached[i] + f.off_m for i, f in feet.items() if i in reached}
            due = {i: max(m, straight[i]) for i, m in due.items()}
            due |= {i: m for i, m in straight.items() if m <= mine.off_m}
        metres = walks.metres(x, y, np.arange(25))
        expected = [due.get(i, math.nan) for i in ids]
        assert metres == pytest.approx(expected, abs=1e-5, nan_ok=True)
        where = rng.random(25) < rng.choice([0.1, 0.5, 1.0])
        k, max_m = int(rng.integers(1, 9)), float(rng.choice([200.0, 600.0, math.inf]))
        passing = [(m, i) for i, m in due.items() if m <= max_m and where[ids.index(i)]]
        for _ in range(8):
            found = walks.nearest(x, y, k=k, where=where, max_m=max_m)
            wanted = sorted(passing)[:k]
            assert [w.walk_m for w in found] == pytest.approx([m for m, _ in wanted], abs=1e-5)
            assert [w.walk_m for w in found] == pytest.approx([due[w.station_id] for w in found])
            assert [w.straight_m for w in found] == pytest.approx(
                [straight[w.station_id] for w in found], abs=1e-4
            )
            assert found == sorted(found, key=lambda w: (w.walk_m, w.station_id))
        for one in found[-1:]:
            route = walks.route(x, y, one.station_id)
            assert route.length_m == pytest.approx(one.walk_m, abs=1e-5)
            assert sum(leg.length_m for leg in route.legs) == pytest.approx(route.length_m)
            assert GEOD.line_length(*route.line.T) == near(route.length_m)
            assert not (step_free and any(leg.stairs for leg in route.legs))
            assert route.line[0].tolist() == [x, y]
            assert route.line[-1].tolist() == [lon[one.row], lat[one.row]]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_every_node_to_the_nearest_place_is_that_of_another_search(seed, step_free):
    rng = np.random.default_rng(seed)
    net, size = town(rng)
    lon, lat = lonlat(*rng.uniform(-600, size + 600, (2, 8)))
    lon[0], lat[0] = net.nodes[int(rng.integers(len(net.nodes)))]
    snapped = net.snap(lon, lat, step_free=step_free)
    feet = {f"p{i}": snapped[i] for i in range(8) if snapped[i] is not None}
    graph = oracle(net, step_free)
    metres, which = net.to_nearest(lon, lat, step_free=step_free)
    whole = joined(graph, net, feet)
    for name, foot in feet.items():
        whole.add_edge("all", name, weight=foot.off_m)
    due = nx.single_source_dijkstra_path_length(whole, "all") if feet else {}
    expected = [due.get(node, math.inf) for node in range(len(net.nodes))]
    assert metres == pytest.approx(expected, abs=1e-6)
    assert (which >= 0).tolist() == np.isfinite(metres).tolist()
    for place, foot in feet.items():
        own = np.flatnonzero(which == int(place[1:]))
        alone = nx.single_source_dijkstra_path_length(joined(graph, net, {place: foot}), place)
        assert metres[own] == pytest.approx([alone[n] + foot.off_m for n in own.tolist()])


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
