"""The form of a station: what it shows, and two versions of it side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stationmap import hours, stations
from stationmap.city.station_edit import FACTS, FIELDS, Edit
from stationmap.messages import N_
from stationmap.store.events import Row
from web.access import may
from web.caching import present
from web.station_rows import districts_of
from web.station_words import DATUMS, FIELD_OF, label, shown, texts
from web.view import CityView
from web.words import say

MOST_UNITS = 500
"""Units offered in the list beside the field; more are found by typing the name."""


def editable() -> tuple[str, ...]:
    """Return the fields that this account may write."""
    if may("station.manage"):
        return FIELDS
    return FACTS if may("station.edit") else ()


def blank() -> Row:
    """Return the row of a station that is not there yet."""
    districts = districts_of(present())
    return {
        "status": "active",
        "adcode": next(iter(districts)) if len(districts) == 1 else None,
        "demonstration": False,
    }


def form_of(
    now: CityView, row: Mapping[str, Any], typed: Mapping[str, Sequence[str]] | None, lang: str
) -> dict[str, Any]:
    """Return what the template needs: values as typed, else as they stand, and what to choose from.

    Parameters
    ----------
    now : CityView
    row : mapping
        The station as it stands; empty for a new one.
    typed : mapping, optional
        A form that came back with faults.
    lang : str
    """
    values = texts(row)
    chosen = [s for s in (row.get("supplies") or "").split(";") if s]
    datum = "wgs84"
    if typed is not None:
        values |= {name: " ".join(said).strip() for name, said in typed.items()}
        values["demonstration"] = "1" if "1" in typed.get("demonstration", ()) else ""
        chosen = [s for text in typed.get("supplies", ()) for s in text.split(";") if s]
        datum = values.get("datum", datum)
    units = now.answers.table("units")["name"].dropna()
    types = [(t.id, t.name.get(lang)) for t in now.pack.site_types]
    if row.get("type") and row["type"] not in dict(types):
        types.append((row["type"], row["type"]))
    return {
        "values": values,
        "datum": datum,
        "supplies": [(s, say(name, lang=lang), s in chosen) for s, name in SUPPLIES],
        "others": "、".join(s for s in chosen if s not in stations.SUPPLIES),
        "types": types,
        "statuses": [(s, say(name, lang=lang)) for s, name in stations.STATUSES.items()],
        "datums": [(d, say(name, lang=lang)) for d, name in DATUMS.items()],
        "districts": _with_present(districts_of(now), values["adcode"], now),
        "units": sorted(set(units.head(MOST_UNITS))),
        "labels": {
            name: label(now, FIELD_OF.get(name, name), lang=lang) for name in (*FIELDS, "id")
        },
        "unread_hours": bool(values["hours"]) and hours.parse(values["hours"]) is None,
    }


SUPPLIES = tuple(stations.SUPPLIES.items())


def _with_present(found: dict[str, str], code: str, now: CityView) -> list[tuple[str, str]]:
    """Districts to choose from; the one that the station is in stays one of them."""
    chosen = dict(found)
    if code and code not in chosen:
        chosen[code] = now.district_name(code)
    return list(chosen.items())


def sentences(edit: Edit, lang: str) -> dict[str, str]:
    """Return what is wrong with each field, in words."""
    return {name: note.render(lang) for name, note in edit.wrong.items()}


def kind_of(changed: Mapping[str, Any]) -> str:
    """Say in a word what an edit does: move, status or edit."""
    place = {"geometry", "adcode", "source_lon", "source_lat", "source_datum"}
    if changed.keys() <= place:
        return "move"
    return "status" if changed.keys() == {"status"} else "edit"


@dataclass(frozen=True)
class Difference:
    """One field of which two versions differ.

    `mine` and `theirs` are form texts, the `…_shown` what a reader sees; `base_shown` is how it
    was. `side` says who changed it: "mine", "theirs" or "both".
    """

    field: str
    label: str
    mine: str
    theirs: str
    base_shown: str
    mine_shown: str
    theirs_shown: str
    side: str


def differences(
    now: CityView,
    *,
    base: Row | None,
    mine: Mapping[str, Any],
    theirs: Row,
    fields: Sequence[str],
    lang: str,
) -> list[Difference]:
    """Lay two versions of a station side by side.

    Parameters
    ----------
    now : CityView
    base : dict or None
        The row from which both started; None where it is not known.
    mine : mapping
        Columns as this account wants them.
    theirs : dict
        The row as it stands now.
    fields : sequence of str
        Fields that this account may write.
    lang : str
    """
    wanted = {**(base or theirs), **mine}
    rows = {"base": base or {}, "mine": wanted, "theirs": theirs}
    forms = {side: texts(row) for side, row in rows.items()}
    found = []
    for name in fields:
        if name == "adcode" and (wanted.get("geometry") or theirs.get("geometry")):
            continue
        said = {side: form[name] for side, form in forms.items()}
        if said["mine"] == said["theirs"] or (
            base is not None and said["mine"] == said["base"] and said["theirs"] == said["base"]
        ):
            continue
        side = "both"
        if base is not None and said["mine"] == said["base"]:
            side = "theirs"
        elif base is not None and said["theirs"] == said["base"]:
            side = "mine"
        column = FIELD_OF.get(name, name)
        nothing = say(N_("(empty)"), lang=lang)
        seen = {
            k: shown(now, column, row.get(column), lang=lang) or nothing for k, row in rows.items()
        }
        found.append(
            Difference(
                field=name,
                label=label(now, column, lang=lang),
                mine=said["mine"],
                theirs=said["theirs"],
                base_shown=seen["base"],
                mine_shown=seen["mine"],
                theirs_shown=seen["theirs"],
                side=side,
            )
        )
    return found
