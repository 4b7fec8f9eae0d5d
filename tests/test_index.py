"""The live index gives what a scan of all stations would give, anywhere on earth."""

import math
import threading

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from stationmap.errors import CrsError, InputError
from stationmap.index import StationIndex

GEOD = pyproj.Geod(ellps="WGS84")


def frame(places):
    """A frame of stations "0", "1", … at (lon, lat)."""
    ids = [str(i) for i in range(len(places))]
    points = [None if p is None else shapely.Point(p) for p in places]
    return gpd.GeoDataFrame({"station_id": ids}, geometry=points, crs="EPSG:4326")


def scan(stations, lon, lat):
    """Every (metres, id), nearest first, by geodesics."""
    found = [(GEOD.inv(lon, lat, *place)[2], name) for name, place in stations.items()]
    return sorted(found)


# a city across the antimeridian, on a grid whose degrees are exact in binary: many ties
grid_lon = st.integers(-64, 64).map(lambda i: (180 + i / 1024 + 180) % 360 - 180)
grid_lat = st.integers(-64, 64).map(lambda i: -17 + i / 1024)


class Live(RuleBasedStateMachine):
    """Any sequence of changes leaves the index equal to a plain dict of stations."""

    def __init__(self):
        super().__init__()
        start = [(179.95, -17.0), (-179.95, -17.0), None]
        self.index = StationIndex(frame(start))
        self.stations = {"0": start[0], "1": start[1]}
        self.count = len(start)

    def some(self, data):
        return data.draw(st.sampled_from(sorted(self.stations)))

    @rule(lon=grid_lon, lat=grid_lat)
    def insert(self, lon, lat):
        self.index.insert(str(self.count), lon=lon, lat=lat)
        self.stations[str(self.count)] = (lon, lat)
        self.count += 1

    @precondition(lambda self: self.stations)
    @rule(data=st.data(), lon=grid_lon, lat=grid_lat)
    def move(self, data, lon, lat):
        name = self.some(data)
        self.index.move(name, lon=lon, lat=lat)
        self.stations[name] = (lon, lat)

    @precondition(lambda self: self.stations)
    @rule(data=st.data())
    def remove(self, data):
        name = self.some(data)
        self.index.remove(name)
        del self.stations[name]

    @precondition(lambda self: self.stations)
    @rule(data=st.data(), lon=grid_lon, lat=grid_lat)
    def insert_twice_changes_nothing(self, data, lon, lat):
        with pytest.raises(InputError, match="already"):
            self.index.insert(self.some(data), lon=lon, lat=lat)

    @rule()
    def unknown_changes_nothing(self):
        with pytest.raises(InputError, match="station x is not in the index"):
            self.index.remove("x")
        with pytest.raises(InputError, match="station x is not in the index"):
            self.index.move("x", lon=0.0, lat=0.0)

    @precondition(lambda self: self.stations)
    @rule(data=st.data(), lon=st.sampled_from([math.nan, 181.0, -math.inf]))
    def no_place_changes_nothing(self, data, lon):
        with pytest.raises(InputError, match="no place"):
            self.index.move(self.some(data), lon=lon, lat=0.0)
        with pytest.raises(InputError, match="no place"):
            self.index.insert("x", lon=0.0, lat=lon)

    @rule(lon=grid_lon, lat=grid_lat, k=st.integers(1, 6), odd_only=st.booleans())
    def nearest(self, lon, lat, k, odd_only):
        def odd(name):
            return int(name) % 2 == 1

        found = self.index.nearest(lon, lat, k=k, where=odd if odd_only else None)
        stations = {n: p for n, p in self.stations.items() if not odd_only or odd(n)}
        expected = scan(stations, lon, lat)
        assert len(found) == min(k, len(expected))
        metres = {name: m for m, name in expected}
        for near, (m, _) in zip(found, expected, strict=False):
            # the same distances in the same order; equal ones may stand either way in the scan
            assert near.distance_m == pytest.approx(m, rel=1e-5, abs=1e-3)
            assert near.distance_m == pytest.approx(metres[near.station_id], rel=1e-5, abs=1e-3)
        assert list(found) == sorted(found, key=lambda n: (n.distance_m, n.station_id))

    @rule(west=grid_lon, south=grid_lat, east=grid_lon, height=st.integers(0, 40))
    def viewport(self, west, south, east, height):
        north = south + height / 1024

        def sees(lon, lat):
            across = west <= lon <= east if west <= east else lon >= west or lon <= east
            return across and south <= lat <= north

        expected = {n for n, (lon, lat) in self.stations.items() if sees(lon, lat)}
        assert set(self.index.viewport((west, south, east, north))) == expected

    @invariant()
    def same_members(self):
        assert len(self.index) == len(self.stations)
        assert all(name in self.index for name in self.stations)


TestLive = Live.TestCase
TestLive.settings = settings(deadline=None, max_examples=60, stateful_step_count=30)


@settings(deadline=None, max_examples=60)
@given(
    places=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=12),
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
)
def test_distances_are_geodesic_anywhere_on_earth(places, lon, lat):
    found = StationIndex(frame(places)).nearest(lon, lat, k=len(places) + 1)
    expected = {name: m for m, name in scan(dict(enumerate(places)), lon, lat)}
    assert {int(n.station_id) for n in found} == set(expected)
    for near in found:
        m = expected[int(near.station_id)]
        assert near.distance_m == pytest.approx(m, rel=1e-5, abs=1e-3)


@settings(deadline=None, max_examples=60)
@given(
    places=st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=30),
    west=st.floats(-180, 180),
    width=st.floats(0, 359),
    south=st.floats(-90, 90),
    height=st.floats(0, 180),
)
def test_windows_of_any_size_see_what_a_scan_sees(places, west, width, south, height):
    east = west + width
    north = min(south + height, 90.0)
    seen = StationIndex(frame(places)).viewport((west, south, east, north))
    for i, (lon, lat) in enumerate(places):
        inside = min((lon - west) % 360, 360 - (lon - west) % 360)
        if inside < 1e-9 or abs((lon - west) % 360 - width) < 1e-9:
            continue  # on the rim, where a longitude's rounding decides
        expected = (lon - west) % 360 < width and south <= lat <= north
        assert (str(i) in seen) == expected


@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0, -89.9])
@pytest.mark.parametrize("metres", [0.5, 50.0, 5_000.0, 150_000.0])
def test_distance_is_ground_metres(lat, metres):
    for azimuth in (0, 45, 90):
        lon_b, lat_b, _ = GEOD.fwd(118.9, lat, azimuth, metres)
        near = StationIndex(frame([(lon_b, lat_b)])).nearest(118.9, lat)[0]
        assert near.distance_m == pytest.approx(metres, rel=1e-5)


def test_equal_distances_stand_in_the_order_of_ids_even_at_the_cut():
    index = StationIndex(frame([(118.9, 29.0)] * 9))
    assert [n.station_id for n in index.nearest(118.9, 29.0, k=3)] == ["0", "1", "2"]


def test_a_rare_station_is_found_and_each_is_asked_once():
    rng = np.random.default_rng(7)
    places = (np.array([118.8, 28.9]) + rng.random((2000, 2)) * 0.2).tolist()
    asked = []

    def rare(name):
        asked.append(name)
        return name == "1234"

    found = StationIndex(frame(places)).nearest(118.7, 28.8, k=2, where=rare)
    assert [n.station_id for n in found] == ["1234"]
    assert len(asked) == len(set(asked)) == 2000


def test_an_index_that_nothing_passes_or_that_is_empty_finds_none():
    index = StationIndex(frame([(118.9, 29.0)]))
    assert index.nearest(118.9, 29.0, k=5, where=lambda _: False) == []
    empty = StationIndex(frame([None]))
    assert empty.nearest(0, 0, k=5) == []
    assert empty.viewport((-180, -90, 180, 90)) == []
    empty.insert("a", lon=179.0, lat=0.0)
    assert empty.viewport((170, -1, 190, 1)) == ["a"]
    assert empty.viewport((-180, -90, 180, 90)) == ["a"]


def test_a_window_includes_its_edges_and_nothing_1_mm_beyond():
    index = StationIndex(frame([(118.9, 29.0)]))
    mm = 1e-8
    assert index.viewport((118.9, 29.0, 118.9, 29.0)) == ["0"]
    assert index.viewport((118.9 + mm, 28.0, 119.0, 30.0)) == []
    assert index.viewport((118.0, 28.0, 118.9 - mm, 30.0)) == []
    assert index.viewport((118.0, 29.0 + mm, 119.0, 30.0)) == []
    assert index.viewport((118.0, 28.0, 119.0, 29.0 - mm)) == []


def test_what_cannot_be_answered_is_refused():
    index = StationIndex(frame([(118.9, 29.0)]))
    with pytest.raises(InputError, match="no place"):
        index.nearest(math.nan, 29.0)
    with pytest.raises(InputError, match="k is 0"):
        index.nearest(118.9, 29.0, k=0)
    for bbox in [(0, 1, 1, 0), (0, 0, math.nan, 1), (math.inf, 0, 1, 1)]:
        with pytest.raises(InputError, match="window"):
            index.viewport(bbox)
    with pytest.raises(CrsError, match="EPSG:4326"):
        StationIndex(frame([(118.9, 29.0)]).to_crs(3857))
    with pytest.raises(CrsError, match="no reference system"):
        StationIndex(frame([(118.9, 29.0)]).set_crs(None, allow_override=True))
    with pytest.raises(InputError, match="already"):
        StationIndex(frame([(1, 1), (2, 2)]).assign(station_id="a"))
    with pytest.raises(InputError, match="no place"):
        StationIndex(frame([(1, 1), (2, 91)]))


def test_threads_may_ask_while_others_change():
    index = StationIndex(frame([(118.9 + i / 1e4, 29.0) for i in range(200)]))
    errors = []

    def work(number):
        try:
            for i in range(100):
                index.insert(f"{number}-{i}", lon=118.9, lat=29.1 + i / 1e4)
                assert len(index.nearest(118.9, 29.05, k=5)) == 5
                index.viewport((118.8, 28.9, 119.0, 29.2))
                index.remove(f"{number}-{i}")
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(index) == 200
