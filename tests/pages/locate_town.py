"""The town of the pages with facilities, and with stations that lists brought without a place."""

import re
import uuid

from pages_town import MAIN, PEDESTRIAN, SIDE, place, table

from stationmap.city import City
from stationmap.store import Change

TOKEN = re.compile('name="csrf_token" value="([^"]+)"')
WEST, EAST = "330802", "330803"
FACILITIES = {
    "礼城图书馆": (120, 60),
    "汽车西站": (240, 60),
    "人民医院": (900, 40),
    "文化馆": (420, -60),
    "西门小学": (60, 260),
}
# id -> name, address, district as the list states it
LOST = {
    "L1": ("礼城图书馆有礼亭", "人民路12号", "柯城区"),
    "L2": ("汽车西站租车点", "人民路汽车西站门前", "柯城区"),
    "L3": ("路口有礼点", f"{MAIN}与{SIDE}交叉口", "柯城区"),
    "L4": ("水亭有礼点", PEDESTRIAN, "柯城区"),
    "L5": ("人民医院有礼点", None, "衢江区"),
    "L6": ("不知何处有礼点", "某地", "柯城区"),
    "L7": ("文化馆有礼点", None, None),
}


def make(town, folder):
    """Give a copy of the town its facilities and the lost stations; returns the city."""
    city = City.open(town)
    rows = [
        {"名称": name, "类别": "图书馆" if "图书馆" in name else "医院", "经度": lon, "纬度": lat}
        for name, (lon, lat) in ((n, place(*at)) for n, at in FACILITIES.items())
    ]
    city.import_file("facilities", table(folder / "facilities.csv", rows), datum="wgs84")
    lost = [
        {"编号": k, "名称": n, "地址": a, "所属区县": d, "类型": "有礼点"}
        for k, (n, a, d) in LOST.items()
    ]
    city.import_file("stations", table(folder / "lost.csv", lost), datum="wgs84")
    return city


class Person:
    """Somebody signed in, with the forms of the pages before them."""

    def __init__(self, client):
        self.client = client

    def get(self, address, status=200):
        answer = self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    def send(self, address, page, status=303, **fields):
        """Post the form of a page."""
        token = TOKEN.search(page).group(1)
        fields = {"action": str(uuid.uuid4()), "csrf_token": token, **fields}
        answer = self.client.post(address, data=fields)
        assert answer.status_code == status, answer.text
        return answer


def lost(city):
    """Ids of the stations without a place."""
    frame = city.stations()
    return set(frame.loc[frame.geometry.isna(), "station_id"])


def change(city, station_id, **columns):
    """Somebody else's edit."""
    city.register.write(
        [Change("station", station_id, columns)],
        action=str(uuid.uuid4()),
        by="cli",
        kind="edit",
    )
