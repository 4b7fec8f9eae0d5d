"""Inspections as the checks take them."""

import uuid

import pytest
import small_city

from stationmap.city import City
from stationmap.errors import CityError
from stationmap.store import Change


def write(city, *changes):
    city.register.write(list(changes), action=str(uuid.uuid4()), by="cli", kind="edit")


def test_inspections_whose_checklist_is_gone_are_told_of_by_its_id(tmp_path):
    city = small_city.make(tmp_path)
    lost = "c" * 32
    columns = {"station_id": "A1", "checklist": lost, "visit": "call", "found": "m"}
    write(city, Change("inspection", "i1", {**columns, "at": "2026-03-05T04:00:00.000+00:00"}))
    with pytest.raises(CityError, match=lost):
        City.open(city.path).now().inspections()
