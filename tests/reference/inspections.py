"""Inspections, their orders and who serves, by the law alone: a list of visits in their arrival.

It shares no code with the product. Nothing is kept but what was sent and what happened to it: each
question is answered by going through all of it anew.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

Key = str
OWN_WORD = "self"
WAITING = ("open", "answered", "returned")
SKEW = dt.timedelta(seconds=120)  # a clock that is off by less is right
REACH = dt.timedelta(days=366)  # nobody was without a network for longer
FAR_DAYS = 366  # no order gives more


class OtherContentError(Exception):
    """Something else was sent under this id before."""


class RefusedError(Exception):
    """It does not fit what the register has."""


@dataclass(frozen=True)
class Question:
    """A line of the checklist: whom it concerns, and whether it binds."""

    key: Key
    types: tuple[str, ...]
    binding: bool


@dataclass(frozen=True)
class Demand:
    """The order that a phone asks for."""

    id: str
    lines: tuple[Key, ...]
    due: str


@dataclass(frozen=True)
class Call:
    """What a phone sends of a visit."""

    id: str
    station: str
    kind: str
    claimed: dt.datetime
    sent: dt.datetime
    answers: Mapping[Key, str]
    photos: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    seen: str | None = None
    order_id: str | None = None
    demand: Demand | None = None
    note: str = ""

    @property
    def content(self) -> "Call":
        """What must be the same when it is sent again: all but when it was sent."""
        return replace(self, sent=dt.datetime.min)


@dataclass
class Visit:
    """A visit that arrived."""

    call: Call
    by: str
    at: dt.datetime
    arrived: dt.datetime
    number: int
    result: str  # by what was asked there then
    voided: str | None = None


@dataclass
class Order:
    """What is to be put right, and where it stands."""

    id: str
    station: str
    lines: tuple[Key, ...]
    due: str
    found_at: dt.datetime
    state: str = "open"
    closed_by: str | None = None
    answered_at: dt.datetime | None = None
    before: tuple[str, str] | None = None  # state and deadline before it was closed
    decided: list["Visit"] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What the sender of a visit is told."""

    at: dt.datetime
    result: str
    failed: list[Key]
    others: set[str]
    order: tuple[Key, ...] | None
    decided: tuple[str, str] | None


class Office:
    """All that a city knows of its inspections."""

    def __init__(
        self,
        questions: Sequence[Question],
        stations: Mapping[str, str],
        *,
        zone: str,
        stale_days: int,
        rectify_days: int,
        entered: dt.date,
    ) -> None:
        self.questions = list(questions)
        self.stations = dict(stations)  # active ones: id → type
        self.zone = ZoneInfo(zone)
        self.stale_days, self.rectify_days = stale_days, rectify_days
        self.entered = entered  # the day from which the list of stations is
        self.visits: list[Visit] = []
        self.orders: dict[str, Order] = {}

    # -- what happens

    def arrive(self, call: Call, *, by: str, now: dt.datetime) -> tuple[Told, bool]:
        """Take in a visit; gives what its sender is told, and whether it had come before."""
        for known in self.visits:
            if known.call.id == call.id:
                if known.call.content != call.content or known.by != by:
                    raise OtherContentError(call.id)
                return self._told(known), True
        number, at = len(self.visits), self._instant(call, now)
        visit = Visit(call, by, at, now, number, self._result(call))
        self.visits.append(visit)
        self._decide(visit)
        self._issue(visit)
        return self._told(visit), False

    def void(self, visit_id: str, reason: str) -> None:
        """Declare that a visit does not count; an order that it alone had closed waits again."""
        visit = self.visit(visit_id)
        if visit.voided is not None:
            raise RefusedError(visit_id)
        visit.voided = reason
        for order in self.orders.values():
            if order.closed_by == visit_id and order.before:
                order.state, order.due = order.before
                order.closed_by = None

    def answer(self, order_id: str, now: dt.datetime) -> None:
        """The unit says that it is put right: this closes nothing."""
        order = self.orders[order_id]
        if order.state not in WAITING:
            raise RefusedError(order_id)
        order.state, order.answered_at = "answered", now

    def give_back(self, order_id: str, due: str) -> None:
        """The office is not content with an answer."""
        order = self.orders[order_id]
        if order.state != "answered":
            raise RefusedError(order_id)
        order.state, order.due = "returned", due

    def _instant(self, call: Call, now: dt.datetime) -> dt.datetime:
        """When it was by the server's clock: as long before it was sent as the phone says."""
        off = call.sent - now
        if abs(off) <= SKEW:
            off = dt.timedelta(0)
        at = call.claimed - off
        return min(at, now) if now - REACH <= at <= now + SKEW else now

    def _issue(self, visit: Visit) -> None:
        """Order what failed, is asked for, and is in no order that waits."""
        demand = visit.call.demand
        if demand is None:
            return
        taken = {
            key
            for order in self.orders.values()
            if order.station == visit.call.station and order.state in WAITING
            for key in order.lines
        }
        asked = {q.key for q in self.asked(visit.call.station)} & {*demand.lines} - taken
        lines = tuple(
            key for key in self.failed(visit) if key in asked and not self._right_since(visit, key)
        )
        day = self.day(visit.arrived)
        ahead = (dt.date.fromisoformat(demand.due) - day).days
        days = ahead if 0 <= ahead <= FAR_DAYS else self.rectify_days
        if lines:
            due = str(day + dt.timedelta(days=days))
            self.orders[demand.id] = Order(
                demand.id, visit.call.station, lines, due, found_at=visit.at
            )

    def _right_since(self, visit: Visit, key: Key) -> bool:
        """Whether who was there later, and told it before, found nothing amiss with a line."""
        later = [
            v
            for v in sorted(self._judging(), key=lambda v: (v.at, v.number))
            if v.call.station == visit.call.station
            and v.at > visit.at
            and v.call.answers.get(key, "unknown") != "unknown"
        ]
        return bool(later) and later[-1].call.answers[key] != "not_met"

    def _decide(self, visit: Visit) -> None:
        """Let a re-inspection decide its order, by all of its lines and by what is newest."""
        order = self.orders.get(visit.call.order_id or "")
        if order is None or order.state == "closed":
            return
        if any(v.at > visit.at and v.voided is None for v in order.decided):
            return
        if order.found_at > visit.at:
            return  # it was made before anything was found
        found = [visit.call.answers.get(key, "unknown") for key in order.lines]
        if "not_met" in found:
            if order.answered_at and visit.at < order.answered_at:
                return  # nobody has looked since the unit answered
            order.state = "returned"
            due = self.day(visit.arrived) + dt.timedelta(days=self.rectify_days)
            order.due = max(order.due, str(due))
        elif "unknown" not in found:
            order.before = order.state, order.due
            order.state, order.closed_by = "closed", visit.call.id
        else:
            return
        order.decided.append(visit)

    # -- what is known

    def day(self, at: dt.datetime) -> dt.date:
        """The city's day of an instant."""
        return at.astimezone(self.zone).date()

    def newest(self) -> dict[tuple[str, Key], Visit]:
        """The visit that judged each line of each station last."""
        found: dict[tuple[str, Key], Visit] = {}
        for visit in sorted(self._judging(), key=lambda v: (v.at, v.number)):
            for key, state in visit.call.answers.items():
                if state != "unknown":
                    found[visit.call.station, key] = visit
        return found

    def idle(self, today: dt.date) -> set[str]:
        """Active stations that do not serve: a binding line fails, or their facts are stale.

        Nobody can tell before anybody has inspected anything.
        """
        if not self._judging():
            return set()
        judged, known = self.newest(), dict.fromkeys(self.stations, self.entered)
        last: dict[str, dt.date] = {}
        for (own, _), visit in judged.items():
            last[own] = max(last.get(own, dt.date.min), self.day(visit.at))
        idle = {
            own for own, day in {**known, **last}.items() if (today - day).days > self.stale_days
        }
        for own in self.stations:
            for question in self.asked(own):
                visit = judged.get((own, question.key))
                if question.binding and visit and visit.call.answers[question.key] == "not_met":
                    idle.add(own)
        return idle & self.stations.keys()

    def asked(self, station: str) -> list[Question]:
        """What is asked at a station."""
        own = self.stations[station]
        return [q for q in self.questions if not q.types or own in q.types]

    def visit(self, visit_id: str) -> Visit:
        """The visit of an id."""
        return next(v for v in self.visits if v.call.id == visit_id)

    def failed(self, visit: Visit) -> list[Key]:
        """What a visit found amiss, advisory lines too."""
        return [q.key for q in self.questions if visit.call.answers.get(q.key) == "not_met"]

    def _result(self, call: Call) -> str:
        """Where the station stands by one visit alone."""
        asked = self.asked(call.station)
        found = [call.answers.get(q.key, "unknown") for q in asked if q.binding]
        return "not_met" if "not_met" in found else "unknown" if "unknown" in found else "met"

    def others(self, own: Visit) -> set[str]:
        """What others found there that the form did not show, or from its day on without any."""
        seen = next((v for v in self.visits if v.call.id == own.call.seen), None)
        found = set()
        for visit in self.visits:
            there = visit.call.station == own.call.station and visit.voided is None
            news = visit.number > seen.number if seen else self.day(visit.at) >= self.day(own.at)
            if there and news and visit.by != own.by:
                found.add(visit.call.id)
        return found

    def _told(self, visit: Visit) -> Told:
        demand, order = visit.call.demand, self.orders.get(visit.call.order_id or "")
        issued = self.orders.get(demand.id) if demand else None
        return Told(
            visit.at,
            visit.result,
            self.failed(visit),
            self.others(visit),
            issued and issued.lines,
            order and (order.id, order.state),
        )

    def _judging(self) -> list[Visit]:
        return [v for v in self.visits if v.voided is None and v.call.kind != OWN_WORD]
