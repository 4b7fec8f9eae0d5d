"""Walks are those of another search, with parts and lists made tiny; what is kept of them."""

import itertools
import math
from concurrent.futures import ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
from drawn_ways import GEOD, both_answers, lonlat, near, network, stations
from hypothesis import given, settings
from hypothesis import strategies as st

from stationmap.walking import Walks, lists, side
from stationmap.walking.kept import Kept


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
    """The mainlands as networkx sees them, without their stairs if asked for."""
    graph = nx.MultiGraph()
    edges = net.edges
    for row in range(len(edges)):
        ends = int(edges.start[row]), int(edges.end[row])
        graph.add_edge(*ends, key=row, weight=float(edges.length_m[row]))
    lands = [graph.subgraph(nodes) for nodes in nx.connected_components(graph)]
    metres = [land.size(weight="weight") for land in lands]
    kept = [lnd for lnd, m in zip(lands, metres, strict=True) if m >= 2000 or m == max(metres)]
    whole = nx.compose_all(kept)
    stairs = [(a, b, row) for a, b, row in whole.edges(keys=True) if edges.stairs[row]]
    if step_free:
        whole.remove_edges_from(stairs)
    return whole


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
            near_by = {i: m for i, m in straight.items() if m <= mine.off_m}
            due |= {i: m for i, m in near_by.items() if i in due or not step_free}
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


# ------------------------------------------------------------------ what is kept


def test_what_was_asked_for_longest_ago_is_let_go():
    kept = Kept(10)
    for key in "abc":
        kept.put(key, key.upper(), size=3)
    assert kept.get("a") == "A"
    kept.put("d", "D", size=4)
    assert [kept.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    assert kept.size == 10
    assert kept.put("a", "other", size=3) == "A"
    kept.put("huge", "all", size=99)
    assert [kept.get(key) for key in ("a", "huge")] == [None, "all"]


@pytest.mark.usefixtures("cramped")
def test_asking_all_over_a_city_keeps_no_more_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(side, "MOST_NODES", 60)
    monkeypatch.setattr("stationmap.walking.nearest.MOST_NODES", 60)
    monkeypatch.setattr(lists, "_MOST_NODES", 30)
    net, places = _lattice()
    walks = stations(net, places)
    roomy = net.side(step_free=False)
    answers = {}
    for x, y in itertools.product(range(0, 2000, 150), repeat=2):
        for reach in (80.0, 400.0):
            found = walks.nearest(*lonlat(x, y), k=3, max_m=reach)
            assert answers.setdefault((x, y, reach), found) == found
            for held in (roomy._around, walks._parts, walks._lists._tiles):
                assert held.size <= held._most or len(held) == 1
    assert len(walks._lists._tiles)


@pytest.mark.usefixtures("cramped")
def test_many_threads_at_once_get_the_answers_of_one(monkeypatch):
    monkeypatch.setattr(lists, "_MOST_NODES", 30)
    net, places = _lattice()
    rng = np.random.default_rng(4)
    asked = [lonlat(*rng.uniform(0, 2000, 2)) for _ in range(60)] * 10
    alone, together = stations(net, places), stations(net, places)
    due = [[w.walk_m for w in alone.nearest(*at, k=3)] for at in asked]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda at: [w.walk_m for w in together.nearest(*at, k=3)], asked))
    for one, other in zip(found, due, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_lists_are_the_same_however_few_searches_run_at_once(monkeypatch):
    net, places = _lattice()
    spots = [(x, y) for x in range(50, 2000, 400) for y in range(30, 2000, 400)]
    monkeypatch.setattr(lists, "LENGTH", 4)
    whole = stations(net, places)
    due = [[w.walk_m for w in both_answers(whole, at, k=3)] for at in spots]
    monkeypatch.setattr(lists, "_AT_ONCE", 3)
    batches = stations(net, places)
    for at, metres in zip(spots, due, strict=True):
        found = [w.walk_m for w in both_answers(batches, at, k=3)]
        assert found == pytest.approx(metres, abs=1e-6)


def _lattice():
    """Streets 200 m apart, 2 km each way, and 60 places beside them."""
    lines = range(0, 2001, 200)
    across = [[(x, y) for x in lines] for y in lines]
    up = [[(x, y) for y in lines] for x in lines]
    rng = np.random.default_rng(11)
    return network(*across, *up), rng.uniform(0, 2000, (60, 2))
