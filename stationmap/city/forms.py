"""The checklist of a city's standard for its stations: on paper, and as a form for other tools."""

from collections.abc import Callable
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
    path: Path,
    now: Answers,
    *,
    station: str | None,
    site_type: str | None,
    lang: str,
    covers: Callable[[str | None, str | None], bool] = lambda _adcode, _unit: True,
) -> None:
    """Write the XLSForm, in which the city's stations in operation are chosen.

    Parameters
    ----------
    path : Path
    now : Answers
    station, site_type : str or None
        See `blanks`.
    lang : {"zh", "en"}
    covers : callable
        Whether stations of a district's code and a unit's id are to be chosen from; all are unless
        given.

    Raises
    ------
    InputError
        There is no such station, or no such type.
    """
    rows = now.stations()
    if station is not None:
        rows = rows[rows["station_id"] == station]
        if rows.empty:
            raise InputError("the city has no station {station}", station=station)
    else:
        rows = rows[(rows["status"] == "active") & rows["type"].isin(_types(now, site_type))]
    owners = rows[["adcode", "unit_id"]].astype(object)
    owners = owners.where(owners.notna(), None)
    mine = [covers(adcode, unit) for adcode, unit in owners.itertuples(index=False)]
    xlsform.write(path, now.pack, rows.loc[mine, ["station_id", "name", "type"]], lang=lang)


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
