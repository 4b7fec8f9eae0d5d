"""What each kind of import makes of a row: the columns of its layer, and what it refuses."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import hours as opening
from stationmap import stations
from stationmap.city import known, layers, private, values
from stationmap.city.kind import (
    Column,
    Context,
    Kind,
    column,
    refuse_nowhere,
    refuse_repeats,
    refuse_words,
    row_ids,
    truth,
)
from stationmap.city.kinds_demand import KINDS as DEMAND
from stationmap.city.kinds_inspections import INSPECTIONS
from stationmap.city.kinds_tables import KINDS as TABLES
from stationmap.city.kinds_zones import KINDS as ZONES
from stationmap.city.layers import content_ids
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.errors import InputError
from stationmap.messages import N_
from stationmap.standards import Pack, Text, site_type, tables

# names that navigation and survey data give to roads without one
_NO_NAME = re.compile(
    r"无名(?:道?路|街|巷)?|未命名(?:道?路)?|路口转向|内部道?路|辅路|匝道"
    r"|unnamed(?: road)?|noname|none|null|[-—?？*/]+",
    re.IGNORECASE,
)
_ALONG = (
    "yes",
    "true",
    "t",
    "1",
    "ft",
    "f",
    "是",
    "单",
    "单向",
    "单行",
    "单行道",
    "单行线",
    "正向",
)
_AGAINST = ("-1", "reverse", "tf", "反向", "逆向")
_BOTH_WAYS = ("no", "false", "0", "b", "否", "双", "双向", "双行", "双行道")
_ONEWAY: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(_ALONG, 1) | dict.fromkeys(_AGAINST, -1) | dict.fromkeys(_BOTH_WAYS, 0)
)
# values of OpenStreetMap's bridge=* and tunnel=* that are neither yes nor no
_NOT_BUILT = frozenset(("no", "false", "f", "0", "否", "building_passage", "culvert", "covered"))
TYPE_REASONS = (N_("the row has no type"), N_("the type {value} is not in the standard"))
_EXAMPLES = 3
# what advice proposes; many more words are understood
_STATUS_WORDS = {
    "正常运行": "active",
    "拟建": "planned",
    "暂停开放": "suspended",
    "已撤销": "closed",
}
_ROAD_WORDS = {
    "快速路": "trunk",
    "主干路": "primary",
    "次干路": "secondary",
    "支路": "tertiary",
    "步行街": "pedestrian",
}
_LEVELS: Mapping[str, int] = MappingProxyType(
    {"country": 2, "province": 4, "city": 5, "district": 6, "county": 6, "street": 8, "town": 8}
    | {"省": 4, "市": 5, "地级市": 5, "县": 6, "区": 6, "县级": 6, "区县": 6, "街道": 8, "乡镇": 8}
    | {"社区": 10, "村": 10, "community": 10}
)


# ------------------------------------------------------------------- stations


def _stations(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    types = _types(rows, quarantine, context.pack)
    statuses = _statuses(rows, quarantine)
    refuse_repeats(rows, quarantine)
    nowhere = shapely.is_missing(placed.geometry)
    unknown = (rows.text("name").isna() & rows.text("address").isna()).to_numpy()
    quarantine.refuse(
        nowhere & unknown,
        N_("the row has no coordinates, no name and no address"),
        N_("give at least one of them, so that the station can be found"),
    )
    demonstration = rows.text("demonstration")
    shown = demonstration.fillna("no").map(truth)
    quarantine.refuse(
        shown.isna().to_numpy(),
        N_("{value} does not say whether this is a demonstration station"),
        N_("write 是 or 否 (yes or no)"),
        by_row={"value": demonstration.to_numpy()},
    )
    found = content_ids(
        pd.DataFrame(
            {"name": rows.text("name"), "address": rows.text("address")}
            | {"x": placed.x, "y": placed.y}
        ),
        prefix="s-",
    )
    own = rows.text("id").to_numpy()
    phone, mobile = private.apart(rows.text("phone"))
    hours = rows.text("hours")
    _tell_hours(hours, quarantine, context)
    plain = {role: rows.text(role) for role in ("unit", "supervising_unit", "address")}
    return pd.DataFrame(
        {
            "station_id": np.where(pd.isna(own), found, own),
            "name": rows.text("name"),
            "type": types,
            "status": statuses,
            **plain,
            "unit_id": rows.text("unit_id"),  # where few lists give it, see `scope`
            "platform_id": rows.text("platform_id"),
            "adcode": known.adcodes(rows, context, asked=nowhere),
            "phone": phone,
            "contact_person": rows.text("contact_person"),
            # a mobile number is somebody's own, whatever its column is called
            "contact_phone": private.joined(rows.text("contact_phone"), mobile),
            "parent_id": rows.text("parent"),
            "hours": hours,
            "hours_source": pd.Series(context.source, index=hours.index).mask(hours.isna(), None),
            "supplies": stations.read_supplies(rows.text("supplies")),
            "demonstration": shown,
            "opened_on": rows.text("opened_on"),
            "source_row": rows.numbers,
            "source_lon": placed.x,
            "source_lat": placed.y,
            "source_datum": pd.Series(placed.datum, index=hours.index).mask(nowhere, None),
        }
    )


def _words(known: Mapping[str, str], *, en: str) -> Text:
    return Text(
        zh="、".join(known),
        en=", ".join(en.format(word=word, value=value) for word, value in known.items()),
    )


def _tell_hours(said: pd.Series, quarantine: Quarantine, context: Context) -> None:
    there = (said.notna() & quarantine.good).to_numpy()
    odd = {text for text in said[there].unique() if opening.parse(str(text)) is None}
    context.warn(
        N_(
            "the opening hours of {rows} rows cannot be read, such as {examples}: they are shown "
            "as written, and whether it is open as not known"
        ),
        said.isin(odd).to_numpy() & there,
        examples=", ".join(f"“{text}”" for text in sorted(odd)[:_EXAMPLES]),
    )


def _types(rows: Rows, quarantine: Quarantine, pack: Pack) -> Column:
    said = rows.text("type")
    known = Text(
        zh="、".join(t.name.zh for t in pack.site_types),
        en=", ".join(f"{t.id} {t.name.zh}" for t in pack.site_types),
    )
    if "type" not in rows.cells:
        raise InputError(
            "{file} has no column with the type of the stations; name it with --column "
            "type=HEADING, or say --set type=TYPE for all; types here: {known}",
            file=rows.file,
            known=known,
        )
    read = {word: site_type(str(word), pack) for word in said.dropna().unique()}
    found = said.map(read)
    words = {
        word.casefold(): t.id
        for t in pack.site_types
        for word in (t.id, t.name.zh, t.name.en, *t.also)
        if word
    }
    quarantine.refuse(
        said.isna().to_numpy(),
        TYPE_REASONS[0],
        N_("write one of: {known}"),
        known=known,
    )
    refuse_words(
        said,
        found.isna().to_numpy(),
        quarantine,
        reason=TYPE_REASONS[1],
        known=words,
        shown=known,
    )
    return column(found)


def _statuses(rows: Rows, quarantine: Quarantine) -> Column:
    said = rows.text("status")
    found = pd.Series(stations.read_statuses(said), index=said.index, dtype="object")
    found = found.mask(said.isna(), "active")
    refuse_words(
        said,
        found.isna().to_numpy(),
        quarantine,
        reason=N_("the status {value} is not known"),
        known=_STATUS_WORDS,
        shown=_words(_STATUS_WORDS, en="{value} {word}"),
    )
    return column(found)


# ------------------------------------------------------------------- shops and facilities


def _shops(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    refuse_nowhere(placed, quarantine)
    refuse_repeats(rows, quarantine)
    category = rows.text("category").where(rows.text("category").notna(), rows.text("type"))
    return pd.DataFrame(
        {
            "id": row_ids(rows, placed),
            "name": rows.text("name"),
            "category": category,
            "hours": rows.text("hours"),
            "source": context.source,
        }
    )


def _facilities(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    refuse_nowhere(placed, quarantine)
    refuse_repeats(rows, quarantine)
    said, category = rows.categories()
    return pd.DataFrame(
        {
            "id": row_ids(rows, placed),
            "name": rows.text("name"),
            "category": category,
            "hours": rows.text("hours"),
            "tags": said,
            "source": context.source,
        }
    )


# ------------------------------------------------------------------- districts and streets


def _districts(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    refuse_nowhere(placed, quarantine)
    name = rows.text("name")
    adcode = rows.text("adcode").where(rows.text("adcode").notna(), rows.text("id"))
    plain = adcode.map(known.adcode, na_action="ignore").astype("object")
    adcode = plain.where(plain.notna(), adcode)
    # without a code the name alone tells districts apart
    adcode = adcode.where(adcode.notna(), name)
    quarantine.refuse(
        adcode.isna().to_numpy(),
        N_("the district has neither an adcode nor a name"),
        N_("name the columns with --column adcode=HEADING or --column name=HEADING"),
    )
    refuse_repeats(rows, quarantine, ids=adcode)
    level = rows.text("level")
    number = pd.to_numeric(level, errors="coerce").astype("float64")
    words = level.map(lambda v: _LEVELS.get(str(v).casefold()), na_action="ignore")
    number = number.where(number.notna(), pd.to_numeric(words, errors="coerce"))
    number = number.where(number % 1 == 0).astype("Int64")
    people = rows.text("population").map(values.number, na_action="ignore").astype("float64")
    population = (people * values.scale(rows.found.get("population", ""))).where(people >= 0)
    for template, said, read in (
        (N_("the level of {rows} districts cannot be read and is left out"), level, number),
        (
            N_("the population of {rows} districts cannot be read as a number and is left out"),
            rows.text("population"),
            population,
        ),
    ):
        context.warn(template, (said.notna() & read.isna()).to_numpy() & quarantine.good)
    return pd.DataFrame(
        {
            "adcode": adcode,
            "name": name,
            "level": number,
            "population": population,
            "residential": rows.text("residential"),
        }
    )


def _streets(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    refuse_nowhere(placed, quarantine)
    refuse_repeats(rows, quarantine)
    quarantine.refuse(
        shapely.length(placed.geometry) == 0,
        N_("the line has no length"),
        N_("draw it again with at least two different points"),
    )
    said = next((rows.text(r) for r in ("highway", "category", "type") if r in rows.cells), None)
    if said is None:
        raise InputError(
            "{file} has no column with the class of the roads; name it with --column "
            "highway=HEADING, or say --set highway=secondary for all",
            file=rows.file,
        )
    highway = pd.Series(tables.road_highway(said), index=said.index, dtype="object")
    quarantine.refuse(
        said.isna().to_numpy(),
        N_("the road has no class"),
        N_("write one, such as 主干路, 次干路, 支路 or a value of OpenStreetMap's highway"),
    )
    refuse_words(
        said,
        highway.isna().to_numpy(),
        quarantine,
        reason=N_("the road class {value} is not known"),
        known=_ROAD_WORDS,
        shown=_words(_ROAD_WORDS, en="{word} {value}"),
    )
    oneway = rows.text("oneway")
    direction = oneway.map(lambda v: _ONEWAY.get(str(v).casefold()), na_action="ignore")
    direction = direction.mask(oneway.isna(), 0)
    refuse_words(
        oneway,
        direction.isna().to_numpy(),
        quarantine,
        reason=N_("{value} does not say whether the road is one-way"),
        known=_ONEWAY,
        shown=Text(zh="是、否、反向", en="yes, no, -1"),
    )
    name = rows.text("name")
    name = name.mask(name.map(lambda v: _NO_NAME.fullmatch(v or "") is not None))
    flags = {
        tag: rows.text(tag).map(lambda v: v is not None and v.casefold() not in _NOT_BUILT)
        for tag in ("tunnel", "bridge", "motorroad", "area", "bus")
    }
    found = row_ids(rows, placed)
    return pd.DataFrame(
        {
            "way_id": _way_ids(found, source=context.source),
            "name": name,
            "name_en": rows.text("name_en"),
            "highway": highway,
            "oneway": direction.fillna(0),
            "junction": rows.text("junction"),
            **flags,
        }
    )


def _way_ids(ids: Column, *, source: str) -> NDArray[np.int64]:
    """Negative numbers, as OSM has only positive ones: stable for a source and id."""
    hashes = pd.util.hash_array(np.array([f"{source}\x1f{i}" for i in ids], dtype=object))
    return np.asarray(-1 - (hashes >> np.uint64(12)).astype(np.int64))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "streets": Kind(
            "ways",
            "line",
            "id name name_en highway category type oneway junction tunnel bridge motorroad area "
            "bus",
            _streets,
            complete="streets",
        ),
        "shops": Kind("shops", "place", "id name category type hours", _shops, complete="shops"),
        "facilities": Kind(
            "facilities",
            "place",
            "id name category subcategory type hours",
            _facilities,
            complete="facilities",
        ),
        "districts": Kind(
            "districts", "area", "id adcode name level population residential", _districts
        ),
        layers.STATIONS: Kind(
            layers.STATIONS,
            "point",
            "id name type status unit_id unit supervising_unit address adcode parent hours "
            "supplies platform_id demonstration opened_on phone contact_person contact_phone",
            _stations,
            complete="stations",
        ),
        **ZONES,
        **DEMAND,
        **TABLES,
        layers.INSPECTIONS: INSPECTIONS,
    }
)
