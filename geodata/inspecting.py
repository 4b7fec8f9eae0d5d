"""Inspections of the demo city: two years of visits, orders in every state, a draw and its rounds.

All of it is synthetic and says so. It enters by the same functions as what people send; the same
day gives the same visits, but for the draw, whose seed is made anew.
"""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont

from stationmap.city import City, draws, orders, sent, visits
from stationmap.city.answers import Answers
from stationmap.city.photos import Photos
from stationmap.inspections import (
    MET,
    NOT_MET,
    OPEN,
    SELF,
    UNKNOWN,
    VISIT,
    Checklist,
    draw,
)
from stationmap.store import Register
from stationmap.store.accounts import Account

SEED = 20260622
LABEL = "合成数据（演示）synthetic"
PLAIN = 34
"""Stations that are visited without a story."""
DRAWN, ROUND = 24, 8
_NAMESPACE = uuid.UUID("3d0f5f0e-9d1a-4d7e-8a53-6f3f5c1f0d11")
_FOUND = ("现场没有", "已损坏，待更换", "过期未换", "未张贴上墙", "记录只到上个月")
_OFFICE = {"339901": "zhili", "339902": "mingxin"}  # who answers for a unit without an account
_DONE = "已整改，照片附后。"
_SIZE = (480, 360)

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Case:
    """A station that failed, and what became of its order, in days before the day of making.

    Attributes
    ----------
    failed : int
    lines : int
        How many lines were not met.
    shut : bool
        It was found closed too.
    extended, answered, returned, again : int or None
        The deadline was put off; the unit answered; the office returned the answer; the station
        was inspected again.
    met : bool
        What the re-inspection found.
    county : str
        How the station's adcode begins.
    """

    failed: int
    lines: int = 1
    shut: bool = False
    extended: int | None = None
    answered: int | None = None
    returned: int | None = None
    again: int | None = None
    met: bool = True
    county: str = "339901"


CASES = (
    # open, and still in time
    Case(6, lines=2),
    Case(11),
    Case(4, county="339902"),
    # open and overdue
    Case(40, lines=2),
    Case(33, shut=True),
    Case(75, lines=3),
    Case(52, county="339902"),
    # put off
    Case(24, extended=10),
    # answered, to be re-inspected
    Case(21, lines=2, answered=3),
    Case(30, answered=16),
    Case(18, answered=5, county="339902"),
    # returned: by the office, by a re-inspection
    Case(45, answered=35, returned=3),
    Case(60, lines=2, answered=50, again=22, met=False),
    # closed
    Case(50, lines=2, answered=40, again=30),
    Case(110, answered=100, again=92),
    Case(301, lines=2, answered=290, again=280),
    Case(420, shut=True, answered=409, again=400),
    Case(640, answered=631, again=620, county="339902"),
)


@dataclass
class _Made:
    """What is at hand while visits are made."""

    city: City
    answers: Answers
    people: Mapping[str, Account]
    today: dt.date
    rng: random.Random
    checklist: Checklist
    photos: Photos
    zone: ZoneInfo
    steps: list[tuple[dt.datetime, Callable[[dt.datetime], None]]] = field(default_factory=list)

    @property
    def register(self) -> Register:
        return self.city.register

    def at(self, days: int) -> dt.datetime:
        """Return an hour of work on a day before."""
        time = dt.time(self.rng.randint(9, 16), self.rng.randint(0, 59))
        return dt.datetime.combine(self.today - dt.timedelta(days=days), time, self.zone)

    def visitor(self, said: Mapping[str, Any]) -> Account:
        """Return who makes a visit: the unit, the district's inspector, or the city's office."""
        if said["visit"] == SELF:
            return self.people["hospital"]
        code = self.adcodes[said["station_id"]]
        inspector = self.people["inspector"]
        return inspector if code.startswith(inspector.adcode) else self.people["city"]

    @cached_property
    def adcodes(self) -> Mapping[str, str]:
        frame = self.answers.stations()
        return dict(zip(frame["station_id"], frame["adcode"], strict=True))

    def later(self, when: dt.datetime, step: Callable[[dt.datetime], None]) -> None:
        self.steps.append((when, step))


def inspect(city: City, people: Mapping[str, Account], *, today: dt.date) -> None:
    """Let the demo city be inspected until a day; what is there already is not done again.

    Parameters
    ----------
    city : City
    people : mapping
        Name → account, as `geodata.cli.ACCOUNTS` has them: they write what each may.
    today : date
        The day of making, by the city's clock.
    """
    drawn = _id("draw")
    if city.register.get("draw", drawn) is not None:
        return
    made = _Made(
        city=city,
        answers=city.now(),
        people=people,
        today=today,
        rng=random.Random(SEED),  # noqa: S311 - the same visits every time
        checklist=Checklist.of_pack(city.pack),
        photos=Photos(city.path),
        zone=ZoneInfo(city.config.time_zone),
    )
    _plan(made)
    for when, step in sorted(made.steps, key=lambda one: one[0]):
        step(when)
    _draw(made, drawn)


def _plan(made: _Made) -> None:
    """Choose stations and days; nothing is written yet."""
    frame = made.city.stations()
    frame = frame[(frame["status"] == "active") & frame.geometry.notna()]
    rows = frame.sort_values("station_id").to_dict("records")
    made.rng.shuffle(rows)
    unit = made.people["hospital"].unit_id
    rows.sort(key=lambda row: row["unit_id"] != unit)  # the first case is the unit's of the demo
    _check_itself(made, rows[0])
    for number, case in enumerate(CASES):
        station = next(r for r in rows if r["adcode"].startswith(case.county) and r["unit"])
        rows.remove(station)
        _Story(made, station, case, number).plan()
    for number, station in enumerate(rows[-PLAIN:]):
        _plain(made, station, number)


def _check_itself(made: _Made, station: Mapping[str, Any]) -> None:
    answers = {line.key: MET for line in made.checklist.of_type(station["type"])}
    said = _form(made, station, "self", kind=SELF, answers=answers)
    made.later(made.at(19), partial(_send, made, said))


def _plain(made: _Made, station: Mapping[str, Any], number: int) -> None:
    """Let a station be visited with nothing amiss, or with some lines not looked at."""
    days, kind = made.rng.randint(2, 700), made.rng.choice(("call", "supervision", "covert"))
    lines = made.checklist.of_type(station["type"])
    answers = {line.key: MET for line in lines}
    if number % 4 == 0:
        answers |= {line.key: UNKNOWN for line in lines[-len(lines) // 3 :]}
    said = _form(made, station, f"plain {number}", kind=kind, answers=answers)
    made.later(made.at(days), partial(_send, made, said))
    if number == 0:
        made.later(made.at(1), lambda _: _once(made, "void", lambda mark: _void(made, said, mark)))


def _void(made: _Made, said: Mapping[str, Any], action: str) -> None:
    reason = f"站点选错，作废重填（{LABEL}）"
    by = made.people["city"].id
    visits.void(made.register, said["id"], reason=reason, action=action, by=by)


class _Story:
    """One station that failed, step by step."""

    def __init__(self, made: _Made, station: Mapping[str, Any], case: Case, number: int) -> None:
        self.made, self.station, self.case = made, station, case
        self.name = f"case {number}"
        binding = [
            line.key
            for line in made.checklist.of_type(station["type"])
            if line.force == "binding" and line.item != VISIT
        ]
        self.lines = made.rng.sample(binding, case.lines) + ([OPEN] if case.shut else [])
        self.order = _id(f"{self.name} order")

    def plan(self) -> None:
        case, later = self.case, self.made.later
        later(self.made.at(case.failed), self._fail)
        for days, step in (
            (case.extended, self._extend),
            (case.answered, self._answer),
            (case.returned, self._return),
            (case.again, self._again),
        ):
            if days is not None:
                later(self.made.at(days), step)

    def _fail(self, when: dt.datetime) -> None:
        made = self.made
        lines = made.checklist.of_type(self.station["type"])
        answers = {line.key: NOT_MET if line.key in self.lines else MET for line in lines}
        due = when.date() + dt.timedelta(days=made.city.pack.rectify_days)
        said = _form(made, self.station, self.name, kind="supervision", answers=answers)
        said["notes"] = {key: _FOUND[n % len(_FOUND)] for n, key in enumerate(self.lines)}
        said["photos"] = {self.lines[0]: [_id(f"{self.name} before")]}
        said["order"] = {
            "id": self.order,
            "lines": self.lines,
            "due": due.isoformat(),
            "note": LABEL,
        }
        _send(made, said, when, colour=(150, 80, 60), words=self._words("before"))

    def _again(self, when: dt.datetime) -> None:
        state = MET if self.case.met else NOT_MET
        answers = dict.fromkeys(self.lines, state)
        said = _form(
            self.made, self.station, f"{self.name} again", kind="supervision", answers=answers
        )
        said["order_id"] = self.order
        said["photos"] = {self.lines[0]: [_id(f"{self.name} again photo")]}
        _send(self.made, said, when, colour=(60, 130, 90), words=self._words("re-inspection"))

    def _answer(self, when: dt.datetime) -> None:
        photo = _id(f"{self.name} answer photo")
        picture = _keep(self.made, self._words("answer"), (60, 110, 150), when)
        self._step(
            "answer",
            lambda order, action: orders.answer(
                self.made.register,
                order,
                text=_DONE,
                label="整改情况",
                photos={photo: self.lines[0]},
                pictures=lambda _: picture,
                version=order["version"],
                action=action,
                by=self.made.people[_OFFICE[self.case.county]],
                now=when,
            ),
        )

    def _return(self, when: dt.datetime) -> None:
        self._decide("return", orders.give_back, "照片看不清，请补拍", when, days=8)

    def _extend(self, when: dt.datetime) -> None:
        self._decide("extend", orders.extend, "物资在途，延期", when, days=20)

    def _decide(
        self, name: str, take: Callable[..., Any], reason: str, when: dt.datetime, *, days: int
    ) -> None:
        due = (when.date() + dt.timedelta(days=days)).isoformat()
        self._step(
            name,
            lambda order, action: take(
                self.made.register,
                order,
                reason=reason,
                due=due,
                label="理由",
                version=order["version"],
                action=action,
                by=self.made.people["city"],
                now=when,
                today=when.date(),
            ),
        )

    def _step(self, name: str, step: Callable[[Any, str], Any]) -> None:
        def take(action: str) -> None:
            step(self.made.register.get("rectification", self.order), action)

        _once(self.made, f"{self.name} {name}", take)

    def _words(self, what: str) -> tuple[str, ...]:
        return ("SYNTHETIC PHOTO", f"{self.station['station_id']}  {self.lines[0]}", what)


# ------------------------------------------------------------------- what is sent


def _form(
    made: _Made,
    station: Mapping[str, Any],
    name: str,
    *,
    kind: str,
    answers: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "id": _id(name),
        "station_id": station["station_id"],
        "checklist": made.checklist.id,
        "visit": kind,
        "answers": dict(answers),
        "note": LABEL,
    }


def _send(
    made: _Made,
    said: Mapping[str, Any],
    when: dt.datetime,
    *,
    colour: Colour = (90, 90, 90),
    words: Sequence[str] = (),
) -> None:
    """Send a visit as a phone does, some minutes after it."""
    if made.register.get("inspection", said["id"]) is not None:
        return
    now = when + dt.timedelta(minutes=7)
    times = {"claimed_at": when.isoformat(), "sent_at": now.isoformat()}
    kept = {
        photo: _keep(made, words, colour, when)
        for photos in said.get("photos", {}).values()
        for photo in photos
    }
    visits.submit(
        made.register,
        made.answers,
        sent.read({**said, **times}),
        by=made.visitor(said),
        pictures=kept.get,
        now=now,
    )


def _keep(made: _Made, words: Sequence[str], colour: Colour, when: dt.datetime) -> visits.Picture:
    return made.photos.keep(_photo(words, colour), taken_at=when.isoformat())


def _photo(words: Sequence[str], colour: Colour) -> bytes:
    """Draw a photo: a shelf against a wall, and words that say what it is."""
    image = Image.new("RGB", _SIZE, (225, 222, 214))
    pen, (width, height) = ImageDraw.Draw(image), _SIZE
    pen.rectangle((0, height * 0.8, width, height), fill=(176, 168, 152))
    for number in range(3):
        top = height * (0.42 + 0.13 * number)
        pen.rectangle((width * 0.15, top, width * 0.85, top + 8), fill=(120, 96, 70))
        for box in range(number + 2):
            left = width * (0.2 + 0.14 * box)
            pen.rectangle((left, top - 30, left + 40, top), fill=colour)
    font = ImageFont.load_default(22)
    for number, line in enumerate(words):
        pen.text((20, 16 + 30 * number), line, fill=(30, 30, 30), font=font)
    stream = BytesIO()
    image.save(stream, "JPEG", quality=80)
    return stream.getvalue()


# ------------------------------------------------------------------- a draw


def _draw(made: _Made, drawn: str) -> None:
    """Draw sites of the inspector's district, and lay out rounds from the day of making on."""
    register, now = made.register, made.city.now()
    inspector = made.people["inspector"]
    draws.make(
        now,
        register,
        by=made.people["city"].id,
        scope="",
        within=inspector.adcode,
        action=drawn,
        size=DRAWN,
        points=draw.POINTS,
        today=made.today,
        note=LABEL,
    )
    row = register.get("draw", drawn)
    assert row is not None
    draws.make_rounds(
        now,
        register,
        draw=row,
        by=made.people["city"].id,
        action=_id("rounds"),
        most=ROUND,
        inspectors=[inspector],
        first=made.today,
        today=made.today,
    )


def _once(made: _Made, name: str, step: Callable[[str], Any]) -> None:
    """Take a step under the mark of its name, unless it was taken."""
    action = _id(name)
    if made.register.action(action) is None:
        step(action)


def _id(name: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, name))
