"""Imports of lists without places: units, projects, activities, exemptions."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stationmap.city import values
from stationmap.city.kind import (
    FALSE,
    TRUE,
    Column,
    Context,
    Kind,
    amount,
    column,
    refuse_numbers,
    refuse_repeats,
    refuse_words,
    truth,
)
from stationmap.city.kinds_counts import INDICATORS
from stationmap.city.known import Names, adcodes, stations
from stationmap.city.layers import content_ids
from stationmap.city.place import Placed
from stationmap.city.quarantine import Quarantine
from stationmap.city.rows import Rows
from stationmap.messages import N_

Mask = NDArray[np.bool_]

_CHANNELS = {
    "online": re.compile("线上|网|平台|志愿汇|公众号|微信|app|online|website", re.IGNORECASE),
    "offline": re.compile("线下|栏|上墙|张贴|现场|海报|宣传册|展板|offline|poster", re.IGNORECASE),
}
_NO_CHANNEL = frozenset(("未发布", "否", "无", "没有", "不发布", "no", "none"))
_CIVILISED = re.compile("文明单位|全国|国家|省|市|县|区级|标兵")
_TEAM = re.compile("队|会|组织|团|中心|站|志愿")
_NOT = re.compile("^(?:非|未|不|无|没)")


# ------------------------------------------------------------------- units


def _units(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    del placed
    name = rows.text("name")
    _require(name.isna() & rows.text("id").isna(), quarantine, N_("the row has no name"))
    refuse_repeats(rows, quarantine)
    civilised = _yes_or_no(
        rows.text("civilised"),
        quarantine,
        N_("{value} does not say whether this is a civilised unit"),
        also=_CIVILISED,
    )
    organisation = _yes_or_no(
        rows.text("organisation"),
        quarantine,
        N_("{value} does not say whether the unit has a volunteer organisation"),
        also=_TEAM,
    )
    platform = rows.text("platform_id")
    none = platform.isin(list(FALSE)).to_numpy()
    return pd.DataFrame(
        {
            "id": _ids(rows, parts=["name"], prefix="u-"),
            "name": name,
            "adcode": adcodes(rows, context),
            "civilised": civilised,
            "organisation": organisation,
            "platform_id": platform.mask(none),
            "headcount": amount(rows, "headcount", quarantine, whole=True),
        }
    )


# ------------------------------------------------------------------- projects


def _projects(rows: Rows, placed: Placed, quarantine: Quarantine, context: Context) -> pd.DataFrame:
    del placed
    name = rows.text("name")
    _require(name.isna(), quarantine, N_("the row has no name"))
    station = _stations(rows, context)
    _require(
        pd.isna(station),
        quarantine,
        N_("the row does not say whose project it is"),
        advice=N_("write the id or the name of the station"),
    )
    refuse_repeats(rows, quarantine)
    return pd.DataFrame(
        {
            "id": _ids(rows, parts=["station_id", "station", "name"], prefix="p-"),
            "station_id": station,
            "name": name,
            "service": rows.text("service"),
            "published": _published(rows, quarantine),
        }
    )


def _published(rows: Rows, quarantine: Quarantine) -> Column:
    said = rows.text("published")
    marks: dict[str, Mask] = {}
    for channel, pattern in _CHANNELS.items():
        yes = rows.text(channel).isin(list(TRUE))
        marks[channel] = (said.str.contains(pattern, na=False).astype(bool) | yes).to_numpy()
    none = said.isin(list(_NO_CHANNEL)).to_numpy()
    unknown = said.notna().to_numpy() & ~none & ~marks["online"] & ~marks["offline"]
    refuse_words(
        said,
        unknown,
        quarantine,
        reason=N_("the channel {value} is not known"),
        known=dict.fromkeys(("线上", "线下", "线上、线下", "online", "offline"), True),
        shown="线上 online, 线下 offline, 线上、线下",
    )
    both = [
        ";".join(channel for channel, mark in marks.items() if mark[row]) or None
        for row in range(len(said))
    ]
    return np.array(both, dtype=object)


# ------------------------------------------------------------------- activities


def _activities(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    del placed
    date = _days(rows, "date", quarantine, missing=N_("the row has no date"))
    station = _stations(rows, context)
    unit = _units_of(rows, context)
    place = rows.text("place")
    # a place that is a station's name says whose activity it was
    at = place.map(stations(context).find, na_action="ignore").astype("object")
    nobody = pd.isna(station) & pd.isna(unit)
    station = np.where(nobody & at.notna().to_numpy(), at, station)
    context.warn(
        N_("{rows} activities name neither a station nor a unit: they count for none"),
        pd.isna(station) & pd.isna(unit) & quarantine.good,
    )
    refuse_repeats(rows, quarantine)
    reported = _yes_or_no(
        rows.text("reported"), quarantine, N_("{value} does not say whether it was reported")
    )
    parts = ["station_id", "station", "unit_id", "unit", "name", "date", "place", "content"]
    return pd.DataFrame(
        {
            "id": _ids(rows, parts=parts, prefix="a-"),
            "station_id": station,
            "unit_id": unit,
            "name": rows.text("name"),
            "date": date,
            "place": place,
            **{role: rows.text(role) for role in ("served", "content", "quality")},
            "hours": amount(rows, "hours", quarantine),
            "reported": reported,
            "post_in_charge": rows.text("post_in_charge"),
            "post_recording": rows.text("post_recording"),
        }
    )


# ------------------------------------------------------------------- exemptions


def _exemptions(
    rows: Rows, placed: Placed, quarantine: Quarantine, context: Context
) -> pd.DataFrame:
    del placed
    rules = {entry.id.casefold(): entry.id for entry in context.pack.entries()}
    said = rows.text("rule_id")
    rule = said.map(lambda v: rules.get(v.casefold()), na_action="ignore").astype("object")
    subject = rows.text("subject_id")
    for role, what in (
        ("rule_id", N_("the row names no rule")),
        ("subject_id", N_("the row does not say what is exempt")),
        ("reason", N_("the row gives no reason")),
        ("approver", N_("the row does not say which office approved it")),
    ):
        _require(rows.text(role).isna(), quarantine, what)
    refuse_words(
        said,
        rule.isna().to_numpy(),
        quarantine,
        reason=N_("the standard has no rule {value}"),
        known=rules,
        shown=", ".join(rules.values()),
    )
    until = _days(
        rows, "until", quarantine, missing=N_("the row does not say until when"), last=True
    )
    from_m, to_m = (_chainage(rows, role, quarantine) for role in ("from_m", "to_m"))
    quarantine.refuse(
        np.isnan(from_m) != np.isnan(to_m),
        N_("only one end of the stretch is given"),
        N_("give both ends in metres along the street, or neither"),
    )
    quarantine.refuse(
        from_m >= to_m,
        N_("the stretch ends before it begins"),
        N_("exchange the two ends"),
    )
    refuse_repeats(rows, quarantine)
    found = subject.map(_subjects(context).find, na_action="ignore").astype("object")
    context.warn(
        N_(
            "{rows} exemptions name nothing that the city knows by this id, or by a name that is "
            "no other's; a street or gap is named by its id"
        ),
        (found.isna() & subject.notna()).to_numpy() & np.isnan(from_m) & quarantine.good,
    )
    parts = ["rule_id", "subject_id", "from_m", "to_m"]
    return pd.DataFrame(
        {
            "id": _ids(rows, parts=parts, prefix="e-"),
            "rule_id": rule,
            "subject_id": found.where(found.notna(), subject),
            "from_m": from_m,
            "to_m": to_m,
            "reason": rows.text("reason"),
            "approver": rows.text("approver"),
            "until": until,
        }
    )


def _subjects(context: Context) -> Names:
    now = context.now
    frames = [now.facilities(), now.zones(), now.table("units")]
    frames.append(now.stations().rename(columns={"station_id": "id"}))
    return Names(
        [i for frame in frames for i in frame["id"]], [n for frame in frames for n in frame["name"]]
    )


# ------------------------------------------------------------------- what lists share


def _require(
    missing: Any,
    quarantine: Quarantine,
    reason: str,
    *,
    advice: str = N_("fill it in, or name the column with --column"),
) -> None:
    quarantine.refuse(np.asarray(missing, dtype=bool), reason, advice)


def _ids(rows: Rows, *, parts: list[str], prefix: str) -> Column:
    """Ids that rows have, else what tells them apart."""
    found = content_ids(pd.DataFrame({role: rows.text(role) for role in parts}), prefix=prefix)
    own = rows.text("id").to_numpy()
    return np.where(pd.isna(own), found, own)


def _yes_or_no(
    said: pd.Series, quarantine: Quarantine, reason: str, *, also: re.Pattern[str] | None = None
) -> Column:
    """Read yes or no; None where nothing is said. Words of `also` mean yes, after 未 or 无 no."""
    found = said.map(truth, na_action="ignore").astype("object")
    if also is not None:
        other = found.isna() & said.notna()
        no = said.astype("str").str.match(_NOT).astype(bool)
        yes = said.astype("str").str.contains(also).astype(bool)
        found = found.where(~(other & (no | yes)), ~no)
    quarantine.refuse(
        (said.notna() & found.isna()).to_numpy(),
        reason,
        N_("write 是 or 否 (yes or no)"),
        by_row={"value": said.to_numpy()},
    )
    return column(found.where(found.notna(), None))


def _chainage(rows: Rows, role: str, quarantine: Quarantine) -> NDArray[np.float64]:
    said = rows.text(role)
    read = said.map(values.chainage, na_action="ignore").astype("float64").to_numpy()
    by_row = {"value": said.to_numpy()}
    heading = rows.found.get(role, role)
    refuse_numbers(said, read, quarantine, heading=heading, whole=False, by_row=by_row)
    return np.asarray(read, dtype=np.float64)


def _days(
    rows: Rows, role: str, quarantine: Quarantine, *, missing: str, last: bool = False
) -> pd.Series:
    said = rows.text(role)
    _require(said.isna(), quarantine, missing)
    found = said.map(lambda v: values.day(v, last=last), na_action="ignore")
    quarantine.refuse(
        (said.notna() & found.isna()).to_numpy(),
        N_("{value} is not a day"),
        N_("write year, month and day, such as 2026-03-05"),
        by_row={"value": said.to_numpy()},
    )
    return pd.Series(pd.to_datetime(found.astype("object"), errors="coerce"), index=said.index)


def _stations(rows: Rows, context: Context) -> Column:
    """Ids of the stations that rows name; what the city does not know stays as it is said."""
    names = stations(context)
    template = N_(
        "{rows} rows name a station that the city does not know; they count once it is imported "
        "under this id"
    )
    return _named(rows, context, names, roles=("station_id", "station"), unknown=template)


def _units_of(rows: Rows, context: Context) -> Column:
    frame = context.now.table("units")
    template = N_(
        "{rows} rows name a unit that the city does not know; they count once it is imported "
        "under this id"
    )
    names = Names(frame["id"], frame["name"])
    return _named(rows, context, names, roles=("unit_id", "unit"), unknown=template)


def _named(
    rows: Rows, context: Context, names: Names, *, roles: tuple[str, str], unknown: str
) -> Column:
    own, name = (rows.text(role) for role in roles)
    found = own.map(names.find, na_action="ignore").astype("object")
    found = found.where(found.notna(), name.map(names.find, na_action="ignore").astype("object"))
    said = own.where(own.notna(), name)
    context.warn(unknown, (said.notna() & found.isna()).to_numpy())
    found = found.where(found.notna(), said)
    return column(found.where(found.notna(), None))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "units": Kind(
            "units",
            "none",
            "id name adcode district civilised organisation platform_id headcount",
            _units,
            complete="units",
        ),
        "projects": Kind(
            "projects",
            "none",
            "id name station_id station service published online offline",
            _projects,
            complete="projects",
        ),
        "activities": Kind(
            "activities",
            "none",
            "id name station_id station unit_id unit date place served content hours quality "
            "reported post_in_charge post_recording",
            _activities,
            complete="activities",
        ),
        "indicators": INDICATORS,
        "exemptions": Kind(
            "exemptions",
            "none",
            "id rule_id subject_id from_m to_m reason approver until",
            _exemptions,
        ),
    }
)
