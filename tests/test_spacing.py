"""The spacing rule: DESIGN's example, every limit, rings, corners, and brute force."""

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPoint, Point
from spacing_towns import CRS, random_town, slow_check, stations_of, streets_of

from stationmap.checks.spacing import check, find_gaps, prepare, update
from stationmap.crs import local_crs
from stationmap.errors import CrsError, InputError


def at(*chainages, y=5.0):
    return stations_of([Point(x, y) for x in chainages])


def run(lines, stations, *, spacing_m=50.0, snap_m=30.0, sides="both", **kwargs):
    prepared = prepare(streets_of(lines, **kwargs), spacing_m=spacing_m, snap_m=snap_m, sides=sides)
    return check(prepared, stations)


STREET = LineString([(0, 0), (200, 0)])


def pieces(spacing):
    gaps = spacing.gaps()
    return [
        (float(a), float(b), float(g), int(n))
        for a, b, g, n in zip(
            gaps["from_m"], gaps["to_m"], gaps["length_m"], gaps["points_needed"], strict=True
        )
    ]


# --------------------------------------------------------------------------- three readings


def test_three_readings_of_the_example_disagree():
    found = run([STREET], at(0, 10, 20, 30, 200))
    summary = found.summary()
    assert summary["count_ok"] is True
    assert pieces(found) == [(30, 200, 170, 3)]
    assert summary["covered_share"] == pytest.approx(0.65)
    assert [found.met(reading) for reading in ("count", "gap", "covered")] == [True, False, False]


def test_a_gap_carries_the_columns_of_the_contract_and_the_geometry_of_its_stretch():
    found = run([LineString([(0, 0), (100, 0), (100, 100)])], at(0, 30))
    gap = found.gaps().iloc[0]
    assert list(found.gaps().columns) == [
        "gap_id",
        "street_id",
        "street_name",
        "street_class",
        "adcode",
        "part",
        "side",
        "from_m",
        "to_m",
        "length_m",
        "points_needed",
        "frontage",
        "shops_m",
        "rule_id",
        "document",
        "clause",
        "geometry",
    ]
    assert found.gaps().crs == 4326
    planar = found.gaps().to_crs(CRS).geometry.iloc[0]
    assert planar.equals_exact(LineString([(30, 0), (100, 0), (100, 100)]), 1e-3)
    assert gap["gap_id"] == "330802-0-1-30-both"
    assert gap["street_name"] == "街0"


@pytest.mark.parametrize(
    ("x", "length"), [(20.0, 200.00007), (20.00004, 200.00006), (19.99996, 200)]
)
def test_a_gap_at_the_end_of_an_open_part_ends_at_its_length(x, length):
    found = run([LineString([(0, 0), (length, 0)])], at(x))
    assert pieces(found)[0][1] == round(length, 4)
    assert found.gaps().to_crs(CRS).geometry.iloc[0].length == pytest.approx(180, abs=1e-3)


def test_a_city_without_streets_or_stations_has_sensible_answers():
    nothing = run([], at())
    assert nothing.summary()["gaps"] == 0
    assert nothing.summary()["covered_share"] is None
    assert nothing.met("gap") is None
    assert len(nothing.gaps()) == len(nothing.streets()) == 0
    bare = run([STREET], at())
    assert pieces(bare) == [(0, 200, 200, 3)]
    assert bare.summary()["covered_share"] == 0
    assert run([], at(1, 2)).summary()["stations_counted"] == 0


def test_stations_without_a_place_count_nowhere():
    found = run([STREET], stations_of([None, Point(), Point(100, 3)]))
    assert found.summary()["stations_counted"] == 1
    assert pieces(found) == [(0, 100, 100, 1), (100, 200, 100, 1)]


def test_a_part_without_length_has_no_frontage():
    found = run([LineString([(5, 5), (5, 5)]), STREET], at(100))
    assert found.summary()["frontage_m"] == 200
    assert set(found.gaps()["street_id"]) == {"330802-1"}


def test_the_same_stations_given_in_degrees_find_the_same_gaps():
    stations = at(0, 60, 190)
    assert pieces(run([STREET], stations.to_crs(4326))) == pieces(run([STREET], stations))
    with pytest.raises(CrsError):
        run([STREET], stations.set_crs(None, allow_override=True))


# --------------------------------------------------------------------------- limits


@pytest.mark.parametrize(("x", "gaps"), [(49.999, 0), (50.0, 0), (50.00004, 0), (50.001, 1)])
def test_a_piece_of_exactly_the_spacing_is_no_gap(x, gaps):
    assert len(run([LineString([(0, 0), (90, 0)])], at(0, x)).gaps()) == gaps
    assert len(run([LineString([(0, 0), (x, 0)])], at(0)).gaps()) == gaps


@pytest.mark.parametrize(("away_m", "counts"), [(29.999, 1), (30.0, 1), (30.001, 0)])
def test_a_station_counts_up_to_the_snapping_distance(away_m, counts):
    assert run([STREET], at(100, y=away_m)).summary()["stations_counted"] == counts
    assert run([STREET], at(200 + away_m, y=0)).summary()["stations_counted"] == counts


@pytest.mark.parametrize(
    ("length_m", "needed"),
    [(50.001, 1), (99.999, 1), (100.0, 1), (100.001, 2), (150.0, 2), (150.001, 3), (1000.0, 19)],
)
def test_points_needed_leave_no_piece_longer_than_the_spacing(length_m, needed):
    found = run([LineString([(0, 0), (length_m, 0)])], at(0, length_m))
    assert [p[3] for p in pieces(found)] == [needed]


def frontage(*spans, length=400.0, closed=False, side="both"):
    """Stretches of one line: frontage inside the spans, none elsewhere."""
    edges = sorted({0.0, length, *(float(e) for span in spans for e in span)})
    return [
        (0, a, b, "main", "330802", "shops" if (a, b) in set(spans) else "none", side)
        for a, b in itertools.pairwise(edges)
    ]


LONG = LineString([(0, 0), (400, 0)])


@pytest.mark.parametrize(("x", "gaps"), [(150.001, 0), (150.0, 0), (149.999, 1)])
def test_short_frontage_is_a_gap_only_without_a_station_within_the_spacing_along_the_street(
    x, gaps
):
    spans = frontage((200.0, 220.0))
    before = run([LONG], at(x), stretches=spans)
    assert [p[2] for p in pieces(before)] == [20.0] * gaps
    assert [p[3] for p in pieces(before)] == [1] * gaps
    behind = run([LONG], at(420 - x), stretches=spans)
    assert len(behind.gaps()) == gaps


@pytest.mark.parametrize(("x", "cut"), [(199.999, False), (200.0, True), (200.001, True)])
def test_a_station_on_the_end_of_frontage_stands_on_it(x, cut):
    spans = frontage((200.0, 290.0))
    found = run([LONG], at(x), stretches=spans)
    assert found.summary()["runs_count_ok"] == cut
    assert [round(p[2]) for p in pieces(found)] == [90]  # not shortened by a station at its end
    touching = frontage((200.0, 290.0), (290.0, 380.0))
    assert [p[2] for p in pieces(run([LONG], at(290), stretches=touching))] == [90, 90]


def test_touching_stretches_are_one_run_whatever_their_class_and_district():
    rows = [
        (0, 0.0, 90.0, "main", "330802", "shops", "both"),
        (0, 90.0, 250.0, "secondary", "330803", "assumed", "both"),
        (0, 250.0, 400.0, "main", "330802", "none", "both"),
    ]
    shops = [(0, 10.0, 30.0, "both"), (0, 200.0, 300.0, "both")]
    found = run([LONG], at(), stretches=rows, shops=shops)
    gap = found.gaps().iloc[0]
    assert (gap["from_m"], gap["to_m"], gap["points_needed"]) == (0, 250, 4)
    assert (gap["street_class"], gap["adcode"], gap["frontage"]) == (
        "secondary",
        "330803",
        "assumed",
    )
    assert gap["shops_m"] == 70
    summary = found.summary()
    assert summary["by_class"]["main"]["frontage_m"] == 90
    assert summary["by_class"]["secondary"]["gaps"] == 1
    assert summary["by_class"]["main"]["gaps"] == 0
    assert summary["assumed_m"] == 160


def test_of_equal_halves_the_gap_belongs_to_the_first():
    rows = [
        (0, 0.0, 100.0, "secondary", "330803", "shops", "both"),
        (0, 100.0, 200.0, "main", "330802", "shops", "both"),
        (0, 200.0, 400.0, "main", "330802", "none", "both"),
    ]
    gap = run([LONG], at(), stretches=rows).gaps().iloc[0]
    assert (gap["street_class"], gap["adcode"]) == ("secondary", "330803")


# --------------------------------------------------------------------------- rings

RING = LineString([(0, 0), (50, 0), (50, 50), (0, 50), (0, 0)])  # 200 m round


def test_a_ring_without_a_station_is_one_gap_all_round():
    assert pieces(run([RING], at())) == [(0, 200, 200, 4)]


def test_one_station_leaves_one_piece_all_round_a_ring():
    found = run([RING], stations_of([Point(25, -4)]))
    assert pieces(found) == [(25, 25, 200, 3)]
    ring = found.gaps().to_crs(CRS).geometry.iloc[0]
    assert ring.length == pytest.approx(200, abs=1e-3)
    assert ring.coords[0] == pytest.approx((25, 0), abs=1e-3)
    assert pieces(run([RING], stations_of([Point(-3, -3)]))) == [(0, 200, 200, 3)]


def test_stations_cut_a_ring_into_as_many_pieces_and_one_runs_through_the_origin():
    found = run([RING], stations_of([Point(25, 2), Point(48, 40)]))
    assert pieces(found) == [(25, 90, 65, 1), (90, 25, 135, 2)]
    through = found.gaps().to_crs(CRS).geometry.iloc[1]
    assert through.length == pytest.approx(135, abs=1e-3)


@pytest.mark.parametrize(("stations", "ok"), [(3, False), (4, True)])
def test_a_ring_needs_a_station_for_every_piece(stations, ok):
    corners = [Point(0, 0), Point(50, 0), Point(50, 50), Point(0, 50)][:stations]
    found = run([RING], stations_of(corners))
    assert found.summary()["count_ok"] is ok
    assert len(found.gaps()) == (not ok)


def test_frontage_through_the_origin_of_a_ring_is_one_run():
    rows = [
        (0, 0.0, 60.0, "main", "330802", "shops", "both"),
        (0, 60.0, 150.0, "main", "330802", "none", "both"),
        (0, 150.0, 200.0, "main", "330802", "shops", "both"),
    ]
    assert pieces(run([RING], at(), stretches=rows)) == [(150, 60, 110, 2)]
    cut = run([RING], stations_of([Point(-2, 20)]), stretches=rows)  # at 180
    assert pieces(cut) == [(180, 60, 80, 1)]


@pytest.mark.parametrize(("y", "covered_m"), [(45, 5.0), (50, 0.0)])
def test_a_station_reaches_frontage_through_the_origin_of_a_ring(y, covered_m):
    spans = frontage((0.0, 10.0), length=200.0)
    found = run([RING], stations_of([Point(-1, y)]), stretches=spans)
    assert len(found.gaps()) == 0
    assert found.summary()["covered_m"] == pytest.approx(covered_m)
    assert len(run([RING], stations_of([Point(1, 51)]), stretches=spans).gaps()) == 1


# --------------------------------------------------------------------------- which stations count


def test_a_corner_station_counts_on_both_streets():
    cross = LineString([(100, -100), (100, 100)])
    found = run([STREET, cross], stations_of([Point(110, 12)]))
    assert found.summary()["stations_counted"] == 1
    assert [p[:3] for p in pieces(found)] == [
        (0, 110, 110),
        (110, 200, 90),
        (0, 112, 112),
        (112, 200, 88),
    ]


def test_a_station_near_two_places_of_a_part_counts_once_at_the_nearest():
    u_turn = LineString([(0, 0), (100, 0), (100, 40), (0, 40)])
    found = run([u_turn], stations_of([Point(50, 18)]))
    assert [p[:2] for p in pieces(found)] == [(0, 50), (50, 240)][1:]
    assert [s["at_m"] for s in found.strips("330802-0")[0]["stations"]] == [50]


def test_what_is_near_a_twin_counts_at_its_foot_on_the_measured_line():
    twins = [(0, LineString([(200, 35), (0, 35)]))]
    stations = stations_of([Point(100, 60)])  # 60 m from the line, 25 m from its twin
    assert run([STREET], stations).summary()["stations_counted"] == 0
    found = run([STREET], stations, twins=twins)
    assert [p[:2] for p in pieces(found)] == [(0, 100), (100, 200)]
    between = run([STREET], stations_of([Point(100, 20)]), twins=twins)
    assert [s["at_m"] for s in between.strips("330802-0")[0]["stations"]] == [100]


# --------------------------------------------------------------------------- both or each side


def test_a_station_serves_both_kerbs_or_its_own():
    left = at(100, y=8.0)
    assert len(run([STREET], left, spacing_m=100.0).gaps()) == 0
    each = run([STREET], left, spacing_m=100.0, sides="each")
    assert list(each.gaps()["side"]) == ["right"]
    assert each.summary()["frontage_m"] == 400
    assert each.summary()["covered_share"] == 0.5


@pytest.mark.parametrize(
    ("y", "gap_sides"),
    [
        (0.499, []),
        (-0.499, []),
        (0.5, ["right"]),
        (-0.5, ["left"]),
        (0.501, ["right"]),
        (-0.501, ["left"]),
    ],
)
def test_a_station_under_half_a_metre_from_the_line_counts_on_both_sides(y, gap_sides):
    found = run([STREET], at(100, y=y), spacing_m=100.0, sides="each")
    assert list(found.gaps()["side"]) == gap_sides


def test_sides_may_have_different_frontage():
    rows = [
        *frontage((0.0, 120.0), length=200.0, side="left"),
        *frontage((100.0, 200.0), length=200.0, side="right"),
    ]
    shops = [(0, 0.0, 60.0, "left"), (0, 150.0, 200.0, "right")]
    found = run([STREET], at(60, y=8), stretches=rows, shops=shops, sides="each").gaps()
    assert found[["side", "from_m", "to_m", "shops_m"]].to_numpy().tolist() == [
        ["left", 0.0, 60.0, 60.0],
        ["left", 60.0, 120.0, 0.0],
        ["right", 100.0, 200.0, 50.0],
    ]
    with pytest.raises(InputError, match="left and right"):
        prepare(streets_of([STREET], stretches=rows), spacing_m=50.0)


# --------------------------------------------------------------------------- brute force


@pytest.mark.parametrize("sides", ["both", "each"])
@pytest.mark.parametrize("seed", range(24))
def test_random_towns_agree_with_the_rule_worked_out_slowly(seed, sides):
    town, stations = random_town(seed, sides=sides)
    spacing_m = (50.0, 23.0, 120.0)[seed % 3]
    found = check(prepare(town, spacing_m=spacing_m, sides=sides), stations)
    gaps, sums = slow_check(town, stations, spacing_m=spacing_m, sides=sides)
    expected = pd.DataFrame(
        gaps,
        columns=[
            "line",
            "side",
            "from_m",
            "length_m",
            "needed",
            "street_class",
            "adcode",
            "frontage",
            "shops_m",
        ],
    )
    ours = found.gaps()
    ids = town.parts["street_id"] + "-" + town.parts["part"].astype(str)
    key = (ours["street_id"] + "-" + ours["part"].astype(str)).map(
        dict(zip(ids, ids.index, strict=True))
    )
    ours = ours.assign(line=key, needed=ours["points_needed"])[expected.columns]
    by = ["line", "side", "from_m"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(ours).sort_values(by, ignore_index=True),
        expected.sort_values(by, ignore_index=True),
        check_dtype=False,
        atol=2e-4,
        rtol=0,
    )
    summary = found.summary()
    for label in ("by_class", "by_district"):
        for name, figures in summary[label].items():
            for column, key in (("frontage_m", "frontage"), ("covered_m", "covered")):
                assert figures[column] == pytest.approx(sums[key].get(name, 0.0), abs=2e-3)
    assert (summary["runs"], summary["runs_count_ok"]) == (sums["runs"], sums["runs_ok"])
    assert summary["stations_counted"] == sums["stations"]
    lengths = town.parts.geometry.length.to_numpy()
    assert_gaps_lie_on_their_streets(found, town, lengths)
    assert_streets_add_up(found)


def assert_gaps_lie_on_their_streets(found, town, lengths):
    gaps = found.gaps().to_crs(CRS)
    assert gaps.geometry.length.to_numpy() == pytest.approx(gaps["length_m"].to_numpy(), abs=2e-3)
    for _, gap in gaps.iterrows():
        part = (town.parts["street_id"] == gap["street_id"]) & (town.parts["part"] == gap["part"])
        assert town.parts.geometry[part].iloc[0].buffer(1e-2).covers(gap.geometry)
    assert gaps["gap_id"].is_unique


def assert_streets_add_up(found):
    summary, streets = found.summary(), found.streets()
    for column in (
        "frontage_m",
        "assumed_m",
        "covered_m",
        "gaps",
        "gap_m",
        "points_needed",
        "runs",
    ):
        assert streets[column].sum() == pytest.approx(summary[column])
        for label in ("by_class", "by_district"):
            if column != "runs":
                parts = [figures[column] for figures in summary[label].values()]
                assert sum(parts) == pytest.approx(summary[column])
    for street in streets["street_id"]:
        strips = found.strips(street)
        row = streets.set_index("street_id").loc[street]
        for column, key in (("frontage_m", "frontage"), ("covered_m", "covered")):
            assert sum(b - a for s in strips for a, b in s[key]) == pytest.approx(row[column])
        assert sum(len(s["gaps"]) for s in strips) == row["gaps"]


# --------------------------------------------------------------------------- update

moves = st.lists(
    st.tuples(
        st.sampled_from(["add", "move", "close", "reopen"]),
        st.integers(0, 30),
        st.tuples(st.integers(-320, 320), st.integers(-320, 320)),
    ),
    max_size=8,
)


@given(st.integers(0, 60), st.sampled_from(["both", "each"]), moves)
@settings(deadline=None, max_examples=60)
def test_updates_one_after_the_other_equal_a_full_check(seed, sides, moves):
    town, stations = random_town(seed, sides=sides, stations=20)
    prepared = prepare(town, spacing_m=40.0, sides=sides)
    now = dict(zip(stations["station_id"], stations.geometry, strict=True))
    found = check(prepared, stations)
    for kind, number, (x, y) in moves:
        station = f"S{number}"
        if kind == "close":
            found = update(found, removed=[station])
            now.pop(station, None)
            continue
        line = town.parts.geometry[number % len(town.parts)]
        place = line.interpolate(line.project(Point(x, y))) if kind == "move" else Point(x, y)
        change = gpd.GeoDataFrame({"station_id": [station]}, geometry=[place], crs=CRS)
        found = update(found, **{"moved" if station in now else "added": change})
        now[station] = place
    full = check(
        prepared,
        gpd.GeoDataFrame({"station_id": list(now)}, geometry=list(now.values()), crs=CRS),
    )
    assert_same(found, full)


def assert_same(one, other):
    assert one.summary() == other.summary()
    pd.testing.assert_frame_equal(pd.DataFrame(one.gaps()), pd.DataFrame(other.gaps()))
    pd.testing.assert_frame_equal(one.streets(), other.streets())
    for street in one.streets()["street_id"]:
        for a, b in zip(one.strips(street), other.strips(street), strict=True):
            key = ("at_m", "station_id")
            order = [sorted(s["stations"], key=lambda p: [p[k] for k in key]) for s in (a, b)]
            assert order[0] == order[1]


def test_several_stations_change_at_once():
    town, stations = random_town(3, stations=30)
    prepared = prepare(town, spacing_m=50.0)
    before = check(prepared, stations)
    moved = stations.iloc[5:12].set_geometry(stations.geometry.iloc[5:12].translate(13, -7))
    added = stations_of(list(stations.geometry.iloc[:4].translate(25, 25)), prefix="N")
    after = update(before, moved=moved, added=added, removed=["S0", "S1", "never there"])
    rest = pd.concat([stations.iloc[2:5], moved, stations.iloc[12:], added], ignore_index=True)
    assert_same(after, check(prepared, gpd.GeoDataFrame(rest, crs=CRS)))
    assert_same(before, check(prepared, stations))  # the old answer stays as it was


def test_a_change_far_from_every_street_changes_nothing():
    found = run([STREET], at(0, 100))
    far = stations_of([Point(5000, 5000)], prefix="N")
    assert update(found, added=far).summary() == found.summary()
    assert update(found).summary() == found.summary()


def test_only_the_parts_near_a_change_are_touched():
    rows = [LineString([(0, 500 * i), (200, 500 * i)]) for i in range(20)]
    found = run(rows, at(50))
    assert list(update(found, added=stations_of([Point(60, 1510)], prefix="N")).changed) == [3]


def test_stations_that_share_an_id_cannot_be_updated():
    twice = pd.concat([at(0), at(100)], ignore_index=True)
    with pytest.raises(InputError, match="share one station_id"):
        update(run([STREET], twice), removed=["S0"])


# --------------------------------------------------------------------------- find_gaps and errors


def test_find_gaps_needs_nothing_but_lines_and_points():
    streets = gpd.GeoDataFrame(geometry=[STREET, RING], index=["a", "b"], crs=CRS)
    gaps = find_gaps(streets, at(0, 60))
    assert gaps.crs == CRS
    assert gaps[["street", "from_m", "to_m", "points_needed"]].to_numpy().tolist() == [
        ["a", 0.0, 60.0, 1],
        ["a", 60.0, 200.0, 2],
        ["b", 55.0, 195.0, 2],
        ["b", 195.0, 55.0, 1],
    ]
    degrees = find_gaps(streets.to_crs(4326), at(0, 60).to_crs(4326))
    assert degrees.crs == 4326
    assert degrees["length_m"].to_numpy() == pytest.approx(gaps["length_m"].to_numpy(), rel=1e-6)
    web = find_gaps(streets.to_crs(3857), at(0, 60))
    assert web["length_m"].to_numpy() == pytest.approx(gaps["length_m"].to_numpy(), rel=1e-6)


def test_find_gaps_of_nothing():
    none = gpd.GeoDataFrame(geometry=[], crs=CRS)
    assert len(find_gaps(none, at(0))) == 0
    assert len(find_gaps(none.to_crs(4326), none)) == 0
    hollow = gpd.GeoDataFrame(geometry=[None, LineString()], crs=CRS)
    assert len(find_gaps(hollow, none)) == 0


@pytest.mark.parametrize("spacing_m", [0.0, 0.00004, -1.0, np.nan, np.inf])
def test_a_distance_has_to_be_a_positive_number(spacing_m):
    with pytest.raises(InputError, match="spacing_m is"):
        prepare(streets_of([STREET]), spacing_m=spacing_m)
    with pytest.raises(InputError, match="snap_m is"):
        prepare(streets_of([STREET]), spacing_m=50.0, snap_m=spacing_m)


def test_wrong_arguments_are_named():
    with pytest.raises(InputError, match="sides is left"):
        prepare(streets_of([STREET]), spacing_m=50.0, sides="left")
    with pytest.raises(InputError, match="station 0 is a MultiPoint"):
        run([STREET], stations_of([MultiPoint([(0, 0), (1, 1)])]))
    with pytest.raises(InputError, match="there is no street 9"):
        run([STREET], at(0)).strips("9")
    with pytest.raises(CrsError):
        find_gaps(gpd.GeoDataFrame(geometry=[STREET]), at(0))


@pytest.mark.parametrize("lat", [18.0, 29.0, 53.0])
def test_gaps_are_ground_metres_at_the_edge_of_a_zone(lat):
    crs = local_crs(118.0, lat)
    street = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (200, 0)])], crs=crs)
    stations = gpd.GeoDataFrame(geometry=[Point(0, 3), Point(49.9, 3), Point(200, 3)], crs=crs)
    for zone in (32649, 32650, 32651):  # 118°E is 7° off the middle of the first
        gaps = find_gaps(street.to_crs(zone), stations)
        assert gaps["length_m"].to_numpy() == pytest.approx([150.1], rel=5e-4)
