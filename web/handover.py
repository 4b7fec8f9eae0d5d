"""Addresses that hand a place over to the map app of a phone, each in the datum of that app."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from stationmap.messages import N_, printable
from web.public_places import published, settings
from web.words import say

LONGEST = 40  # characters of a name that an app shows


@dataclass(frozen=True)
class Link:
    """A map app's address of a place.

    Attributes
    ----------
    app : str
        Id of the app.
    name : str
        What the app is called.
    datum : str
        Datum in which it takes coordinates; see `stationmap.crs.DATUMS`.
    address : str
        An https address, which opens the app where a phone has it, and its web page elsewhere.
    """

    app: str
    name: str
    datum: str
    address: str


_Address = Callable[[str, str, str], str]


def _amap(lon: str, lat: str, name: str) -> str:
    query = {"position": f"{lon},{lat}", "name": name, "coordinate": "gaode", "callnative": "1"}
    return f"https://uri.amap.com/marker?{_query(query)}"


def _baidu(lon: str, lat: str, name: str) -> str:
    query = {
        "location": f"{lat},{lon}",
        "title": name,
        "content": name,
        "coord_type": "bd09ll",
        "output": "html",
        "src": "webapp.stationmap.handover",
    }
    return f"https://api.map.baidu.com/marker?{_query(query)}"


def _tencent(lon: str, lat: str, name: str) -> str:
    # within the value these two set its parts apart
    title = name.replace(";", "；").replace(":", "：")
    query = {"marker": f"coord:{lat},{lon};title:{title}", "referer": "stationmap"}
    return f"https://apis.map.qq.com/uri/v1/marker?{_query(query, safe=',:;')}"


def _apple(lon: str, lat: str, name: str) -> str:
    return f"https://maps.apple.com/?{_query({'ll': f'{lat},{lon}', 'q': name})}"


_APPS: tuple[tuple[str, str, str, _Address], ...] = (
    ("amap", N_("Amap"), "gcj02", _amap),
    ("baidu", N_("Baidu Maps"), "bd09", _baidu),
    ("tencent", N_("Tencent Maps"), "gcj02", _tencent),
    # its maps of China are Amap's; elsewhere the two datums are the same
    ("apple", N_("Apple Maps"), "gcj02", _apple),
)


def links(lon: float, lat: float, name: str, lang: str) -> list[Link]:
    """Return the addresses of a place for Amap, Baidu, Tencent and Apple maps, as it is published.

    Parameters
    ----------
    lon, lat : float
        WGS-84 degrees.
    name : str
        What the app shall call the place; anything.
    lang : str
        Language of the apps' names.
    """
    title = " ".join(printable(name).split())[:LONGEST] or f"{lat:.5f},{lon:.5f}"
    return [
        Link(app, say(label, lang=lang), datum, address(*_degrees(lon, lat, datum), title))
        for app, label, datum, address in _APPS
    ]


def _degrees(lon: float, lat: float, datum: str) -> tuple[str, str]:
    x, y = published(lon, lat, datum=datum)
    decimals = settings().decimals
    return f"{x:.{decimals}f}", f"{y:.{decimals}f}"


def _query(values: dict[str, str], *, safe: str = ",") -> str:
    return urlencode(values, quote_via=quote, safe=safe)
