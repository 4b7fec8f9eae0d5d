"""Inspections, orders and effective coverage are what a list of visits in their arrival would say.

The reference (``reference.inspections``) knows the law alone. Long random sequences are sent to
both, on SQLite and on PostGIS: visits, re-inspections, late ones, ones of wrong clocks, the same
ones again and other ones under their ids, voided ones, units' answers; and all that can be seen is
compared.
"""

import datetime as dt
import random
import shutil
import uuid
from collections import Counter
from dataclasses import replace

import pytest
import small_city
from reference.inspections import (
    Call,
    Demand,
    Office,
    OtherContentError,
    Question,
    RefusedError,
)
from small_city import LAT, LON, table

from stationmap.city import City, orders, sent, visits
from stationmap.errors import Conflict, InputError
from stationmap.inspections import Checklist
from stationmap.store import Change
from stationmap.store.accounts import Account
from stationmap.store.verify import verify

PEOPLE = {
    own: Account(own, own, role, "", unit, active=True)
    for own, role, unit in (
        ("a1", "inspector", None),
        ("a2", "inspector", None),
        ("c1", "county", None),
        ("u1", "unit", "U1"),
    )
}
TYPES = ["有礼点", "有礼点", "志愿者之家", "有礼站（台）"]
ASKED = ["visit#1", "visit#2", "Q-C1#1", "Q-C5#8", "Q-C7", "Q-C8#1", "Q-C8#2", "Q-C9#1"]
STATES = ["met"] * 5 + ["not_met"] * 3 + ["not_applicable", "unknown"]
SKEWS = [dt.timedelta(seconds=s) for s in (0, 0, 30, -119, 3600, -86400 * 365 * 56, 86400 * 900)]


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A town without a station."""
    city = small_city.make(tmp_path_factory.mktemp("empty"), stations=False)
    city.register.close()
    return city


@pytest.fixture(params=["sqlite", pytest.param("postgis", marks=pytest.mark.postgis)])
def town(empty, tmp_path, request):
    path = shutil.copytree(empty.path, tmp_path / "town")
    if request.param == "postgis":
        template = request.getfixturevalue("postgis_template")
        url = request.getfixturevalue("postgis_database")(template)
        settings = path / "city.toml"
        text = settings.read_text("utf-8")
        settings.write_text(text.replace('url = ""', f'url = "{url}"'), "utf-8")
    rows = [
        {"编号": f"S{k}", "名称": f"站{k}", "类型": kind, "经度": LON + k * 0.0008, "纬度": LAT}
        for k, kind in enumerate(TYPES)
    ]
    city = City.open(path)
    city.import_file("stations", table(tmp_path / "list.csv", rows), datum="wgs84")
    return city


class Both:
    """The town and its reference, asked the same."""

    def __init__(self, town: City, seed: int) -> None:
        self.luck, self.town, self.register = random.Random(seed), town, town.register
        answers = town.now()
        self.checklist = Checklist.of_pack(answers.pack)
        frame = answers.stations()
        self.entered = dt.datetime.fromisoformat(answers.register.sources()[0].imported_at)
        self.now = self.entered.replace(microsecond=0)
        self.office = Office(
            [
                Question(line.key, line.site_types, line.force == "binding")
                for line in self.checklist.lines
            ],
            dict(zip(frame["station_id"], frame["type"], strict=True)),
            zone=answers.config.time_zone,
            stale_days=answers.pack.stale_days,
            rectify_days=answers.pack.rectify_days,
            entered=self.entered.date(),
        )
        self.sent: list[tuple[Call, str]] = []
        self.tally: Counter[str] = Counter()
        self.day: dt.date | None = None

    def mark(self) -> str:
        return str(uuid.UUID(int=self.luck.getrandbits(128), version=4))

    # -- what is asked

    def call(self) -> tuple[Call, str]:
        """Draw a visit: of now or of some days ago, by a clock that is right or is not."""
        luck, office = self.luck, self.office
        by = luck.choice([*PEOPLE])
        waiting = [o for o in office.orders.values() if o.state != "closed" or luck.random() < 0.2]
        order = luck.choice(waiting) if waiting and by != "u1" and luck.random() < 0.45 else None
        station = order.station if order else luck.choice([*office.stations])
        keys = {q.key for q in office.asked(station)} & {*ASKED}
        keys = {key for key in sorted(keys) if luck.random() < 0.7}
        if order:
            keys = {key for key in order.lines if luck.random() < 0.9}
        states = ["met", "met", "met", "not_met"] if order else STATES
        answers = {key: luck.choice(states) for key in sorted(keys)}
        for key, state in answers.items():
            if state == "not_applicable" and not self.checklist.by_key[key].may_not_apply:
                answers[key] = "met"
        back = luck.choice([dt.timedelta(0), dt.timedelta(minutes=5), dt.timedelta(hours=9)])
        back += dt.timedelta(days=luck.choice([0, 0, 1, 3, 400]), seconds=luck.randint(0, 3))
        skew = luck.choice(SKEWS)
        demand = None
        if answers and order is None and by != "u1" and luck.random() < 0.7:
            lines = tuple(luck.sample(sorted(answers), luck.randint(1, len(answers))))
            ahead = dt.timedelta(days=luck.choice([-400, -2, 1, 30, 366, 400]))
            demand = Demand(self.mark(), lines, str(self.now.date() + ahead))
        photos = {
            k: tuple(self.mark() for _ in range(luck.randint(1, 2)))
            for k in luck.sample(sorted(answers), len(answers) // 3)
        }
        there = [v.call.id for v in office.visits if v.call.station == station]
        return Call(
            id=self.mark(),
            station=station,
            kind="self" if by == "u1" else luck.choice(["call", "supervision", "covert"]),
            claimed=self.now - back + skew,
            sent=self.now + skew,
            answers=answers,
            photos=photos,
            seen=luck.choice([None, *there[-3:]]),
            order_id=order and order.id,
            demand=demand,
        ), by

    def again(self) -> tuple[Call, str]:
        """Draw one that was sent before: sent again as it was, or something else under its id."""
        call, by = self.luck.choice(self.sent[-12:])
        later = replace(call, sent=self.now + self.luck.choice(SKEWS))
        if self.luck.random() < 0.2:
            later = replace(later, note="别的")
        return later, by

    # -- what comes of it

    def send(self, call: Call, by: str) -> None:
        """Send a visit to both."""
        asked = {
            "id": call.id,
            "station_id": call.station,
            "checklist": self.checklist.id,
            "visit": call.kind,
            "claimed_at": call.claimed.isoformat(),
            "sent_at": call.sent.isoformat(),
            "seen": call.seen,
            "answers": dict(call.answers),
            "photos": {key: list(ids) for key, ids in call.photos.items()},
            "order_id": call.order_id,
            "note": call.note,
        }
        if call.demand:
            demand = {"id": call.demand.id, "lines": list(call.demand.lines)}
            asked["order"] = demand | {"due": call.demand.due}
        seq = self.register.seq()
        try:
            told, again = self.office.arrive(call, by=by, now=self.now)
        except OtherContentError:
            with pytest.raises(Conflict):
                self._submit(asked, by)
            assert self.register.seq() == seq
            self.tally["conflict"] += 1
            return
        done = self._submit(asked, by)
        assert done.again == again
        assert (self.register.seq() == seq) == again
        assert dt.datetime.fromisoformat(done.inspection["at"]) == told.at
        assert (done.inspection["result"], done.failed) == (told.result, told.failed)
        others = {row["id"] for row in done.others}
        assert others <= told.others
        assert len(others) == min(len(told.others), 10)
        assert (done.order and tuple(done.order["lines"])) == told.order
        assert done.decided == told.decided
        self.tally["again" if again else "sent"] += 1
        self.tally[f"order {bool(told.order)}"] += 1
        self.tally[f"others {bool(told.others)}"] += 1
        if told.decided:
            self.tally[told.decided[1]] += 1

    def _submit(self, asked: dict, by: str) -> visits.Outcome:
        return visits.submit(
            self.register,
            self.town.now(),
            sent.read(asked),
            by=PEOPLE[by],
            pictures=lambda photo: visits.Picture(photo.replace("-", "") * 2, 9, 4, 3),
            now=self.now,
        )

    def void(self) -> None:
        """Void a visit in both; one is voided once."""
        visit = self.luck.choice(self.office.visits[-10:])
        asked = {"reason": "走错站", "action": self.mark(), "by": "c1"}
        self._same(
            lambda: self.office.void(visit.call.id, "走错站"),
            lambda: visits.void(self.register, visit.call.id, **asked),
            what="void",
        )

    def people(self) -> None:
        """Let a unit answer an order, or the office return it."""
        waiting = [o.id for o in self.office.orders.values() if o.state != "closed"]
        own = self.luck.choice(waiting * 2 + [*self.office.orders])
        row = self.register.get("rectification", own)
        shared = {"version": row["version"], "action": self.mark(), "label": "", "now": self.now}
        if self.luck.random() < 0.6:
            more = {"text": "已修", "photos": {}, "pictures": lambda _: None, "by": PEOPLE["u1"]}
            self._same(
                lambda: self.office.answer(own, self.now),
                lambda: orders.answer(self.register, row, **shared, **more),
                what="answer",
            )
        else:
            day = self.office.day(self.now)
            due = str(day + dt.timedelta(days=9))
            more = {"reason": "照片不清", "due": due, "today": day, "by": PEOPLE["c1"]}
            self._same(
                lambda: self.office.give_back(own, due),
                lambda: orders.give_back(self.register, row, **shared, **more),
                what="give back",
            )

    def retype(self) -> None:
        """Make a station another type: what is asked there is other."""
        own, kind = self.luck.choice([*self.office.stations]), self.luck.choice(["point", "home"])
        self.office.stations[own] = kind
        change = Change("station", own, {"type": kind})
        self.register.write([change], action=self.mark(), by="c1", kind="edit")
        self.tally["retyped"] += 1

    def _same(self, ours, theirs, *, what: str) -> None:
        try:
            ours()
        except RefusedError:
            with pytest.raises(InputError):
                theirs()
            self.tally[f"{what} refused"] += 1
        else:
            theirs()
            self.tally[what] += 1

    # -- what can be seen

    def compare(self) -> None:
        """Hold all that the town tells against the reference."""
        office, answers = self.office, self.town.now()
        rows = {row["id"]: row for row in self.register.rows("inspection")}
        assert [*rows] == [v.call.id for v in office.visits]
        assert [row["voided"] for row in rows.values()] == [v.voided for v in office.visits]
        photos = {(p["id"], p["inspection_id"], p["line"]) for p in self.register.rows("photo")}
        assert photos == {
            (photo, v.call.id, key)
            for v in office.visits
            for key, ids in v.call.photos.items()
            for photo in ids
        }
        names = ("station_id", "lines", "due", "state", "closed_by")
        assert {
            row["id"]: tuple(row[name] for name in names)
            for row in self.register.rows("rectification")
        } == {
            o.id: (o.station, [*o.lines], o.due, o.state, o.closed_by)
            for o in office.orders.values()
        }
        judged = office.newest()
        frame = answers.inspections()
        told = (
            {}
            if frame is None
            else {
                (row.station_id, f"{row.item}#{row.part}" if row.part else row.item): (
                    row.state,
                    row.at,
                )
                for row in frame.itertuples()
            }
        )
        assert told == {
            (own, key): (
                visit.call.answers[key],
                visit.at.astimezone(office.zone).replace(tzinfo=None),
            )
            for (own, key), visit in judged.items()
        }

    def serving(self) -> None:
        """Hold the stations that do not serve against the reference, on one day after another."""
        if self.day is None or self.luck.random() < 0.1:
            later = dt.timedelta(days=self.luck.choice([0, 300, 364, 366, 400]))
            self.day = self.office.day(self.now) + later
        idle = self.office.idle(self.day)
        self.tally["idle"] += len(idle)
        assert self.town.now().idle(self.day) == idle
        if self.luck.random() < 0.1:
            # a process that was not there all along says the same
            fresh, now = City.open(self.town.path).now(), self.town.now()
            assert fresh.idle(self.day) == idle
            for effective in (False, True):
                one, other = (
                    (
                        a.spacing(effective=effective).summary(),
                        a.gaps(effective=effective).to_json(),
                    )
                    for a in (fresh, now)
                )
                assert one == other


@pytest.mark.parametrize("seed", [0, 2])
def test_any_sequence_of_visits_answers_and_voids(town, seed):
    both = Both(town, seed)
    luck = both.luck
    for _ in range(120):
        both.now += dt.timedelta(seconds=luck.choice([1, 600, 3 * 3600, 30 * 3600]))
        what = luck.random()
        if what < 0.15 and both.sent:
            both.send(*both.again())
        elif what < 0.22 and both.office.visits:
            both.void()
        elif what < 0.36 and both.office.orders:
            both.people()
        elif what < 0.42:
            both.retype()
        else:
            both.sent.append(both.call())
            both.send(*both.sent[-1])
        both.serving()
        if luck.random() < 0.06:
            both.compare()
    both.compare()
    assert verify(both.register.engine).sound
    counted = ("sent", "again", "void", "answer", "retyped", "closed", "returned", "idle")
    assert min(both.tally[what] for what in counted) > 0, both.tally
