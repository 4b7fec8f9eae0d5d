"""Rows of stations for those who look after them: which are theirs, who changed them, the map."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from flask import abort, current_app, redirect, url_for

from stationmap.city import station_duplicates, station_merge
from stationmap.messages import N_, printable
from stationmap.stations import STATUSES
from stationmap.store.events import Event, Row
from web import basemaps
from web.access import me, within
from web.caching import present
from web.charge import stations_of, unit_called
from web.desk import action_id, register, say_done
from web.maps import Shell, shell
from web.pages import script_json
from web.view import CityView, Source
from web.words import catalogue, say

PLACED: Mapping[str, bool | None] = {"": None, "yes": True, "no": False}
COMMAND_LINE = "cli"
_AROUND = 0.01  # degrees, about a kilometre
_MOST_TOLD = 3


def own(station_id: str) -> Row:
    """Return a station of this account; 404 where it is not there, or not within its scope.

    The address of a merged station leads to the one that it is now.
    """
    if printable(station_id) != station_id:
        abort(404)
    row = register().get("station", station_id)
    if row is None:
        target = station_merge.merged_into(register(), station_id)
        if target is None:
            abort(404)
        own(target)
        say_done(
            N_("{id} was merged into this station; what was known of it stands in the history."),
            id=station_id,
        )
        abort(redirect(url_for("manage_stations.one", id=target), code=303))
    row = charged(row)
    within(row)
    return row


def was_taken_out(station_id: str) -> bool:
    """Whether a station was in the register, is no more, and became part of no other."""
    return (
        printable(station_id) == station_id
        and register().get("station", station_id) is None
        and bool(register().history("station", station_id, limit=1))
        and station_merge.merged_into(register(), station_id) is None
    )


def sent_before() -> bool:
    """Whether this very form was sent and kept already."""
    action = register().action(action_id())
    return action is not None and action.by == me().id


def charged(row: Mapping[str, Any]) -> Row:
    """Return a row with the unit's id where the station only names its unit."""
    found = dict(row)
    if not found.get("unit_id") and found.get("unit"):
        found["unit_id"] = unit_called(present(), found["unit"], found.get("adcode"))
    return found


def find(
    filters: Mapping[str, Any], *, offset: int = 0, limit: int | None
) -> tuple[int, list[Row]]:
    """Search among the stations that the account looks after.

    Parameters
    ----------
    filters : mapping
        As `Register.find_stations` takes them; ``adcode`` is held to the account's own.
    offset, limit : int
        Which of those found; None for all.
    """
    account = me()
    chosen = dict(filters)
    asked = str(chosen.get("adcode") or "")
    chosen["adcode"] = asked if asked.startswith(account.adcode) else account.adcode
    if account.role != "unit":
        return register().find_stations(**chosen, offset=offset, limit=limit)
    # a unit's stations are few, and some only name it
    chosen["adcode"] = ""
    mine = list(stations_of(account, present()).index)
    return register().find_stations(**chosen, ids=mine, offset=offset, limit=limit)


def frame_of(now: CityView) -> pd.DataFrame:
    """Return the stations frame of those that the account looks after."""
    account = me()
    if account.role == "unit":
        return stations_of(account, now)
    adcode = now.stations["adcode"].fillna("")
    return now.stations[adcode.str.startswith(account.adcode).to_numpy(dtype=bool)]


def doubles_of(station_id: str, at: tuple[float, float] | None) -> list[str]:
    """Name the stations in the account's charge near a place that may be the same as one there."""
    source: Source = current_app.extensions["stationmap"]
    frame = frame_of(source.now())  # with what this request has written
    if at is None or station_id not in frame.index:
        return []
    around = (abs(frame.geometry.x - at[0]) < _AROUND) & (abs(frame.geometry.y - at[1]) < _AROUND)
    near = frame[around.to_numpy(dtype=bool)]
    others = [
        pair.drop if pair.keep == station_id else pair.keep
        for pair in station_duplicates.propose(near)
        if station_id in (pair.keep, pair.drop)
    ]
    return [str(near["name"].get(other) or other) for other in others[:_MOST_TOLD]]


def districts_of(now: CityView) -> dict[str, str]:
    """Names of the districts that the account may choose, by their code."""
    counties = now.counties or {now.answers.config.adcode: now.name}
    return {k: v for k, v in counties.items() if k.startswith(me().adcode)}


class Names:
    """Who stands behind ids in events, asked once each."""

    def __init__(self, lang: str) -> None:
        self._lang = lang
        self._known: dict[str, str] = {}

    def of(self, account_id: str) -> str:
        """Name an account; one that is gone by its id."""
        if account_id not in self._known:
            self._known[account_id] = self._look(account_id)
        return self._known[account_id]

    def _look(self, account_id: str) -> str:
        if account_id == COMMAND_LINE:
            return say(N_("command line"), lang=self._lang)
        row = register().get("account", account_id)
        return str(row["name"]) if row and row["name"] else account_id


def subject_of(event: Event) -> dict[str, Any]:
    """Return whose an event's row is: adcode and unit_id, as far as they can be told."""
    row: dict[str, Any] = {**(event.before or {}), **(event.after or {})}
    row |= register().get(event.entity, event.id) or {}
    station_id = event.id if event.entity in ("station", "contact") else row.get("station_id")
    if station_id and event.entity != "station":
        return subject_of_station(str(station_id))
    if event.entity == "station":
        return charged(row)
    if event.entity == "unit":
        return {"adcode": row.get("adcode"), "unit_id": event.id}
    proposed = row.get("station") or {}  # of an application for one that is not there yet
    return {"adcode": row.get("adcode", proposed.get("adcode")), "unit_id": row.get("unit_id")}


def subject_of_station(station_id: str) -> dict[str, Any]:
    """Return whose a station is or was."""
    row = register().get("station", station_id)
    if row is None:
        last = next(iter(register().history("station", station_id, limit=1)), None)
        row = (last.before if last else None) or {}
    return charged(row)


def map_shell(now: CityView, at: tuple[float, float] | None) -> Shell:
    """Write the empty map, opened at a place or on the city."""
    if at is not None:
        return shell(lat=at[1], lon=at[0], zoom=17)
    west, south, east, north = now.bounds or [73.0, 18.0, 135.0, 54.0]
    return shell(lat=(south + north) / 2, lon=(west + east) / 2, zoom=13 if now.bounds else 4)


def map_data(now: CityView, lang: str, **own_data: Any) -> str:
    """Write what the scripts of a page with a map read, as JSON that cannot end its element."""
    texts = {"base.own": N_("The city's own streets"), "base.name": N_("Base map: {name}")}
    texts |= {"base.review": N_("Review number {number}"), "error.network": _NETWORK}
    texts |= {"map.zoom_in": N_("Zoom in"), "map.zoom_out": N_("Zoom out")}
    texts |= {"unit.m": N_("{n} m"), "unit.km": N_("{n} km")}
    data = {
        "lang": lang,
        "version": now.version,
        "bounds": now.bounds,
        "basemap": basemaps.page_data(now, lang),
        "types": [{"id": t.id, "name": t.name.get(lang)} for t in now.pack.site_types],
        "statuses": {s: say(label, lang=lang) for s, label in STATUSES.items()},
        "texts": {key: _plain(text, lang) for key, text in texts.items()},
        **own_data,
    }
    return script_json(data)


_NETWORK = N_("The server did not answer. Nothing is lost; check that it is running and try again.")


def _plain(template: str, lang: str) -> str:
    return catalogue(lang).get(template, template)
