"""The stations table of the demo city, as an office keeps it, and the list of what is planted."""

import csv
import io
import json
import math
import random
from dataclasses import dataclass, field
from typing import Any

from geodata import districts
from geodata.buildings import Builder
from geodata.plane import Line, Point, inside, to_lonlat
from geodata.points import Planted, Points, junctions
from geodata.town import Town

COLUMNS = (
    "站点编号",
    "站点名称",
    "类型",
    "所属单位",
    "主管部门",
    "所属区县",
    "所属社区",
    "地址",
    "经度",
    "纬度",
    "开放时间",
    "配备物资",
    "状态",
    "总站",
    "志愿汇账号",
    "是否示范站",
    "建成日期",
    "备注",
)
SOURCE = "合成数据（演示）synthetic"
TYPES = {
    "home": ("志愿者之家", "J"),
    "kiosk": ("有礼亭", "T"),
    "post": ("有礼站（台）", "Z"),
    "point": ("有礼点", "D"),
    "square": ("学雷锋广场", "G"),
}
STATUSES = {"active": "正常运行", "planned": "拟建", "suspended": "暂停开放", "closed": "已撤销"}
SUPPLIES = ("雨伞", "充电点", "百宝箱", "急救药箱", "饮水点")
HOURS = {
    "point": ["08:00-20:00", "08:30-21:00", "09:00-21:30", "07:30-19:30", "全天", ""],
    "post": [
        "周一至周五 08:30-17:30",
        "08:30-17:00",
        "周一至周五 09:00-12:00,13:30-17:00",
        "08:00-17:30",
    ],
    "kiosk": ["08:00-18:00", "08:30-17:30", "全天"],
    "home": ["周一至周五 08:30-17:30"],
    "square": ["全天", "08:00-20:00"],
}
BUREAU = {
    "hospital": "卫生健康局",
    "clinic": "卫生健康局",
    "railway": "交通运输局",
    "coach": "交通运输局",
    "transport": "交通运输局",
    "court": "政法委",
    "exit_entry": "公安局",
    "bank": "金融办",
    "power": "发展和改革局",
    "gas": "住房和城乡建设局",
    "telecom": "经济和信息化局",
    "post": "邮政管理局",
    "civil_affairs": "民政局",
    "social_security": "人力资源和社会保障局",
    "community": "民政局",
    "village": "民政局",
    "park": "综合行政执法局",
    "square": "综合行政执法局",
}


@dataclass
class Register:
    """Rows of the table, and the numbers of the shops' points."""

    town: Town
    areas: list[districts.Area]
    communities: list[districts.Area]
    rng: random.Random
    rows: list[dict[str, str]] = field(default_factory=list)
    of_shop: dict[int, str] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)
    _rims: list[tuple[districts.Area, Line]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for area in (*self.areas, *self.communities):
            self._rims += [(area, districts.ring_points(self.town, r)) for r in area.rings]

    def where(self, place: Point) -> tuple[districts.Area, str]:
        """District of a place, and the name of its community."""
        found = [a for a, rim in self._rims if inside(rim, place)]
        district = next(a for a in found if a in self.areas)
        return district, next((a.name for a in found if a not in self.areas), "")

    def add(
        self,
        kind: str,
        name: str,
        place: Point,
        *,
        unit: str,
        address: str,
        bureau: str = "商务局",
        status: str = "active",
        located: bool = True,
    ) -> str:
        """Add a station; return its number."""
        district, community = self.where(place)
        word, letter = TYPES[kind]
        prefix = "ZL" if district.adcode.endswith("1") else "MX"
        self.count[prefix + letter] = self.count.get(prefix + letter, 0) + 1
        number = f"{prefix}-{letter}{self.count[prefix + letter]:04d}"
        lon, lat = to_lonlat(place)
        full = kind != "point" or self.rng.random() < 0.6
        supplies = [s for s in SUPPLIES if full or self.rng.random() < 0.75]
        year, month, day = (self.rng.randint(*r) for r in ((2018, 2025), (1, 12), (1, 28)))
        self.rows.append(
            {
                "站点编号": number,
                "站点名称": name,
                "类型": word,
                "所属单位": unit,
                "主管部门": district.name.removesuffix("区") + "区" + bureau,
                "所属区县": district.name,
                "所属社区": community,
                "地址": f"{district.name}{address}",
                "经度": f"{lon:.7f}" if located else "",
                "纬度": f"{lat:.7f}" if located else "",
                "开放时间": self.rng.choice(HOURS[kind]),
                "配备物资": "、".join(supplies) if status != "planned" else "",
                "状态": STATUSES[status],
                "总站": "",
                "志愿汇账号": "",
                "是否示范站": "是" if status == "active" and self.rng.random() < 0.04 else "否",
                "建成日期": f"{year}-{month:02d}-{day:02d}" if status != "planned" else "",
                "备注": SOURCE,
            }
        )
        return number

    def csv(self) -> bytes:
        """Return the table as Excel writes it: UTF-8 with a mark, CRLF."""
        out = io.StringIO(newline="")
        writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return out.getvalue().encode("utf-8-sig")


def fill(register: Register, builder: Builder, points: Points) -> None:
    """Stations at the facilities that have one, at junctions, and the points at the shops."""
    for facility in sorted(builder.facilities, key=lambda f: f.station != "home"):
        if facility.station:
            word = {
                "home": "志愿者之家",
                "square": "学雷锋广场",
                "kiosk": "有礼亭",
                "post": "有礼站",
            }
            register.add(
                facility.station,
                facility.name.removesuffix("党群服务中心") + word[facility.station],
                facility.door,
                unit=facility.name,
                address=facility.name,
                bureau=BUREAU.get(facility.kind, "文化和旅游局"),
            )
    for place, name in junctions(register.town):
        register.add(
            "kiosk", name + "有礼亭", place, unit="示范市交警支队", address=name, bureau="公安局"
        )
    kiosks = {p.decoy_shop for p in points.planted if p.decoy == "kiosk"}
    homeless = {p.decoy_shop for p in points.planted if p.decoy == "to_locate"}
    order = sorted({*points.status, *(s for s in kiosks | homeless if s is not None)})
    for shop in order:
        _point(register, shop, points, kiosk=shop in kiosks, located=shop not in homeless)
    for planted in points.planted:
        if planted.decoy_place:
            number = register.add(
                "point",
                f"{planted.track.name}院内有礼点",
                planted.decoy_place,
                unit=f"{planted.track.name}物业服务中心",
                address=f"{planted.track.name}院内",
            )
            register.of_shop[-1 - points.planted.index(planted)] = number
    for n in range(5):
        near = points.planted[n].middle
        register.add(
            "point",
            f"{points.planted[n].track.name}便民有礼点",
            near,
            unit="待核实",
            address=f"{points.planted[n].track.name}{100 + 37 * n}号",
            located=False,
        )


def _point(register: Register, shop: int, points: Points, *, kiosk: bool, located: bool) -> None:
    door, name, edge = points.shops[shop].door, points.shops[shop].name, points.shops[shop].edge
    street = register.town.streets[register.town.network.edges[edge].line].name
    number = 2 * (1 + shop % 180) + (shop % 2)
    register.of_shop[shop] = register.add(
        "kiosk" if kiosk else "point",
        name + ("有礼亭" if kiosk else "有礼点"),
        door,
        unit=name,
        address=f"{street or '无名街'}{number}号",
        status=points.status.get(shop, "active"),
        located=located,
    )


def decoy_station(register: Register, planted: Planted, number: int) -> str:
    """Return the number of the station that stands in a planted stretch and must not count."""
    shop = planted.decoy_shop
    return register.of_shop[-1 - number if shop is None else shop]


def planted_json(
    register: Register,
    points: Points,
    violations: list[dict[str, Any]],
    points_too: dict[str, Any],
    *,
    seed: int,
) -> str:
    """Say what is planted, for the tests: where, how long, and which station must not count."""
    stretches: list[dict[str, Any]] = []
    for n, p in enumerate(points.planted):
        lon, lat = to_lonlat(p.middle)
        halves = p.decoy == "off_29"
        length = round(p.length_m / (2 if halves else 1), 2)
        stretches.append(
            {
                "id": p.id,
                "street": p.track.name,
                "from_station": register.of_shop[p.from_shop],
                "to_station": register.of_shop[p.to_shop],
                "length_m": length,
                "gap": length > 50,
                "points_needed": max(1, math.ceil(length / 50) - 1) if length > 50 else 0,
                "lon": lon,
                "lat": lat,
                "decoy": p.decoy or None,
                "decoy_station": decoy_station(register, p, n) if p.decoy else None,
            }
        )
    both = [{"station": register.of_shop[s], "streets": names} for s, names in points.corners()]
    note = "合成数据 synthetic: what the generator planted; lengths in metres along the street"
    found = {
        "note": note,
        "seed": seed,
        "violations": violations,
        **points_too,
        "stretches": stretches,
        "corner_stations": both,
    }
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
