"""What is near: which stations fit, what is said of them, and what is told where none does."""

import datetime as dt
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from stationmap import stations
from stationmap.city import near_asked, near_facts
from stationmap.city.near import NEEDS, Asked, Nearby
from stationmap.city.near_places import Facts, Paths, Places
from stationmap.crs import local_crs
from stationmap.errors import InputError
from stationmap.hours import Calendar
from stationmap.inspections import COVERT, SELF
from stationmap.walking import Network

ZONE = "Asia/Shanghai"
LON, LAT = 118.87, 28.95
LAT_DEG = 1 / 110_853.0
LON_DEG = 1 / 97_525.0
NOON = dt.datetime(2026, 3, 5, 12, 0, tzinfo=ZoneInfo(ZONE))  # a Thursday
NIGHT = NOON + dt.timedelta(hours=11)


def at(x, y):
    """Degrees of metres east and north of the corner."""
    return LON + x * LON_DEG, LAT + y * LAT_DEG


def line(*points):
    return shapely.LineString([at(*point) for point in points])


# two roads of 2 km, joined by steps in the west and by a path far in the east
ROADS = gpd.GeoDataFrame(
    {
        "way_id": [1, 2, 3, 4],
        "highway": ["residential", "residential", "steps", "path"],
        "name": ["南路", "北路", None, None],
    },
    geometry=[
        line((0, 0), (2000, 0)),
        line((0, 200), (2000, 200)),
        line((0, 0), (0, 200)),
        line((2000, 0), (2000, 200)),
    ],
    crs="EPSG:4326",
)
SITES = {
    "A": ((100, 5), {"supplies": "umbrella", "hours": "08:30-17:30"}),
    "B": ((200, 5), {"supplies": "umbrella;water", "hours": "24/7"}),
    "C": ((300, 5), {"supplies": None, "hours": "看情况"}),
    "D": ((400, 5), {"supplies": "water", "hours": "08:30-17:30", "status": "suspended"}),
    "E": ((150, 195), {"supplies": "charging", "hours": "08:30-17:30"}),
    "P": ((120, 5), {"supplies": "umbrella", "status": "planned"}),
    "X": ((130, 5), {"supplies": "umbrella", "status": "closed"}),
    "N": (None, {"supplies": "umbrella"}),
    "OFF": ((1000, 5000), {"supplies": "umbrella", "hours": "24/7"}),
}


def frame(sites=SITES):
    rows = [{"station_id": own, **facts} for own, (_, facts) in sites.items()]
    points = [None if xy is None else shapely.Point(at(*xy)) for xy, _ in sites.values()]
    return stations.conform(gpd.GeoDataFrame(rows, geometry=points, crs="EPSG:4326"))


def nearby(
    *,
    sites=SITES,
    toilets=(),
    network=True,
    roads=ROADS,
    closures=None,
    short=None,
    checked=None,
    area=None,
):
    shapes = gpd.GeoSeries([shapely.Point(at(*xy)) for xy in toilets], crs="EPSG:4326")
    places = Places(frame(sites), toilets=shapes, crs=local_crs([LON], [LAT]))
    ways = Network.from_ways(roads)
    paths = {free: Paths(ways, places, step_free=free) for free in (False, True)}
    return Nearby(
        places,
        Facts(closures or {}, short or {}, lambda today: checked or {}),
        paths=lambda free: paths[free] if network else None,
        area=area,
        zone=ZONE,
        calendar=Calendar.shipped,
    )


def ask(x=50, y=0, **more):
    lon, lat = at(x, y)
    return Asked(lon=lon, lat=lat, **{"now": NOON, "k": 9, **more})


def ids(found):
    return [one.station_id for one in found]


@pytest.fixture(scope="module")
def town():
    return nearby()


def test_active_stations_come_by_their_walk_and_others_never(town):
    result = town.near(ask())
    assert ids(result.found) == ["A", "B", "C", "E", "OFF"]
    assert result.walked
    walks = [one.walk_m for one in result.found[:4]]
    # 50 m along the road, 5 m off it; E is up the steps: 50 + 200 + 150 + 5
    assert walks == pytest.approx([55, 155, 255, 405], rel=2e-3)
    assert all(one.walk_m >= one.straight_m for one in result.found[:4])
    assert result.others == ()


def test_a_station_to_which_no_way_is_known_comes_last_and_says_so(town):
    last = town.near(ask()).found[-1]
    assert (last.station_id, last.walk_m) == ("OFF", None)
    assert last.straight_m == pytest.approx(np.hypot(950, 5000), rel=2e-3)
    assert ids(town.near(ask(k=2)).found) == ["A", "B"]
    assert "OFF" not in ids(town.near(ask(max_m=4000.0)).found)


def test_what_only_steps_reach_lacks_a_way_without_any():
    town = nearby(roads=ROADS[:3])
    asked = ask(needs=("step_free",))
    assert ids(town.near(asked).found) == ["A", "B", "C", "OFF"]
    above = town.one("E", asked)
    assert (above.walk_m, above.lacks, above.misses) == (None, ("step_free",), ("lacks",))
    assert (above.unknown, town.one("OFF", asked).unknown) == ((), ("step_free",))
    alone = nearby(roads=ROADS[:3], sites={"E": SITES["E"]}).near(asked)
    assert (alone.found, ids(alone.others), alone.others[0].misses) == ((), ["E"], ("lacks",))


def test_a_station_off_the_network_to_which_one_walks_straight_stands_once():
    town = nearby(sites={"H": ((50, -700), {}), "I": ((50, -720), {})})
    found = town.near(ask(50, -450)).found
    assert ids(found) == ["H", "I"]
    assert found[0].walk_m == pytest.approx(250, rel=2e-3)
    free = town.near(ask(50, -450, needs=("step_free",))).found
    assert ids(free) == ["H", "I"]
    assert [(one.walk_m, one.lacks, one.unknown) for one in free] == [
        (None, (), ("step_free",))
    ] * 2


def test_without_steps_the_way_goes_round(town):
    found = {one.station_id: one for one in town.near(ask(needs=("step_free",))).found}
    assert found["E"].walk_m == pytest.approx(1950 + 200 + 1850 + 5, rel=2e-3)
    assert found["A"].walk_m == pytest.approx(55, rel=2e-3)
    assert found["A"].unknown == ()
    assert found["OFF"].unknown == ("step_free",), "nobody knows of the way"


def test_what_is_lacking_does_not_fit_and_what_is_unknown_does(town):
    found = town.near(ask(needs=("umbrella",))).found
    assert ids(found) == ["A", "B", "C", "OFF"]
    assert [one.unknown for one in found] == [(), (), ("umbrella",), ()]
    assert ids(town.near(ask(needs=("umbrella", "water"))).found) == ["B", "C"]


def test_open_leaves_out_what_is_closed_but_not_what_is_unknown(town):
    found = town.near(ask(now=NIGHT, open_at=NIGHT)).found
    assert ids(found) == ["B", "C", "OFF"]
    assert [one.state.state for one in found] == ["open", "unknown", "open"]
    at_any_time = town.near(ask(now=NIGHT)).found
    assert ids(at_any_time)[:2] == ["A", "B"]
    assert at_any_time[0].state.state == "closed"
    assert at_any_time[0].state.opens_at.hour == 8


def test_the_state_is_that_of_the_instant_asked_about(town):
    found = town.near(ask(now=NIGHT, open_at=NOON)).found
    assert ids(found)[0] == "A"
    assert found[0].state.state == "open"


def test_a_closure_notice_closes_on_its_days_alone():
    rows = [{"from_date": "2026-03-05", "to_date": "2026-03-06", "reason": "装修"}]
    town = nearby(closures={"A": rows})
    assert "A" not in ids(town.near(ask(open_at=NOON)).found)
    shown = town.near(ask()).found[0]
    assert (shown.station_id, shown.state.state) == ("A", "closed")
    assert "装修" in shown.closed_for.render("zh")
    later = NOON + dt.timedelta(days=2)
    assert ids(town.near(ask(open_at=later)).found)[0] == "A"
    open_end = nearby(closures={"A": [{**rows[0], "to_date": None}]})
    assert "A" not in ids(open_end.near(ask(open_at=later)).found)


def test_the_day_of_a_notice_is_that_of_the_city():
    rows = [{"from_date": "2026-03-06", "to_date": "2026-03-06", "reason": "停电"}]
    town = nearby(closures={"B": rows})
    before = dt.datetime(2026, 3, 5, 15, 59, tzinfo=dt.UTC)  # 23:59 in the city
    assert "B" in ids(town.near(ask(open_at=before)).found)
    after = before + dt.timedelta(minutes=1)
    assert "B" not in ids(town.near(ask(open_at=after)).found)


def test_when_a_station_closes_and_opens_goes_by_the_notices_that_come():
    rows = [{"from_date": "2026-03-06", "to_date": "2026-03-08", "reason": "装修"}]
    town, clock = nearby(closures={"A": rows, "OFF": rows}), ZoneInfo(ZONE)

    def told(station_id, when, town=town):
        state = town.one(station_id, ask(now=when)).state
        instants = (state.until, state.opens_at)
        return state.state, *(t and f"{t.astimezone(clock):%d %H:%M}" for t in instants)

    night = dt.datetime(2026, 3, 5, 20, tzinfo=clock)
    assert told("A", night)[::2] == ("closed", "09 08:30")
    assert told("OFF", night) == ("open", "06 00:00", None)
    within = night + dt.timedelta(days=2)
    assert told("OFF", within) == ("closed", "09 00:00", "09 00:00")
    without_end = nearby(closures={"A": [{**rows[0], "to_date": None}]})
    assert told("A", within, without_end) == ("closed", None, None)
    assert told("B", night) == told("B", night, nearby())


def test_where_nothing_fits_the_nearest_are_named_with_all_their_reasons(town):
    result = town.near(ask(x=450, needs=("kit",), max_m=60.0, open_at=NIGHT, now=NIGHT))
    assert result.found == ()
    assert ids(result.others) == ["D", "C", "B"]
    suspended, unknown, far = result.others
    assert suspended.misses == ("closed", "lacks")
    assert suspended.closed_for.render("zh") == "暂停开放"
    assert (unknown.misses, unknown.lacks, unknown.unknown) == (("far",), (), ("kit",))
    assert far.misses == ("lacks", "far")


def test_toilets_count_within_a_hundred_metres_and_are_unknown_where_none_is_known():
    town = nearby(toilets=[(100, 104), (300, 106)])
    found = town.near(ask(needs=("toilet",))).found
    assert ids(found) == ["A"]
    assert found[0].toilet_m == pytest.approx(99, rel=2e-3)
    unknown = nearby().near(ask(needs=("toilet",))).found
    assert ids(unknown)[:3] == ["A", "B", "C"]
    assert all("toilet" in one.unknown for one in unknown)


def test_short_supplies_are_told_and_no_reason_to_go_elsewhere():
    town = nearby(short={"A": ("umbrella",)})
    first = town.near(ask(needs=("umbrella",))).found[0]
    assert (first.station_id, first.short, first.lacks) == ("A", ("umbrella",), ())


def test_the_day_of_the_last_check_is_told():
    day = dt.date(2026, 3, 2)
    found = nearby(checked={"B": day}).near(ask()).found
    assert [one.checked_on for one in found[:2]] == [None, day]


def test_without_a_network_distances_are_straight_and_it_says_so():
    result = nearby(network=False).near(ask(needs=("step_free",)))
    assert not result.walked
    assert "步行路网" in result.why_straight.render("zh")
    assert [one.walk_m for one in result.found] == [None] * 5
    assert ids(result.found)[:2] == ["A", "B"]
    assert all(one.unknown == ("step_free",) for one in result.found)


def test_far_from_every_way_distances_are_straight_and_it_says_so(town):
    result = town.near(ask(y=-600, k=2))
    assert (result.walked, ids(result.found)) == (False, ["A", "B"])
    assert "500" in result.why_straight.render("zh")


def test_a_place_outside_the_city_is_answered_and_said_to_be_outside():
    box = shapely.box(*at(-100, -100), *at(2100, 300))
    shapely.prepare(box)
    town = nearby(area=box)
    assert not town.near(ask()).outside
    far = town.near(ask(x=9000))
    assert far.outside
    assert far.found


def test_k_and_reach_are_held_exactly(town):
    assert ids(town.near(ask(k=1)).found) == ["A"]
    walk = town.near(ask(k=1)).found[0].walk_m
    assert ids(town.near(ask(max_m=walk)).found) == ["A"]
    assert ids(town.near(ask(max_m=walk - 0.01)).found) == []
    assert len(town.near(ask(k=10**9)).found) == 5


def test_a_need_that_nobody_can_ask_for_is_refused(town):
    with pytest.raises(InputError, match="“coffee” cannot be asked for"):
        town.near(ask(needs=("coffee",)))
    with pytest.raises(InputError, match="k is 0"):
        town.near(ask(k=0))
    with pytest.raises(InputError, match="no place"):
        town.near(Asked(lon=float("nan"), lat=0.0, now=NOON))


def test_one_station_is_told_as_whoever_asks_would_find_it(town):
    one = town.one("E", ask(needs=("umbrella",), max_m=100.0))
    assert one.misses == ("lacks", "far")
    assert one.walk_m == pytest.approx(405, rel=2e-3)
    assert town.one("A", ask()).misses == ()
    assert town.one("P", ask()) is None


def test_a_route_ends_at_the_station_and_steps_are_avoided_where_asked(town):
    lon, lat = at(50, 0)
    route = town.route(lon, lat, "E", step_free=False)
    assert tuple(route.line[-1]) == pytest.approx(at(150, 195))
    assert any(leg.stairs for leg in route.legs)
    assert not any(leg.stairs for leg in town.route(lon, lat, "E", step_free=True).legs)
    assert town.route(lon, lat, "OFF", step_free=False) is None
    assert town.route(lon, lat, "GONE", step_free=False) is None


def test_other_holidays_are_followed_from_the_next_question_on():
    calendars = [Calendar.shipped()]
    town = nearby(sites={"W": ((100, 5), {"hours": "Mo-Fr 08:30-17:30"})})
    town._calendar = lambda: calendars[-1]
    assert town.near(ask(open_at=NOON)).found[0].state.state == "open"
    shipped = Calendar.shipped()
    days = {**shipped.days, NOON.date(): "holiday"}
    calendars.append(Calendar(days=days, years=shipped.years))
    assert town.near(ask(open_at=NOON)).found[0].state.state == "unknown"


# ----------------------------------------------------------------------------- what people write


def test_needs_are_read_with_all_separators_once_and_in_our_order():
    assert near_asked.needs(["water, umbrella", "toilet；water"]) == ("umbrella", "water", "toilet")
    assert near_asked.needs([]) == ()
    assert near_asked.needs([",".join(NEEDS)]) == tuple(NEEDS)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("2026-03-05T09:00", dt.datetime(2026, 3, 5, 1, 0, tzinfo=dt.UTC)),
        ("2026-03-05T09:00+08:00", dt.datetime(2026, 3, 5, 1, 0, tzinfo=dt.UTC)),
        ("2026-03-05T09:00 08:00", dt.datetime(2026, 3, 5, 1, 0, tzinfo=dt.UTC)),
        ("2026-03-05T09:00Z", dt.datetime(2026, 3, 5, 9, 0, tzinfo=dt.UTC)),
        ("2026-03-05", dt.datetime(2026, 3, 4, 16, 0, tzinfo=dt.UTC)),
        ("now", NOON),
        ("", None),
    ],
)
def test_a_time_without_an_offset_is_by_the_citys_clocks(text, due):
    assert near_asked.instant(text, name="open_at", zone=ZONE, now=NOON) == due


@pytest.mark.parametrize("text", ["soon", "25:00", "9999-12-31T00:00", "0001-01-01", "1e9", "\0"])
def test_a_time_that_cannot_be_read_is_refused(text):
    with pytest.raises(InputError, match="expected a time such as"):
        near_asked.instant(text, name="open_at", zone=ZONE, now=NOON)


@pytest.mark.parametrize(
    ("text", "due", "limited"),
    [("", 5, 0), ("50", 50, 0), ("51", 50, 1), ("1000000000", 50, 1), ("0", 1, 1), ("-1", 1, 1)],
)
def test_numbers_of_stations_that_cannot_be_are_held_and_it_is_said(text, due, limited):
    found, notes = near_asked.count(text, name="-k")
    assert (found, len(notes)) == (due, limited)


@pytest.mark.parametrize("text", ["x", "2.5", "1_0", "9" * 40])
def test_no_number_of_stations_is_refused(text):
    with pytest.raises(InputError, match="whole number"):
        near_asked.count(text, name="-k")


@pytest.mark.parametrize("text", ["0", "-3", "nan", "inf", "1_0", "x"])
def test_no_reach_is_refused(text):
    with pytest.raises(InputError, match="more than 0"):
        near_asked.metres(text, name="max_m")


# ----------------------------------------------------------------------------- the last check


def visit(station_id, at, *, visit="routine", voided=None):
    return {"station_id": station_id, "at": at, "visit": visit, "voided": voided}


def test_the_last_check_is_no_ones_own_none_voided_and_no_unannounced_one_of_today():
    rows = pd.DataFrame(
        [
            visit("A", "2026-03-01T02:00:00.000+00:00"),
            visit("A", "2026-03-04T16:30:00.000+00:00", visit=COVERT),  # today in the city
            visit("B", "2026-03-04T02:00:00.000+00:00", visit=SELF),
            visit("C", "2026-03-03T02:00:00.000+00:00", voided="mistaken"),
            visit("C", "2026-03-01T16:30:00.000+00:00"),  # the 2nd in the city
            visit("D", "2026-03-04T15:30:00.000+00:00", visit=COVERT),  # yesterday
        ]
    )
    told = near_facts.checked_on(rows, zone=ZONE, today=dt.date(2026, 3, 5))
    days = {"A": dt.date(2026, 3, 1), "C": dt.date(2026, 3, 2), "D": dt.date(2026, 3, 4)}
    assert told == days
    later = near_facts.checked_on(rows, zone=ZONE, today=dt.date(2026, 3, 6))
    assert later["A"] == dt.date(2026, 3, 5)
    assert near_facts.checked_on(rows.head(0), zone=ZONE, today=dt.date(2026, 3, 6)) == {}
