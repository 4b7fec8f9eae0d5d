"""Supplies that inspectors did not find: nobody is sent there for them."""

import datetime as dt
import uuid

from inspected_town import inspect
from pages_town import own_town, place, town  # noqa: F401

from stationmap.city.missed_supplies import missed
from stationmap.city.near import Asked
from stationmap.store import Change

UMBRELLA, WATER = "Q-C8#1", "Q-C8#5"


def test_the_newest_judgement_of_its_own_line_tells_what_is_not_there(own_town):  # noqa: F811
    assert missed(own_town.now()) == {}
    inspect(own_town, "P0", failed=[WATER, UMBRELLA], days_ago=3)
    inspect(own_town, "P40", failed=[WATER], visit="self")
    assert missed(own_town.now()) == {"P0": ("umbrella", "water")}
    inspect(own_town, "P0", met=[WATER], days_ago=1)
    assert missed(own_town.now()) == {"P0": ("umbrella",)}


def test_what_was_replenished_since_is_there_again(own_town):  # noqa: F811
    inspect(own_town, "P0", failed=[WATER, UMBRELLA], days_ago=3)
    now = dt.datetime.now(dt.UTC)
    for own, supply, days in (("early", "umbrella", 9), ("late", "water", 1)):
        row = {"station_id": "P0", "supply": supply, "state": "replenished"}
        row["done_at"] = (now - dt.timedelta(days=days)).isoformat()
        change = Change("restock", own, row)
        own_town.register.write([change], action=str(uuid.uuid4()), by="cli", kind="restock")
    assert missed(own_town.now()) == {"P0": ("umbrella",)}


def test_nobody_is_sent_for_a_supply_to_where_it_was_not_found(own_town):  # noqa: F811
    inspect(own_town, "P0", failed=[UMBRELLA], days_ago=3)
    lon, lat = place(0, 5)
    asked = Asked(lon=lon, lat=lat, now=dt.datetime.now(dt.UTC), k=50, needs=("umbrella",))
    near = own_town.now().nearby()
    assert "P0" not in [one.station_id for one in near.near(asked).found]
    told = near.one("P0", asked)
    assert (told.lacks, told.misses, told.missed) == (("umbrella",), ("lacks",), ("umbrella",))
    water = Asked(lon=lon, lat=lat, now=dt.datetime.now(dt.UTC), needs=("water",))
    assert near.near(water).found[0].station_id == "P0"
