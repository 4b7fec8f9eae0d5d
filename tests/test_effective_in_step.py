"""Effective coverage kept in step with visits and stations is the one worked out from nothing."""

import random
import uuid

import pytest
import small_city
from inspected_town import inspect

from stationmap.city import City, visits
from stationmap.inspections import OPEN
from stationmap.store import Change


def step(city, chance, number):
    """Do one thing of many: a visit, a visit voided, a station moved, closed, opened or added."""
    own = f"A{chance.randrange(6)}"
    visited = ["found closed", "found closed", "met", "voided"]
    kind = chance.choice([*visited, "closed", "moved", "opened", "added"])
    if kind in ("found closed", "met"):
        failed = [OPEN] if kind == "found closed" else []
        inspect(city, own, failed=failed, met=[OPEN])
        return
    if kind == "voided":
        rows = city.register.snapshot().frames["inspection"]
        rows = rows[rows["voided"].isna()]
        if len(rows):
            one = chance.choice(rows["id"].tolist())
            visits.void(city.register, one, reason="误", action=str(uuid.uuid4()), by="cli")
        return
    place = (small_city.LON + chance.random() * 0.004, small_city.LAT)
    after = {
        "moved": {"geometry": place},
        "closed": {"status": "closed"},
        "opened": {"status": "active"},
        "added": {"geometry": place, "type": "point", "status": "active", "name": "新点"},
    }[kind]
    own, more = (f"N{number}", {"expects": 0}) if kind == "added" else (own, {})
    change = Change("station", own, after, **more)
    city.register.write([change], action=str(uuid.uuid4()), by="cli", kind=kind)


@pytest.mark.parametrize("seed", [2, 3])
def test_every_step_gives_what_a_city_opened_anew_gives(tmp_path, seed):
    city, chance = small_city.make(tmp_path), random.Random(seed)
    seen = set()
    for number in range(10):
        step(city, chance, number)
        if chance.random() < 0.3:
            continue  # several changes between two looks
        kept, fresh = (
            one.now().spacing(effective=True) for one in (city, City.open(tmp_path / "town"))
        )
        assert kept.counted() == fresh.counted()
        assert kept.summary() == fresh.summary()
        seen.add(len(city.now().idle(city.now().today())))
    assert len(seen) > 1
