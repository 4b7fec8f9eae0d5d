"""Places proposed for a station, as the pages of 待定位 show them."""

from threading import Lock
from typing import Any

from flask import current_app

from stationmap.city import station_edit
from stationmap.city.gazetteer import KINDS, Gazetteer
from stationmap.city.locate import SURE, Proposal, propose
from stationmap.store.events import Row
from web.caching import ground, present
from web.desk import register
from web.station_words import shown
from web.words import say

MOST_CALLED = 8
_CALLED_KEPT = 1000
BESIDE_DEG = 0.0003  # about 30 m: a station here already may be the same


class _Kept:
    """The gazetteer of the atlas in force, made once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._mark = ""
        self._found: Gazetteer | None = None

    def of(self, mark: str) -> Gazetteer:
        with self._lock:
            if self._found is None or self._mark != mark:
                self._found, self._mark = Gazetteer.of(present().answers), mark
            return self._found


def gazetteer() -> Gazetteer:
    """Return the named places of the city as they are now."""
    kept: _Kept = current_app.extensions.setdefault("gazetteer", _Kept())
    return kept.of(ground())


def proposals_of(row: Row, *, with_alike: bool = True) -> list[Proposal]:
    """Return the places proposed for a station, the surest first."""
    types = present().pack.site_types
    tails = [word for t in types for word in (t.name.get("zh"), t.name.get("en"), *t.also)]
    return propose(
        gazetteer(),
        name=row["name"],
        address=row["address"],
        adcode=row["adcode"],
        tails=tails,
        with_alike=with_alike,
    )


def shown_proposal(proposal: Proposal, lang: str) -> dict[str, Any]:
    """Return what a page says of a proposal."""
    return {
        "key": proposal.key,
        "sure": proposal.sure,
        "sure_word": say(SURE[proposal.sure], lang=lang),
        "name": proposal.name,
        "kind": say(KINDS[proposal.kind], lang=lang),
        "why": [note.render(lang) for note in proposal.why],
        "lon": proposal.lon,
        "lat": proposal.lat,
        "acceptable": proposal.acceptable,
        "beside": [row["name"] or row["id"] for row in _beside(proposal)],
    }


def places_called(text: str, lang: str) -> tuple[list[dict[str, Any]], bool]:
    """Return streets and places of the city that a text names, to move a map to them.

    Returns
    -------
    found : list of dict
        ``name, kind, district`` as a page shows them, ``lon, lat`` and ``box`` (west, south, east,
        north) in WGS-84 degrees; at most `MOST_CALLED`.
    more : bool
        Whether there are others. Both are shared by all who ask the same of a version.
    """
    kept: dict[tuple[str, ...], Any] = current_app.extensions.setdefault("places_called", {})
    key = (present().version, text, lang)
    found: tuple[list[dict[str, Any]], bool] | None = kept.get(key)
    if found is None:
        if len(kept) >= _CALLED_KEPT:
            kept.clear()
        found = kept[key] = _called(text, lang)
    return found


def _called(text: str, lang: str) -> tuple[list[dict[str, Any]], bool]:
    known, now = gazetteer(), present()
    found = []
    called = known.holding(text, most=MOST_CALLED + 1)
    for place in called[:MOST_CALLED]:
        lon, lat = known.lonlat(place.x, place.y)
        west, south, east, north = place.shape.bounds
        code = station_edit.district_at(now.answers, lon=lon, lat=lat) or ""
        found.append(
            {
                "name": place.name,
                "kind": say(KINDS[place.kind], lang=lang),
                "district": shown(now, "adcode", code[:6], lang=lang),
                "lon": lon,
                "lat": lat,
                "box": [*known.lonlat(west, south), *known.lonlat(east, north)],
            }
        )
    return found, len(called) > MOST_CALLED


def _beside(proposal: Proposal) -> list[Row]:
    """Stations that stand there already, but for those that were withdrawn."""
    if not proposal.acceptable:
        return []
    lon, lat = proposal.lon, proposal.lat
    box = (lon - BESIDE_DEG, lat - BESIDE_DEG, lon + BESIDE_DEG, lat + BESIDE_DEG)
    _, rows = register().find_stations(placed=True, bbox=box, limit=5)
    return [row for row in rows if row["status"] != "closed"]
