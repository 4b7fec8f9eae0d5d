"""What a person writes into a station: read from a form, checked, and answered in sentences."""

import datetime as dt
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import shapely

from stationmap import crs, hours, stations
from stationmap.city import private, values
from stationmap.city.answers import Answers
from stationmap.city.place import NEAR_DEG
from stationmap.errors import InputError, StationMapError
from stationmap.io import cells
from stationmap.io.notes import Note
from stationmap.messages import N_, printable

FACTS = ("name", "address", "hours", "supplies", "phone", "opened_on")
"""Fields that the station's own unit keeps."""

MANAGED = (
    "type",
    "status",
    "unit",
    "supervising_unit",
    "parent_id",
    "platform_id",
    "demonstration",
    "place",
    "adcode",
)
"""Fields that decide where and what it is: for the county and the city."""

FIELDS = (*FACTS, *MANAGED)
CONTACT = ("person", "phone", "note")
DATUMS = ("wgs84", "gcj02", "bd09")
BY_HAND = "register"
"""Source of hours that were written here and came with no list."""

LONGEST = 200
_ID = re.compile(r"[\w][\w.:()（）#-]{0,63}")
_PHONE = re.compile(r"[0-9+*#()（）转\s、,，;；/-]{5,60}")
_DECIMALS = 7  # a centimetre
_SEPARATOR = ";"


@dataclass
class Edit:
    """What was read.

    Attributes
    ----------
    after : dict
        Column of the register → its new value; of every field that the form had.
    wrong : dict
        Field → why it cannot be kept; nothing may be written while there is any.
    remarks : list of Note
        What is kept as it is, but should be looked at.
    """

    after: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Note | StationMapError] = field(default_factory=dict)
    remarks: list[Note] = field(default_factory=list)

    def changes(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the columns whose new value is another than the row's."""
        return {name: value for name, value in self.after.items() if row.get(name) != value}


def read(
    form: Mapping[str, Sequence[str]],
    *,
    now: Answers,
    row: Mapping[str, Any],
    fields: Collection[str] = FIELDS,
    covers: Callable[[str | None, str | None], bool],
) -> Edit:
    """Read what a form says of a station; what the form does not hold stays as it is.

    Parameters
    ----------
    form : mapping
        Field → the texts under its name; ``place`` is "longitude, latitude" in the datum that
        ``datum`` names.
    now : Answers
        The city: its types, units, districts and extent.
    row : mapping
        The station's row as it is; empty for a new one.
    fields : collection of str
        The fields that this person may write; others are passed over.
    covers : callable
        Whether an adcode and a unit lie within what this person looks after.

    Returns
    -------
    Edit
        All that is wrong at once.
    """
    reading = _Reading(form, now=now, row=row)
    for name in FIELDS:
        if name in fields and name in form:
            reading.field(name)
    return reading.finish(covers)


def read_contact(form: Mapping[str, Sequence[str]]) -> Edit:
    """Read a station's contact, which is shown to nobody outside the offices."""
    edit = Edit()
    for name in CONTACT:
        if name in form:
            text = _clean(form[name])
            if text is not None and len(text) > LONGEST:
                edit.wrong[name] = _too_long(text)
            edit.after[name] = text
    return edit


def missing(name: str) -> Note:
    """Say that a station's type or status must be chosen."""
    return Note(_CHOOSE[name], {})


_CHOOSE = {
    "type": N_("choose the type of the station"),
    "status": N_("choose the status of the station"),
}


def new_id(text: str, *, action: str, taken: Callable[[str], bool]) -> str:
    """Return the id of a new station: what was written, else one made of the action's own.

    Raises
    ------
    InputError
        The id is no plain word, or another station has it.
    """
    said = printable(text).strip()
    if not said:
        return f"S-{action.replace('-', '')[:12]}"
    if not _ID.fullmatch(said):
        raise InputError(
            "the id {id} cannot be used; write letters, digits and hyphens, at most 64",
            id=said[:64],
        )
    if taken(said):
        raise InputError("another station has the id {id}; choose another one", id=said)
    return said


def place_text(at: tuple[float, float] | None) -> str:
    """Write a place as the form has it: "longitude, latitude" in degrees; "" for none."""
    if at is None:
        return ""
    return ", ".join(f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".") for value in at)


def district_at(now: Answers, *, lon: float, lat: float) -> str | None:
    """Return the adcode of the district in which a place lies; None outside of all.

    Of nested districts the smallest with a code; without districts the city is one.

    Parameters
    ----------
    now : Answers
    lon, lat : float
        WGS-84 degrees.
    """
    districts = now.layer("districts")
    if districts.empty:
        return now.config.adcode or None
    hits = districts.sindex.query(shapely.Point(lon, lat), predicate="intersects")
    found = districts.iloc[hits]
    coded = found["adcode"].astype("str").str.fullmatch("[0-9]{6,12}").to_numpy(dtype=bool)
    size = shapely.area(found.geometry.to_numpy())
    order = sorted(range(len(found)), key=lambda k: (not coded[k], size[k]))
    return str(found["adcode"].iloc[order[0]]) if order else None


class _Reading:
    """One form on its way to an `Edit`."""

    def __init__(
        self, form: Mapping[str, Sequence[str]], *, now: Answers, row: Mapping[str, Any]
    ) -> None:
        self.form = form
        self.now = now
        self.row = row
        self.edit = Edit()

    def field(self, name: str) -> None:
        getattr(self, f"_{name}")()

    def finish(self, covers: Callable[[str | None, str | None], bool]) -> Edit:
        """Hold the whole row to what no field can tell alone."""
        edit = self.edit
        whole = {**self.row, **edit.after}
        if not any(whole.get(name) for name in ("name", "address")) and "name" not in edit.wrong:
            edit.wrong["name"] = Note(
                N_("the station has neither a name nor an address; write at least one"), {}
            )
        if not edit.wrong and not covers(whole.get("adcode"), whole.get("unit_id")):
            where = "place" if whole.get("geometry") else "adcode"
            template = (
                N_("this place lies in {district}, which is not yours; ask the city's office")
                if whole.get("geometry")
                else N_("choose a district that you look after")
            )
            edit.wrong[where] = Note(template, {"district": self._district(whole.get("adcode"))})
        return edit

    # -- facts -------------------------------------------------------------------------------

    def _name(self) -> None:
        self._public("name")

    def _address(self) -> None:
        self._public("address")

    def _supervising_unit(self) -> None:
        self._public("supervising_unit")

    def _platform_id(self) -> None:
        self._public("platform_id")

    def _hours(self) -> None:
        said = self._public("hours")
        if "hours" in self.edit.wrong or said == self.row.get("hours"):
            return
        self.edit.after["hours_source"] = BY_HAND if said else None
        if said and hours.parse(said) is None:
            template = N_(
                "the hours “{said}” cannot be read: they are shown as written, and whether it is "
                "open as not known; write them like 周一至周五 8:30-17:30"
            )
            self.edit.remarks.append(Note(template, {"said": said}))

    def _supplies(self) -> None:
        words = _SEPARATOR.join(printable(text) for text in self.form["supplies"])
        said = stations.read_supplies([words])[0]
        if said is not None and len(said) > LONGEST:
            self.edit.wrong["supplies"] = _too_long(said)
        elif said is not None and _is_private(said):
            self.edit.wrong["supplies"] = _private()
        self.edit.after["supplies"] = said

    def _phone(self) -> None:
        said = _clean(self.form["phone"])
        self.edit.after["phone"] = said
        if said is None or said == self.row.get("phone"):
            return
        if not _PHONE.fullmatch(said):
            self.edit.wrong["phone"] = Note(
                N_("“{said}” is not a telephone number; write digits, such as 0570-3021234"),
                {"said": said[:LONGEST]},
            )
        elif _is_private(said):
            template = N_(
                "everybody sees the number {said}, and it is a mobile one: leave it only if it is "
                "the station's own, not a person's"
            )
            self.edit.remarks.append(Note(template, {"said": said}))

    def _opened_on(self) -> None:
        said = _clean(self.form["opened_on"])
        if said is None or said == self.row.get("opened_on"):
            self.edit.after["opened_on"] = said
            return
        day: dt.date | None = values.day(said)
        if day is None:
            self.edit.wrong["opened_on"] = Note(
                N_("“{said}” is not a day; write it like 2026-03-05"), {"said": said[:LONGEST]}
            )
            return
        self.edit.after["opened_on"] = day.isoformat()

    # -- where and what it is ----------------------------------------------------------------

    def _type(self) -> None:
        said = _clean(self.form["type"])
        known = {t.id for t in self.now.pack.site_types}
        if said is None or (said not in known and said != self.row.get("type")):
            self.edit.wrong["type"] = missing("type")
        self.edit.after["type"] = said

    def _status(self) -> None:
        said = _clean(self.form["status"])
        if said not in stations.STATUSES:
            self.edit.wrong["status"] = missing("status")
        self.edit.after["status"] = said

    def _unit(self) -> None:
        said = self._public("unit")
        if "unit" in self.edit.wrong or (said and said == self.row.get("unit")):
            return
        units = self.now.table("units")
        same = units[units["name"] == said] if said else units[:0]
        by_id = units[units["id"] == said] if said else units[:0]
        if len(same) > 1:
            self.edit.wrong["unit"] = Note(
                N_("{count} units are called {name}; write the id of the one that is meant: {ids}"),
                {"count": len(same), "name": said, "ids": ", ".join(same["id"].head(5))},
            )
            return
        found = same if len(same) else by_id
        self.edit.after["unit_id"] = str(found["id"].iloc[0]) if len(found) else None
        if len(found):
            self.edit.after["unit"] = str(found["name"].iloc[0])
        elif said and len(units):
            template = N_("the list of units has no {name}: it stands as written, without an id")
            self.edit.remarks.append(Note(template, {"name": said}))

    def _parent_id(self) -> None:
        said = _clean(self.form["parent_id"])
        self.edit.after["parent_id"] = said
        if said is None or said == self.row.get("parent_id"):
            return
        if said == self.row.get("id"):
            self.edit.wrong["parent_id"] = Note(N_("a station cannot be its own superior"), {})
        elif said not in set(self.now.stations()["station_id"]):
            self.edit.wrong["parent_id"] = Note(
                N_("no station has the id {id}; look it up in the list"), {"id": said[:LONGEST]}
            )

    def _demonstration(self) -> None:
        self.edit.after["demonstration"] = self.form["demonstration"][-1] == "1"

    def _place(self) -> None:
        said = _clean(self.form["place"])
        if said is None:
            columns = ("geometry", "source_lon", "source_lat", "source_datum")
            self.edit.after |= dict.fromkeys(columns)
            return
        datum = _clean(self.form.get("datum", ())) or "wgs84"
        if datum == "wgs84" and said == place_text(self.row.get("geometry")):
            self.edit.after["geometry"] = self.row.get("geometry")
            return
        lon, lat = cells.pair(said)
        if not (math.isfinite(lon) and math.isfinite(lat)) or datum not in DATUMS:
            self._refuse_place(
                N_("“{said}” is no place; write longitude and latitude, such as 118.8742, 28.9561"),
                said=said[:LONGEST],
            )
            return
        self._put(lon, lat, datum=datum)

    def _put(self, lon: float, lat: float, *, datum: str) -> None:
        if abs(lon) > 180 or abs(lat) > 90 or not self._near(lon, lat):
            if self._near(lat, lon):
                self._refuse_place(
                    N_("longitude and latitude are exchanged; write {lon}, {lat}"),
                    lon=f"{lat:g}",
                    lat=f"{lon:g}",
                )
            else:
                self._refuse_place(
                    N_("{lon}, {lat} lies far outside the city; look at the numbers again"),
                    lon=f"{lon:g}",
                    lat=f"{lat:g}",
                )
            return
        x, y = crs.convert([lon], [lat], source=datum, target="wgs84")
        at = (round(float(x[0]), _DECIMALS), round(float(y[0]), _DECIMALS))
        self.edit.after |= {
            "geometry": at,
            "source_lon": lon,
            "source_lat": lat,
            "source_datum": datum,
        }
        district = district_at(self.now, lon=at[0], lat=at[1])
        if district is not None:
            self.edit.after["adcode"] = district

    def _adcode(self) -> None:
        """Keep a district that was chosen, where no place decides."""
        placed = self.edit.after.get("geometry", self.row.get("geometry"))
        if placed is not None and district_at(self.now, lon=placed[0], lat=placed[1]) is not None:
            return
        said = _clean(self.form["adcode"])
        codes = {*self.now.layer("districts")["adcode"].astype("str"), self.now.config.adcode}
        if said is not None and said not in codes and said != self.row.get("adcode"):
            self.edit.wrong["adcode"] = Note(N_("choose a district of the city"), {})
        self.edit.after["adcode"] = said

    # -- parts -------------------------------------------------------------------------------

    def _public(self, name: str) -> str | None:
        """Read a line that everybody may read."""
        said = _clean(self.form[name])
        if said is not None and said != self.row.get(name):
            if len(said) > LONGEST:
                self.edit.wrong[name] = _too_long(said)
            elif _is_private(said):
                self.edit.wrong[name] = _private()
        self.edit.after[name] = said
        return said

    def _near(self, lon: float, lat: float) -> bool:
        extent = self.now.extent()
        if abs(lon) > 180 or abs(lat) > 90:
            return False
        if extent is None:
            return True
        west, south, east, north = extent
        return (
            west - NEAR_DEG <= lon <= east + NEAR_DEG
            and south - NEAR_DEG <= lat <= north + NEAR_DEG
        )

    def _refuse_place(self, template: str, **params: Any) -> None:
        self.edit.wrong["place"] = Note(template, params)

    def _district(self, code: str | None) -> str:
        districts = self.now.layer("districts")
        names = districts.loc[districts["adcode"] == code, "name"].dropna()
        return str(names.iloc[0]) if len(names) else code or "–"


def _clean(texts: Sequence[str]) -> str | None:
    """Text of a field on one line; None for nothing."""
    return re.sub(r"\s+", " ", printable(" ".join(texts))).strip() or None


def _is_private(text: str) -> bool:
    return private.taken_out(pd.Series([text], dtype="str"))[1] > 0


def _private() -> Note:
    return Note(
        N_(
            "there is a mobile number or an identity card in it, and everybody would see it; write "
            "it under the contact, which is not published"
        ),
        {},
    )


def _too_long(text: str) -> Note:
    return Note(
        N_("{length} characters are too many; write at most {most}"),
        {"length": len(text), "most": LONGEST},
    )
