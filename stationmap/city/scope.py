"""Where the rows of a list belong: their adcodes, and which lie outside an office's area."""

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.city import known, layers
from stationmap.city.answers import Answers
from stationmap.city.districts import with_adcode
from stationmap.city.kind import Context
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.register import ENTITY
from stationmap.messages import N_

Mask = NDArray[np.bool_]

_COUNTY = 6  # digits of an adcode that name its county

_ASK = N_("leave it to the office there; if its place or district is wrong, correct it")
_UNKNOWN = N_("import its station or unit first, or write the id under which it is known")


def settle(
    layer: str, made: pd.DataFrame, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    """Give rows of a list their adcodes and refuse those outside of ``context.within``.

    A station's adcode is that of the district in which it lies; only where it has no place, or
    lies in no district, it is what the list says. What says nothing belongs to the office whose
    list it is.

    Parameters
    ----------
    layer : str
        One of `layers.REGISTER`.
    made : DataFrame
        Rows as their kind made them, with a column ``row`` where one row of the file gives several.
    placed : Placed
    quarantine : Quarantine
        Takes the refused rows.
    context : Context

    Returns
    -------
    DataFrame
    """
    if layer == layers.STATIONS:
        made, lies = _of_stations(made, placed, context)
        made = made.assign(unit_id=_units_of(made, context))
    elif layer == "units":
        if context.within:
            made = made.assign(adcode=made["adcode"].fillna(context.within))
        lies = made["adcode"]
    else:
        find = belongs(context.now)
        rows = made[[c for c in _OWNERS[layer] if c in made]].to_dict("records")
        lies = pd.Series([find(layer, row) for row in rows], index=made.index, dtype="object")
    if context.within:
        _refuse_ids(layer, made, quarantine, context)
        outside = ~lies.fillna("").astype("str").str.startswith(context.within).to_numpy(dtype=bool)
        _refuse(made, lies, outside, quarantine, context)
    return made


def _of_stations(
    made: pd.DataFrame, placed: Placed, context: Context
) -> tuple[pd.DataFrame, pd.Series]:
    now, within = context.now, context.within
    districts = now.layer("districts")
    said = made["adcode"].astype("object")
    frame = gpd.GeoDataFrame(
        {"adcode": said}, geometry=placed.geometry, crs=layers.WGS84, index=made.index
    )
    there = frame.geometry.notna()
    if within and not districts["adcode"].astype("str").str.startswith(within).any():
        # where no outline tells, the office does
        found = said.where(said.notna(), within)
        return made.assign(adcode=found), found
    city = "" if within else now.config.adcode
    found = with_adcode(frame, districts=districts, city=city)["adcode"].astype("object")
    lies = found
    if within:
        # of a place in no district the list alone would tell where it is
        nowhere = frame.assign(adcode=said.mask(there, None))
        lies = with_adcode(nowhere, districts=districts, city="")["adcode"].astype("object")
        lies = lies.where(lies.notna() | there, within)
        found = found.where(found.notna() | there, within)
    return made.assign(adcode=found.where(found.notna(), None)), lies


def _units_of(made: pd.DataFrame, context: Context) -> pd.Series:
    """Return the units of stations, by which their administrators find them.

    Where a list only names one, it is the one so called in the station's county, or of no stated
    county: what others call theirs gives them no station.
    """
    units = context.now.table("units")
    counties = units["adcode"].fillna("").astype("str").str[:_COUNTY]
    own = made["adcode"].fillna("").astype("str").str[:_COUNTY]
    near = {county: units[counties.isin([county, ""])] for county in own.unique()}
    names = {county: known.Names(rows["id"], rows["name"]) for county, rows in near.items()}
    pairs = zip(own, made["unit"], strict=True)
    found = [names[county].find(word) for county, word in pairs]
    said = made["unit_id"].astype("object")
    return said.where(said.notna(), pd.Series(found, index=made.index, dtype="object"))


def _refuse(
    made: pd.DataFrame, lies: pd.Series, outside: Mask, quarantine: Quarantine, context: Context
) -> None:
    names = {code: name for name, code in known.districts(context).items()}
    row = made["row"].to_numpy() if "row" in made else np.arange(len(made))
    size = len(quarantine.good)
    told, area = lies.notna().to_numpy(), names.get(context.within, context.within)
    where: list[Any] = [None] * size
    for position, code in zip(row.tolist(), lies.tolist(), strict=True):
        # of a community, the county: that is whose office is to be asked
        county = code[: len(context.within)] if isinstance(code, str) else code
        where[position] = names.get(county, names.get(code, code))

    def over_file(mask: Mask) -> Mask:
        found = np.zeros(size, dtype=bool)
        found[row[mask]] = True
        return found

    quarantine.refuse(
        over_file(outside & told),
        N_("it belongs to {value}, not to {area}"),
        _ASK,
        by_row={"value": where},
        area=area,
    )
    if "geometry" in made or "source_lon" in made:
        quarantine.refuse(
            over_file(outside & ~told),
            N_("its place lies in no district of the city, so not in {area}"),
            _ASK,
            area=area,
        )
    quarantine.refuse(
        over_file(outside & ~told),
        N_("nothing tells that it belongs to {area}"),
        _UNKNOWN,
        area=area,
    )


def _refuse_ids(layer: str, made: pd.DataFrame, quarantine: Quarantine, context: Context) -> None:
    """Refuse rows under the id of a row of the same source that somebody else looks after."""
    key = {layers.STATIONS: "station_id", "units": "id"}.get(layer)
    if key is None:
        return
    now = context.now
    held = now.stations() if layer == layers.STATIONS else now.table(layer)
    mine = held["adcode"].fillna("").astype("str").str.startswith(context.within)
    stands = now.register.snapshot.frames[ENTITY[layer]]
    # a row whose id others had before has one of its own in the register
    listed = {
        own: (brought or {}).get("id", own)
        for own, brought in zip(stands["id"], stands["brought"], strict=True)
    }
    others = held.loc[(held["source"] == context.source) & ~mine, key].map(listed)
    quarantine.refuse(
        made[key].isin(set(others)).to_numpy(),
        N_("the id {id} is that of a row of the same list outside {area}"),
        N_("give it an id of its own, or name the list otherwise"),
        by_row={"id": made[key].to_numpy()},
        area=_area(context),
    )


def _area(context: Context) -> str:
    names = {code: name for name, code in known.districts(context).items()}
    return names.get(context.within, context.within)


# columns that say whose a row is
_OWNERS: Mapping[str, tuple[str, ...]] = {
    "projects": ("station_id",),
    "activities": ("station_id", "unit_id"),
    "counts": ("subject", "subject_kind"),
    "exemptions": ("subject_id",),
}


def belongs(now: Answers) -> Callable[[str, Mapping[str, Any]], str | None]:
    """Return what tells the adcode to which a row of a layer belongs; None where none is known."""
    held = now.stations()
    stations = dict(zip(held["station_id"], held["adcode"], strict=True))
    listed = now.table("units")
    units = dict(zip(listed["id"], listed["adcode"], strict=True))

    def find(layer: str, row: Mapping[str, Any]) -> str | None:
        if layer == layers.STATIONS:
            found = stations.get(row.get("id"), row.get("adcode"))
        elif layer == "units":
            found = row.get("adcode")
        elif layer == "counts":
            subject = row["subject"]
            found = units.get(subject) if row["subject_kind"] == "unit" else subject
        elif layer == "exemptions":
            subject = row["subject_id"]
            found = stations.get(subject) or units.get(subject)
            # ids of streets begin with the county's code
            found = found or known.adcode(str(subject).partition("-")[0])
        else:
            found = stations.get(row.get("station_id")) or units.get(row.get("unit_id"))
        return found if isinstance(found, str) and found else None

    return find
