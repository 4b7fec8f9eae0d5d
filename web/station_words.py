"""Stations in words: what their columns are called, and what stands in them."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from stationmap import stations
from stationmap.city import templates
from stationmap.city.register import PLANNED
from stationmap.city.station_edit import place_text
from stationmap.messages import N_
from web.parts import type_name
from web.view import CityView
from web.words import labelled, say

COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "id": N_("Id"),
        "name": N_("Name"),
        "type": N_("Type"),
        "status": N_("Status"),
        "unit": N_("Unit"),
        "supervising_unit": N_("Supervised by"),
        "address": N_("Address"),
        "adcode": N_("District"),
        "hours": N_("Hours"),
        "supplies": N_("Supplies"),
        "phone": N_("Public telephone"),
        "parent_id": N_("Superior station"),
        "platform_id": N_("Number on the volunteer platform"),
        "demonstration": N_("Demonstration station"),
        "opened_on": N_("Opened on"),
        "geometry": N_("Place"),
        "source": N_("Source"),
    }
)
FIELD_OF: Mapping[str, str] = MappingProxyType({"place": "geometry"})
"""Field of a form → its column, where they are not called alike."""

CONTACT: Mapping[str, str] = MappingProxyType(
    {
        "person": N_("Contact person"),
        "phone": N_("Contact's telephone"),
        "note": N_("Note"),
    }
)
# columns that only go along with another
SILENT = frozenset(
    {"unit_id", "hours_source", "source_lon", "source_lat", "source_datum", "source_row", "brought"}
)
DATUMS: Mapping[str, str] = MappingProxyType(
    {
        "wgs84": N_("WGS-84 (GPS; CGCS2000 is the same)"),
        "gcj02": N_("GCJ-02 (Amap, Tencent)"),
        "bd09": N_("BD-09 (Baidu)"),
    }
)
KINDS: Mapping[str, str] = MappingProxyType(
    {
        "create": N_("entered"),
        "edit": N_("edited"),
        "move": N_("moved"),
        "status": N_("status changed"),
        "contact": N_("contact changed"),
        "merge": N_("merged"),
        "undo": N_("undo"),
        "import": N_("imported"),
        "adopt": N_("taken over from the old folder"),
        "locate": N_("located"),
        "closure": N_("closure notice"),
        "restock": N_("supplies"),
        "application": N_("application"),
        "remark": N_("residents' remark"),
        "plan": N_("planned from a scenario"),
        "account": N_("account"),
    }
)
ENTITIES: Mapping[str, str] = MappingProxyType(
    {
        "station": N_("station"),
        "contact": N_("contact"),
        "unit": N_("unit"),
        "project": N_("project"),
        "activity": N_("activity"),
        "count": N_("figure"),
        "exemption": N_("exemption"),
        "import_source": N_("list that was imported"),
        "closure": N_("closure notice"),
        "restock": N_("supplies"),
        "application": N_("application"),
        "remark": N_("residents' remark"),
        "scenario": N_("scenario"),
        "account": N_("account"),
    }
)


def label(now: CityView, column: str, *, lang: str) -> str:
    """Name a station's column as the city's office does."""
    if column == "unit":
        return now.pack.label("unit").get(lang)
    if column == "supervising_unit":
        return now.pack.label("supervisor").get(lang)
    return say(COLUMNS.get(column, column), lang=lang)


def shown(now: CityView, column: str, value: Any, *, lang: str) -> str:
    """Write the value of a station's column for a reader; "" for none."""
    if value is None or value == "":
        return ""
    if column == "type":
        return type_name(now, value, lang)
    if column == "status":
        return say(stations.STATUSES.get(value, value), lang=lang)
    if column == "adcode":
        return now.district_name(str(value))
    if column == "source":
        return source_name(str(value), lang=lang)
    if column == "supplies":
        return say(N_(", "), lang=lang).join(supplies(value, lang=lang))
    if column == "demonstration":
        return say(N_("yes") if value else N_("no"), lang=lang)
    if column == "geometry":
        lon, lat = value
        return place_text((float(lon), float(lat)))
    return str(value)


def supplies(value: str, *, lang: str) -> list[str]:
    """Name the supplies of a station's column."""
    return [labelled(stations.SUPPLIES, s, lang=lang) for s in value.split(";") if s]


def source_name(source: str, *, lang: str) -> str:
    """Name where a station came from: its list, or a scenario from which it was planned."""
    return say(N_("adopted scenario"), lang=lang) if source.startswith(PLANNED) else source


def supply_told(name: str, *, short: bool, missed: bool, lang: str) -> str:
    """Say of a supply whether it runs low, or was not there at the last check."""
    if missed:
        return say(N_("{supply}: not there at the last check"), lang=lang, supply=name)
    return say(N_("{supply}: running low"), lang=lang, supply=name) if short else name


def texts(row: Mapping[str, Any]) -> dict[str, str]:
    """Return what a form holds of a station: field → text."""
    found = {
        name: "" if row.get(name) is None else str(row[name])
        for name in COLUMNS
        if name not in ("geometry", "demonstration", "source")
    }
    found["demonstration"] = "1" if row.get("demonstration") else ""
    found["place"] = place_text(row.get("geometry"))
    return found


def station_table(now: CityView, rows: Sequence[Mapping[str, Any]], *, lang: str) -> pd.DataFrame:
    """List stations under the headings of the blank workbook; nothing of their contacts."""
    columns = {
        column.role: column.heading
        for column in templates.columns("stations", lang=lang)
        if column.role not in ("contact_person", "contact_phone")
    }
    # the blank workbook asks for what people read off a web map; here it is what is stored
    columns |= {"lon": f"WGS84{say(N_('Longitude'), lang=lang)}"}
    columns |= {"lat": f"WGS84{say(N_('Latitude'), lang=lang)}"}
    values: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
        "parent": lambda row: row["parent_id"],
        # of one without a place nothing else tells its community
        "district": lambda row: shown(
            now,
            "adcode",
            row["adcode"] and row["adcode"][: 6 if row["geometry"] else None],
            lang=lang,
        ),
        "lon": lambda row: row["geometry"] and row["geometry"][0],
        "lat": lambda row: row["geometry"] and row["geometry"][1],
    }
    table = {
        heading: [
            values[role](row) if role in values else shown(now, role, row.get(role), lang=lang)
            for row in rows
        ]
        for role, heading in columns.items()
    }
    table[say(COLUMNS["source"], lang=lang)] = [row["source"] or "" for row in rows]
    return pd.DataFrame(table)
