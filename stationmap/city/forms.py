"""The checklist of a city's standard for its stations: on paper, and as a form for other tools."""

from pathlib import Path

import pandas as pd

from stationmap.city.answers import Answers
from stationmap.errors import InputError
from stationmap.io import xlsform
from stationmap.reports import sheet
from stationmap.standards import site_type as meant


def blanks(now: Answers, *, station: str | None, site_type: str | None) -> list[sheet.Blank]:
    """Return the sheets that are asked for: of a station, of a type, or of every type.

    Raises
    ------
    InputError
        The city has no such station, or its standard no such type.
    """
    if station is not None:
        rows = now.stations()
        rows = rows[rows["station_id"] == station]
        if rows.empty:
            raise InputError("the city has no station {station}", station=station)
        row = rows.iloc[0]
        names = ("name", "address", "unit", "supervising_unit")
        known = {name: None if pd.isna(row[name]) else str(row[name]) for name in names}
        return [sheet.Blank(str(row["type"]), {"id": station, **known})]
    return [sheet.Blank(own) for own in _types(now, site_type)]


def write_sheets(
    path: Path, now: Answers, *, station: str | None, site_type: str | None, lang: str
) -> None:
    """Write sheets to print, as .pdf or else .html; see `blanks`."""
    write = sheet.write_pdf if path.suffix.lower() == ".pdf" else sheet.write_html
    write(path, now.pack, blanks(now, station=station, site_type=site_type), lang=lang)


def write_form(
    path: Path, now: Answers, *, station: str | None, site_type: str | None, lang: str
) -> None:
    """Write the XLSForm, in which the city's stations in operation are chosen; see `blanks`.

    Raises
    ------
    InputError
        There is no such station, type, or station of the type.
    """
    rows = now.stations()
    if station is not None:
        rows = rows[rows["station_id"] == station]
    else:
        types = _types(now, site_type)
        rows = rows[(rows["status"] == "active") & rows["type"].isin(types)]
    if rows.empty and (station is not None or site_type is not None):
        raise InputError(
            "the city has no station {station}", station=station if station else site_type
        )
    xlsform.write(path, now.pack, rows[["station_id", "name", "type"]], lang=lang)


def _types(now: Answers, said: str | None) -> list[str]:
    every = [t.id for t in now.pack.site_types]
    if said is None:
        return every
    found = meant(said, now.pack)
    if found is None:
        raise InputError(
            "the standard has no type {type}; expected one of: {known}",
            type=said,
            known=", ".join(every),
        )
    return [found]
