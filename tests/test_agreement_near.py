"""The nearest stations by walking are those of a brute force, whatever is asked of them.

The reference (``reference.walking``, ``reference.near``) reads the ways of the file by itself and
runs a plain Dijkstra from each place; it knows the law alone. Nanjing and Porto Alegre get stations
made up here, always the same ones; the demo city has its own.
"""

import datetime as dt
import itertools
import math
import random
import re
import uuid
from dataclasses import dataclass, replace
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import shapely
from reference.near import TOILET_M, Site, Told, Ways, Wish, nearest, toilet_near
from reference.walking import Ground, metres, read
from small_city import table

from geodata.cli import DEMO
from stationmap.city import City
from stationmap.city.near import Asked
from stationmap.cli.run import run
from stationmap.store import Change

ZONE = ZoneInfo("Asia/Shanghai")
NANJING = "osm-nanjing-downtown/nanjing_downtown.osm.pbf"
PORTO_ALEGRE = "porto-alegre-coverage/poa.osm.pbf"
SUPPLIES = {
    "umbrella": "雨伞",
    "charging": "充电点",
    "kit": "百宝箱",
    "first_aid": "急救药箱",
    "water": "饮水点",
}
NEEDS = (*SUPPLIES, "toilet", "step_free")
EVERY_NEEDS = [
    frozenset(n) for size in range(len(NEEDS) + 1) for n in itertools.combinations(NEEDS, size)
]


def at(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=ZONE)


NOW = at(2026, 11, 24, 10, 30)  # a Tuesday
INSTANTS = (
    None,
    NOW,
    at(2026, 11, 25, 1, 15),
    at(2026, 10, 1, 10, 0),  # National Day, a Thursday
    at(2026, 10, 10, 10, 0),  # a Saturday on which offices work
)
MORE_INSTANTS = (*INSTANTS, at(2026, 11, 24, 22, 30), at(2026, 11, 22, 12, 0))
HOLIDAYS, WORKDAYS = {dt.date(2026, 10, 1)}, {dt.date(2026, 10, 10)}
KS = (1, 4)
MORE_KS = (1, 3, 50)
REACHES = (None, 700.0)
# a millimetre on a hundred metres, where lengths are summed from hundreds of pieces
EXACT_M, EXACT = 0.01, 1e-5


def close(one: float, other: float) -> bool:
    return abs(one - other) <= EXACT_M + EXACT * max(one, other)


# ----------------------------------------------------------------------------- hours, by hand


@dataclass(frozen=True)
class Week:
    """Hours of some days: minutes of the day, an end of more than a day goes into the next."""

    spans: tuple[tuple[int, int], ...]
    days: frozenset[int] = frozenset(range(7))
    working: bool = False  # days are those on which offices work

    def says(self, when: dt.datetime) -> str:
        answers = set()
        for days_ago in (0, 1):
            minute = when.hour * 60 + when.minute + 1440 * days_ago
            if any(start <= minute < end for start, end in self.spans):
                answers.add(self._on(when.date() - dt.timedelta(days=days_ago)))
        return next((state for state in ("open", "unknown") if state in answers), "closed")

    def _on(self, day: dt.date) -> str:
        """What is said of a day; a holiday may be like a weekend, a worked weekend like a week."""
        if self.working:
            works = day in WORKDAYS or (day.weekday() < 5 and day not in HOLIDAYS)
            return "open" if works else "closed"
        may_be_like = {day.weekday()}
        if day in HOLIDAYS:
            may_be_like |= {5, 6}
        if day in WORKDAYS:
            may_be_like |= self.days & set(range(5)) or {0}
        readings = {weekday in self.days for weekday in may_be_like}
        return "unknown" if len(readings) > 1 else "open" if readings.pop() else "closed"


def span(first: str, last: str) -> tuple[int, int]:
    start, end = (int(t[:2]) * 60 + int(t[3:]) for t in (first, last))
    return start, end if end > start else end + 1440


MORNING, AFTERNOON = span("08:30", "11:30"), span("14:00", "17:30")
WORDED = {
    "全天": Week(((0, 1440),)),
    "09:00-21:30": Week((span("09:00", "21:30"),)),
    "08:30-11:30 14:00-17:30": Week((MORNING, AFTERNOON)),
    "18:00-次日02:00": Week((span("18:00", "02:00"),)),
    "周一至周五 08:30-17:30": Week((span("08:30", "17:30"),), frozenset(range(5))),
    "周二至周日9:00-17:00，周一闭馆": Week((span("09:00", "17:00"),), frozenset(range(1, 7))),
    "工作日 09:00-17:00": Week((span("09:00", "17:00"),), working=True),
    "周六 10:00-11:00": Week((span("10:00", "11:00"),), frozenset([5])),
    "节假日另行通知": None,
    "": None,
}
DAYS = {"周一至周五 ": range(5), "Mo-Fr ": range(5), "周六 ": [5], "Sa ": [5], "": range(7)}


def demo_week(text: object) -> Week | None:
    """Hours of the demo city, which has few forms; None where they cannot be told."""
    if not isinstance(text, str):
        return None
    if text in ("全天", "24/7"):
        return WORDED["全天"]
    found = re.fullmatch(r"(周一至周五 |周六 |Mo-Fr |Sa |)([\d:,-]+)", text)
    if found is None:
        return None
    spans = tuple(span(*one.split("-")) for one in found[2].split(","))
    return Week(spans, frozenset(DAYS[found[1]]))


def says(week: Week | None):
    return (lambda when: "unknown") if week is None else week.says


# ----------------------------------------------------------------------------- towns


class Town:
    """A city as the product has it, and what the reference knows of it."""

    def __init__(self, city: City, sites: dict[str, Site], file) -> None:
        self.city, self.sites = city, sites
        roads = read(file)
        self.grounds = {free: Ground(roads, step_free=free) for free in (False, True)}
        self.nearby = city.now().nearby()
        self.known = {name: site.at for name, site in sites.items() if site.status != "closed"}

    def places(self, count: int, *, seed: int, reach_deg: float = 0.002) -> list:
        """Places beside walkable pieces of the middle of the town, each with one foot."""
        made = random.Random(seed)
        centre = shapely.MultiPoint([site.at for site in self.sites.values()]).centroid
        lon, lat, found = centre.x, centre.y, []
        while len(found) < count:
            place = (
                lon + made.gauss(0, 4 * reach_deg),
                lat + made.gauss(0, 3 * reach_deg),
            )
            if all(ground.is_plain(place) for ground in self.grounds.values()):
                found.append(place)
        return found

    def ways(self, place) -> dict[bool, Ways]:
        """Metres to all stations by step-freedom; straight where nobody can walk from the place."""
        straight = {name: metres(place, there) for name, there in self.known.items()}
        found = {}
        for free, ground in self.grounds.items():
            walked = ground.walks(place, self.known)
            if walked is None:
                found[free] = Ways({}, straight, {})
                continue
            left = {name: far for name, far in straight.items() if name not in walked}
            off = {name: far for name, far in left.items() if not ground.feet(self.known[name])}
            none = {name: far for name, far in left.items() if name not in off}
            stairs = frozenset(none) & frozenset(found[False].walked) if free else frozenset()
            found[free] = Ways(walked, off, none, stairs)
        return found


def made_up(folder, file, *, count: int, seed: int) -> Town:
    """A city of the file, with stations of every kind beside its ways."""
    made = random.Random(seed)
    ground = Ground(read(file))
    dense = [(x, y) for x, y, *_ in ground.places.tolist()]
    lon = sorted(x for x, _ in dense)[len(dense) // 2]
    lat = sorted(y for _, y in dense)[len(dense) // 2]
    near = [p for p in dense if abs(p[0] - lon) < 0.012 and abs(p[1] - lat) < 0.010]
    rows, sites = [], {}
    words = {"active": "正常运行", "planned": "拟建", "suspended": "暂停开放", "closed": "已撤销"}
    while len(rows) < count:
        x, y = made.choice(near if made.random() < 0.9 else dense)
        place = (round(x + made.gauss(0, 0.0004), 7), round(y + made.gauss(0, 0.0004), 7))
        if not ground.is_plain(place):
            continue
        name = f"T{len(rows):03d}"
        status = made.choices(list(words), (40, 3, 4, 2))[0]
        has = None
        if made.random() < 0.9:
            has = frozenset(s for s in SUPPLIES if made.random() < 0.7) or None
        text = made.choice(list(WORDED))
        listed = "、".join(SUPPLIES[s] for s in sorted(has or ()))
        row = {"站点编号": name, "站点名称": f"站{name}", "类型": "有礼点"}
        row |= {"经度": f"{place[0]:.7f}", "纬度": f"{place[1]:.7f}", "开放时间": text}
        rows.append(row | {"配备物资": listed, "状态": words[status]})
        sites[name] = Site(name, place, status, has, None, says(WORDED[text]))
    city = City.create(folder / "city", standard="quzhou-2018", adcode="320100")
    city.import_file("osm", file)
    city.import_file("stations", table(folder / "stations.csv", rows), datum="wgs84")
    shut = [name for name in sites if sites[name].status == "active"][:6]
    notice = {"from_date": "2026-11-24", "to_date": "2026-11-24", "reason": "停电检修"}
    shuts = [{**notice, "station_id": name} for name in shut]
    write(city, [Change("closure", str(uuid.uuid4()), columns) for columns in shuts])
    for name in shut:
        sites[name] = replace(sites[name], shut=lambda when: when.date() == NOW.date())
    return Town(city, with_toilets(city, sites), file)


def with_toilets(city: City, sites: dict[str, Site]) -> dict[str, Site]:
    """Sites that know whether a toilet is near."""
    places = city.now().facilities()
    toilets = places[places["category"] == "toilet"].geometry.to_list()
    far = {name: toilet_near(site.at, toilets) for name, site in sites.items()}
    assert all(m is None or abs(m - 100) > 0.1 for m in far.values())
    return {name: replace(site, toilet_m=far[name]) for name, site in sites.items()}


def not_found(city: City) -> dict[str, frozenset[str]]:
    """Supplies that the newest inspections did not find, visit by visit, line by line."""
    lines = {one["id"]: one["content"]["lines"] for one in city.register.rows("checklist")}
    gone: dict[str, set[str]] = {}
    visits = [v for v in city.register.rows("inspection") if v["visit"] != "self"]
    for visit in sorted(visits, key=lambda v: (v["at"], v["created"])):
        here = gone.setdefault(visit["station_id"], set())
        said = {
            (line["item"], line["part"]): letter
            for line, letter in zip(lines[visit["checklist"]], visit["found"], strict=True)
            if letter in "mnx" and visit["voided"] is None
        }
        if said.get(("Q-C8", 0)) == "m":
            here.clear()
        for part, supply in enumerate(SUPPLIES, start=1):
            letter = said.get(("Q-C8", part))
            here.update([supply] if letter == "n" else [])
            here.difference_update([supply] if letter in ("m", "x") else [])
    return {name: frozenset(some) for name, some in gone.items()}


def demo_town(folder) -> Town:
    """The demo city; stations that two feet are equally near to are withdrawn."""
    assert run(["demo", str(folder / "demo")]) == 0
    city, file = City.open(folder / "demo"), DEMO / "demo-city.osm.gz"
    grounds = [Ground(read(file), step_free=free) for free in (False, True)]
    sites, missed = {}, not_found(city)
    for row in city.stations().dropna(subset="geometry").itertuples():
        place = (row.geometry.x, row.geometry.y)
        has = frozenset(row.supplies.split(";")) if isinstance(row.supplies, str) else None
        week = says(demo_week(row.hours))
        gone = missed.get(row.station_id, frozenset())
        sites[row.station_id] = Site(
            row.station_id, place, row.status, has, None, week, missed=gone
        )
    unsure = [n for n, site in sites.items() if not all(g.is_plain(site.at) for g in grounds)]
    assert len(unsure) < 20
    for name in unsure:
        sites[name] = replace(sites[name], status="closed")
    write(city, [Change("station", name, {"status": "closed"}) for name in unsure])
    return Town(city, with_toilets(city, sites), file)


def write(city: City, changes: list[Change]) -> None:
    city.register.write(changes, action=str(uuid.uuid4()), by="test", kind="edit")


@pytest.fixture(scope="module", params=["demo", "nanjing", "porto-alegre"])
def town(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("near")
    if request.param == "demo":
        return demo_town(folder)
    shared = request.getfixturevalue("shared")
    file, count = {"nanjing": (NANJING, 80), "porto-alegre": (PORTO_ALEGRE, 150)}[request.param]
    return made_up(folder, shared(file), count=count, seed=7)


# ----------------------------------------------------------------------------- agreement


def ask(place, wish: Wish) -> Asked:
    return Asked(
        lon=place[0],
        lat=place[1],
        k=wish.k,
        needs=tuple(sorted(wish.needs)),
        open_at=wish.open_at,
        now=NOW,
        max_m=None if math.isinf(wish.max_m) else wish.max_m,
    )


def wrong(town: Town, place, wish: Wish, ways) -> list[str]:
    """What an answer has otherwise than the law."""
    due, others, answers = nearest(town.sites, ways["step_free" in wish.needs], wish, now=NOW)
    result = town.nearby.near(ask(place, wish))
    told = differing("found", result.found, due, answers, town.sites)
    return told + differing("others", result.others, others, answers, town.sites)


def differing(what: str, found, due: list[str], answers: dict[str, Told], sites) -> list[str]:
    """Differences of a list of stations from the one that is due; ties may stand in any order."""
    ids = [one.station_id for one in found]
    if len(ids) != len(due) or len(set(ids)) != len(ids):
        return [f"{what}: {ids} for {due}"]
    complaints = []
    for one, other in zip(found, due, strict=True):
        answer = answers.get(one.station_id)
        if answer is None or not close(answer.far_m, answers[other].far_m):
            complaints.append(f"{what}: {one.station_id} for {other}")
            continue
        walk = one.straight_m if one.walk_m is None else one.walk_m
        said = (frozenset(one.lacks), frozenset(one.unknown), one.state.state)
        needs = frozenset(NEEDS)
        said = (said[0] & needs, said[1] & needs, said[2])
        if not close(walk, answer.far_m):
            complaints.append(f"{what}: {one.station_id} at {walk} for {answer.far_m}")
        toilet_m = sites[one.station_id].toilet_m
        toilet_m = toilet_m if toilet_m is not None and toilet_m <= TOILET_M else None
        if (one.toilet_m is None) != (toilet_m is None) or not close(
            one.toilet_m or 0, toilet_m or 0
        ):
            complaints.append(
                f"{what}: toilet of {one.station_id} at {one.toilet_m} for {toilet_m}"
            )
        if said != (answer.lacks, answer.unknown, answer.state):
            complaints.append(f"{what}: {one.station_id} {said} for {answer}")
    return complaints


def test_every_combination_of_filters_is_the_brute_force(town):
    place = town.places(1, seed=1)[0]
    ways = town.ways(place)
    for needs, when, k in itertools.product(EVERY_NEEDS, INSTANTS, KS):
        wish = Wish(k, needs, when)
        assert wrong(town, place, wish, ways) == [], (place, wish)


def test_many_places_with_filters_drawn_by_lot_are_the_brute_force(town):
    made = random.Random(3)
    for place in [*town.places(12, seed=2), *town.places(4, seed=3, reach_deg=0.02)]:
        ways = town.ways(place)
        for _ in range(12):
            reach = made.choice(REACHES)
            wish = Wish(made.choice(MORE_KS), made.choice(EVERY_NEEDS), made.choice(MORE_INSTANTS))
            wish = wish if reach is None else replace(wish, max_m=reach)
            assert wrong(town, place, wish, ways) == [], (place, wish)


def test_a_walk_without_steps_is_never_shorter(town):
    """From beside stations, on stairs or not: where only stairs lead, there is no way without."""
    names = sorted(town.known)[:60]
    for place in [*town.places(10, seed=6), *(town.known[name] for name in names)]:
        wishes = [Wish(len(town.sites), frozenset(need), None) for need in ((), ("step_free",))]
        ordinary, free = (
            {one.station_id: one.walk_m for one in town.nearby.near(ask(place, wish)).found}
            for wish in wishes
        )
        for name, walk_m in free.items():
            if walk_m is not None:
                assert ordinary[name] is not None, (place, name)
                assert walk_m >= ordinary[name] - EXACT_M, (place, name)


def test_routes_are_connected_walks_of_the_length_that_is_told(town):
    for place in town.places(8, seed=4):
        for free in (False, True):
            needs = frozenset(["step_free"] if free else [])
            for one in town.nearby.near(ask(place, Wish(3, needs, None))).found:
                route = town.nearby.route(*place, one.station_id, step_free=free)
                if one.walk_m is None:
                    assert route is None
                    continue
                there = town.sites[one.station_id].at
                assert unwalkable(town.grounds[free], place, there, route) == []
                assert close(route.length_m, one.walk_m)
                assert close(sum(leg.length_m for leg in route.legs), one.walk_m)
                assert not (free and any(leg.stairs for leg in route.legs))


def unwalkable(ground: Ground, place, there, route) -> list[str]:
    """What keeps a route from being a walk from one place to another."""
    line = [tuple(point) for point in route.line.tolist()]
    steps = [metres(*step) for step in pairwise(line)]
    complaints = []
    if metres(line[0], place) > 0.01 or metres(line[-1], there) > 0.01:
        complaints.append(f"it goes from {line[0]} to {line[-1]}")
    if not close(sum(steps), route.length_m):
        complaints.append(f"its line is {sum(steps)} m for {route.length_m}")
    off = ground.feet(place)[0].off_m
    if metres(place, there) <= off:
        return complaints if len(line) == 2 else [*complaints, "it does not go straight"]
    inner = list(pairwise(line))
    if off > 0.01:
        inner = inner[1:]
    if ground.feet(there)[0].off_m > 0.01:
        inner = inner[:-1]
    return complaints + [
        f"no way from {one} to {other}"
        for one, other in inner
        if not ground.carries(one, other, within_m=0.05)
    ]


def test_the_straight_line_is_told_where_nobody_can_walk_from(town):
    """A place where no mainland is near gets straight metres on every side, and is told so."""
    lon, lat = town.places(1, seed=5)[0]
    for east, north, away in itertools.product((-1, 0, 1), (-1, 0, 1), (0.6, 1.0, 50.0)):
        place = (lon + away * east, lat + away * north)
        if abs(place[1]) > 90 or east == north == 0:
            continue
        ways, wish = town.ways(place), Wish(3, frozenset(), None)
        assert ways[False].walked == {}
        result = town.nearby.near(ask(place, wish))
        assert not result.walked
        assert result.why_straight is not None
        assert wrong(town, place, wish, ways) == []
        assert [one.walk_m for one in result.found] == [None] * 3
        assert town.nearby.route(*place, result.found[0].station_id, step_free=False) is None
