"""Changes of stations are read from JSON, or refused in one sentence that names the row."""

import math

import pytest

from stationmap.errors import InputError
from stationmap.planning.changes import MOST, Change, read_changes

NEW = {"station_id": "new-1", "lon": 118.5, "lat": 28.5, "type": "point"}


def read(*rows, known=None):
    return read_changes(list(rows), types=["point", "post"], known=known)


def test_what_is_written_is_read_again():
    changes = read(NEW, {"station_id": "S1", "status": "closed"})
    assert changes == (
        Change("new-1", lon=118.5, lat=28.5, type="point"),
        Change("S1", status="closed"),
    )
    assert read(*(change.as_json() for change in changes)) == changes
    assert [change.is_new for change in changes] == [True, False]


@pytest.mark.parametrize(
    "lon", [180.001, -180.001, 10**400, -(10**400), math.inf, math.nan, True, "118.5", None, [1]]
)
def test_a_place_that_is_none_is_refused(lon):
    with pytest.raises(InputError, match="change 1 cannot be read: expected"):
        read(NEW | {"lon": lon})


@pytest.mark.parametrize("lat", [90, -90])
def test_the_poles_are_places(lat):
    assert read(NEW | {"lon": 180, "lat": lat})[0].lat == lat


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"type": "kiosk"}, "type: point, post"),
        ({"status": "gone"}, "status: active"),
        ({"name": "x" * 201}, "text"),
        ({"name": 5}, "text"),
        ({"colour": "red"}, "host_id, lat"),
        ({"station_id": None}, "station_id"),
        ({"type": None}, "lon, lat, type"),
        ({"lon": None, "lat": None}, "-180 ≤ lon"),
    ],
)
def test_what_is_expected_is_said(wrong, expected):
    with pytest.raises(InputError) as caught:
        read({"station_id": "S1"}, NEW | wrong)
    assert str(caught.value).startswith(f"change 2 cannot be read: expected {expected}")


def test_a_station_is_said_once_and_has_to_be_there():
    with pytest.raises(InputError, match="change 2 is the second of station new-1"):
        read(NEW, NEW)
    with pytest.raises(InputError, match="change 1 is of station S9, which is not there"):
        read({"station_id": "S9", "status": "closed"}, known=["S1"])


@pytest.mark.parametrize("rows", ["text", {"a": 1}, None, [NEW] * (MOST + 1)])
def test_one_list_of_bounded_length_is_expected(rows):
    with pytest.raises(InputError, match=f"a list of at most {MOST} stations"):
        read_changes(rows, types=["point"])
