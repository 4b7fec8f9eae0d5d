"""Inspections in the town: what somebody found at a station on a day."""

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

from stationmap.city import sent, visits
from stationmap.inspections import Checklist
from stationmap.store.accounts import Account

INSPECTOR = Account("a1", "督查员", "inspector", "", None, active=True)
UNIT = Account("u1", "单位", "unit", "330802", "U1", active=True)


def inspect(city, station, *, failed=(), met=None, days_ago=0, visit="supervision", **more):
    """Submit an inspection: all lines met but those that failed, or only some looked at."""
    now = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
    answers = city.now()
    checklist = Checklist.of_pack(answers.pack)
    frame = answers.stations().set_index("station_id")
    keys = met if met is not None else [
        line.key for line in checklist.of_type(frame.at[station, "type"])
    ]  # fmt: skip
    asked = {
        "id": str(uuid.uuid4()),
        "station_id": station,
        "checklist": checklist.id,
        "visit": visit,
        "claimed_at": now.isoformat(),
        "sent_at": now.isoformat(),
        "answers": {k: "not_met" if k in failed else "met" for k in {*keys, *failed}},
        **more,
    }
    by = UNIT if visit == "self" else INSPECTOR
    return visits.submit(
        city.register, answers, sent.read(asked), by=by, pictures=lambda _: None, now=now
    )


def day(city, *, days_ago=0):
    """The day so long ago, by the city's clock."""
    zone = ZoneInfo(city.now().config.time_zone)
    return (dt.datetime.now(zone) - dt.timedelta(days=days_ago)).date().isoformat()
