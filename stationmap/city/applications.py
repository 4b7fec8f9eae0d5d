"""Applications of a unit: for a new station (admission), or to give one up (withdrawal).

::

    submitted ──approve──▶ approved     admission: the station is listed as planned or in operation
        │                               withdrawal: the station is withdrawn
        ├─────refuse───▶ refused        with its reason
        └────withdraw──▶ withdrawn      by the unit itself
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from stationmap.city.wording import worded
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.stations import SUPPLIES

ADMISSION, WITHDRAWAL = "admission", "withdrawal"
SUBMITTED, APPROVED, REFUSED, WITHDRAWN = "submitted", "approved", "refused", "withdrawn"
KINDS: Mapping[str, str] = MappingProxyType(
    {ADMISSION: N_("New station"), WITHDRAWAL: N_("Withdrawal of a station")}
)
STATES: Mapping[str, str] = MappingProxyType(
    {
        SUBMITTED: N_("Waits for a decision"),
        APPROVED: N_("Approved"),
        REFUSED: N_("Refused"),
        WITHDRAWN: N_("Taken back by the unit"),
    }
)
# as what an approved station is listed
LISTED_AS = ("planned", "active")
NAME, ADDRESS, REASON = 60, 120, 300  # characters
_MOVES = {"approve": APPROVED, "refuse": REFUSED, "withdraw": WITHDRAWN}
_NUMBER = re.compile(r"[+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?")


def proposed(
    form: Mapping[str, str],
    *,
    supplies: Iterable[str],
    types: Iterable[str],
    districts: gpd.GeoDataFrame,
    city: str,
    labels: Mapping[str, str],
) -> dict[str, Any]:
    """Return the station that an application proposes, as it is kept with the application.

    Parameters
    ----------
    form : mapping
        name, type, address, hours, lon and lat (WGS-84 degrees) as typed.
    supplies : iterable of str
        Keys of `stationmap.stations.SUPPLIES`; what is none of them is left out.
    types : iterable of str
        Ids of the site types of the city's standard.
    districts : GeoDataFrame
        The city's districts in EPSG:4326; without rows the city is one.
    city : str
        The city's adcode, "" where unknown.
    labels : mapping
        What the form calls its fields.

    Raises
    ------
    InputError
        A field is missing or cannot be kept, or the place lies outside the city.
    """
    if form.get("type") not in set(types):
        raise InputError("Please choose the type of the station; nothing was sent yet.")
    found = {
        "name": worded(form.get("name", ""), what=labels["name"], limit=NAME, required=True),
        "type": form["type"],
        "address": worded(form.get("address", ""), what=labels["address"], limit=ADDRESS),
        "hours": worded(form.get("hours", ""), what=labels["hours"], limit=ADDRESS),
        "supplies": ";".join(name for name in SUPPLIES if name in set(supplies)),
    }
    lon, lat = (_degrees(form.get(name, "")) for name in ("lon", "lat"))
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        raise InputError(
            "Please show the place on the map, or write its longitude and latitude; nothing was "
            "sent yet."
        )
    return {**found, "lon": lon, "lat": lat, "adcode": district_at(districts, lon, lat, city=city)}


def district_at(districts: gpd.GeoDataFrame, lon: float, lat: float, *, city: str) -> str | None:
    """Return the code of the smallest district around a place; the city's where it has none.

    Raises
    ------
    InputError
        The place lies in none of the city's districts.
    """
    if districts.empty:
        return city or None
    areas = districts.geometry.to_numpy()
    rows = np.flatnonzero(shapely.intersects(areas, shapely.Point(lon, lat)))
    if not len(rows):
        raise InputError(
            "This place lies outside the city's districts. Nothing was sent; check it on the map."
        )
    codes = districts["adcode"].astype("str").to_numpy()[rows]
    coded = rows[[re.fullmatch("[0-9]{6,12}", code) is not None for code in codes]]
    smallest = min(coded if len(coded) else rows, key=lambda row: shapely.area(areas[row]))
    return str(districts["adcode"].iloc[smallest])


def moved(row: Mapping[str, Any], *, step: str, decision: str = "", label: str) -> dict[str, Any]:
    """Return what to set when an application is approved, refused or taken back.

    Parameters
    ----------
    row : mapping
        The application as it stands.
    step : str
        "approve", "refuse" or "withdraw".
    decision : str
        What to tell the unit; needed for a refusal.
    label : str
        What the form calls it.

    Raises
    ------
    InputError
        The application is decided already, or the reason is missing or cannot be kept.
    """
    if step not in _MOVES:
        raise InputError("Please choose whether to approve or to refuse; nothing was saved yet.")
    if row["state"] != SUBMITTED:
        raise InputError(
            "This application was settled meanwhile; what you chose was not saved. See below how "
            "it stands."
        )
    said = worded(decision, what=label, limit=REASON, required=step == "refuse")
    return {"state": _MOVES[step], "decision": said}


def listed(row: Mapping[str, Any], *, status: str, unit: str | None) -> dict[str, Any]:
    """Return the columns of the station that an approved admission puts on the list.

    Raises
    ------
    InputError
        `status` is none of `LISTED_AS`.
    """
    if status not in LISTED_AS:
        raise InputError("Please choose as what the station is listed; nothing was saved yet.")
    station = row["station"]
    facts = {name: station[name] or None for name in ("name", "address", "hours", "supplies")}
    return {
        **facts,
        "type": station["type"],
        "status": status,
        "unit_id": row["unit_id"],
        "unit": unit,
        "adcode": station["adcode"],
        "demonstration": False,
        "geometry": (station["lon"], station["lat"]),
    }


def _degrees(text: str) -> float | None:
    return float(text.strip()) if _NUMBER.fullmatch(text.strip()) else None
