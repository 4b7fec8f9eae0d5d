"""Changes that a what-if or a scenario (比选方案) makes to the stations there are."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stationmap.errors import InputError
from stationmap.stations import STATUSES

NEW = "new-"
"""What the id of a station begins with that is not there yet."""
MOST = 5000
_KEYS = frozenset({"station_id", "lon", "lat", "type", "status", "name", "host_id"})


@dataclass(frozen=True)
class Change:
    """One station as it would be; what is None stays as it is.

    Attributes
    ----------
    station_id : str
        Of a station there is, or `NEW` and something for a new one.
    lon, lat : float, optional
        Degrees, WGS-84; both or neither. A new station has them.
    type : str, optional
        Id of a type of the pack. A new station has one.
    status : str, optional
        A status; a new station counts as "active" unless told.
    name, host_id : str, optional
        Of a new station.
    """

    station_id: str
    lon: float | None = None
    lat: float | None = None
    type: str | None = None
    status: str | None = None
    name: str | None = None
    host_id: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether the station is not there yet."""
        return self.station_id.startswith(NEW)

    def as_json(self) -> dict[str, Any]:
        """Return what `read_changes` reads, without what is None."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def read_changes(
    rows: Any, *, types: Collection[str], known: Collection[str] | None = None
) -> tuple[Change, ...]:
    """Read changes from what JSON holds.

    Parameters
    ----------
    rows : list of dict
        With the attributes of `Change` as keys; at most `MOST`.
    types : collection of str
        Ids of the pack's types.
    known : collection of str, optional
        Ids of the stations there are; not looked at without.

    Raises
    ------
    InputError
        For anything else, naming the row.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > MOST:
        raise InputError(
            "changes must be a list of at most {most} stations: send one list", most=MOST
        )
    changes = tuple(_change(row, number, types) for number, row in enumerate(rows, start=1))
    seen: set[str] = set()
    for number, change in enumerate(changes, start=1):
        if change.station_id in seen:
            raise InputError(
                "change {number} is the second of station {station}: say each station once",
                number=number,
                station=change.station_id,
            )
        seen.add(change.station_id)
        if known is not None and not change.is_new and change.station_id not in known:
            raise InputError(
                "change {number} is of station {station}, which is not there; ids of new ones "
                "begin with {new}",
                number=number,
                station=change.station_id,
                new=NEW,
            )
    return changes


def _change(row: Any, number: int, types: Collection[str]) -> Change:
    def wrong(expected: str) -> InputError:
        return InputError(
            "change {number} cannot be read: expected {expected}", number=number, expected=expected
        )

    if not isinstance(row, Mapping) or not set(row) <= _KEYS:
        raise wrong(", ".join(sorted(_KEYS)))
    texts = {key: row.get(key) for key in _KEYS - {"lon", "lat"}}
    if any(
        v is not None and (not isinstance(v, str) or not 0 < len(v) <= 200) for v in texts.values()
    ):
        raise wrong("text")
    if texts["station_id"] is None:
        raise wrong("station_id")
    lon, lat = _place(row.get("lon"), row.get("lat"))
    if lon is None and not row.keys().isdisjoint({"lon", "lat"}):
        raise wrong("-180 ≤ lon ≤ 180, -90 ≤ lat ≤ 90")
    if texts["type"] is not None and texts["type"] not in types:
        raise wrong("type: " + ", ".join(types))
    if texts["status"] is not None and texts["status"] not in STATUSES:
        raise wrong("status: " + ", ".join(STATUSES))
    change = Change(lon=lon, lat=lat, **texts)  # type: ignore[arg-type]
    if change.is_new and (change.lon is None or change.type is None):
        raise wrong("lon, lat, type")
    return change


def _place(lon: Any, lat: Any) -> tuple[float, float] | tuple[None, None]:
    """Return a place; nothing for what is none."""
    places = isinstance(lon, int | float) and isinstance(lat, int | float)
    if not places or isinstance(lon, bool) or isinstance(lat, bool):
        return None, None
    # what is no number, or has too many digits to be one, is not within these
    return (float(lon), float(lat)) if -180 <= lon <= 180 and -90 <= lat <= 90 else (None, None)
