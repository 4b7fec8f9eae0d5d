"""A workbook of new stations as a county sends it, to try an import with: every fault is planted.

The faults are those that real workbooks taught: a sheet that explains the fields and empty ones
beside the list, headings cut short or in two languages, empty columns, a total at the end,
coordinates in GCJ-02 without a word about it, numbers given twice, doubled names, several stations
at one place, rows without a place.
"""

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.buildings import Facility
from geodata.plane import Point, to_lonlat
from geodata.points import junctions
from geodata.register import SOURCE, Register
from geodata.shops import Shop
from geodata.xlsx import Row, workbook

FILE = "new-stations.xlsx"
SHOPS, PLACES = 20, 16
LIST = "新增站点"
# headings: cut at ten letters, in two languages, of columns that nobody fills
HEADINGS = (
    "序号",
    "站点编号",
    "Name(名称）",
    "类型",
    "所属单位",
    "所属区县",
    "Address(地址）",
    "POINT_X",
    "POINT_Y",
    "ServerTime",
    "配备物资",
    "状态",
    "是否示范站",
    "联系人",
    "联系电话",
    "SecondName",
    "备注",
    "父文件夹",
)
FIELDS = (
    ("字段", "说明"),
    ("站点编号", "本批次内唯一"),
    ("Name(名称）", "站点全称"),
    ("POINT_X、POINT_Y", "手机地图上点取"),
    ("ServerTime", "对外开放时间"),
)
HOURS = (
    "8:00-20:00",
    "周一至周五 9:00—17:30",
    "周二至周日9:00-17:00，周一闭馆",
    "24小时",
    "8:30-5:30",
    "以现场公告为准",
    None,
)
# fault → what it makes of a row; those of QUARANTINED are refused until somebody corrects them
FAULTS: Mapping[str, Mapping[str, Any]] = {
    "unknown type": {"类型": "便民小屋"},
    "no type": {"类型": None},
    "unknown status": {"状态": "装修"},
    "swapped": {},
    "one coordinate": {"POINT_Y": None},
    "no number": {"POINT_X": "118.8O12"},
    "zero": {"POINT_X": 0.0, "POINT_Y": 0.0},
    "point lost": {},
    "demonstration": {"是否示范站": "待评"},
    "repeated number": {},
    "nothing": {"Name(名称）": None, "Address(地址）": None, "POINT_X": None, "POINT_Y": None},
}
QUARANTINED = tuple(FAULTS)
TO_LOCATE = ("shop named", "crossing named", "facility named", "nothing to go by")


@dataclass
class Untidy:
    """Writes the workbook; `told` is what is planted in it, by the row's number in the sheet."""

    register: Register
    shops: Sequence[Shop]
    facilities: Sequence[Facility]
    rng: random.Random
    rows: list[dict[str, Any]] = field(default_factory=list)
    told: dict[int, str] = field(default_factory=dict)

    def bytes(self) -> bytes:
        """Return the workbook."""
        self._good()
        self._faulty()
        self._unplaced()
        self._doubled()
        title = f"示范市新增志愿服务站点台账（第二批）  {SOURCE}"
        body = [tuple(row.get(name) for name in HEADINGS) for row in self.rows]
        sheet: list[Row] = [(title,), HEADINGS, *body]
        sheet.append(("合计", None, f"{len(body)}个"))
        last = chr(ord("A") + len(HEADINGS) - 1)
        sheets = [("字段说明", FIELDS), (LIST, sheet), ("Sheet2", ()), ("Sheet3", ())]
        return workbook(sheets, merged=f"A1:{last}1")

    def planted(self) -> dict[str, Any]:
        """Say which rows are faulty and in what; after `bytes`."""
        return {
            "sheet": LIST,
            "datum": "gcj02",
            "rows": len(self.rows) + 1,
            "total_row": len(self.rows) + 3,
            "quarantined": {n: what for n, what in self.told.items() if what in QUARANTINED},
            "to_locate": {n: what for n, what in self.told.items() if what in TO_LOCATE},
            "doubles": {n: what for n, what in self.told.items() if what.startswith("double")},
        }

    def _add(self, name: str, place: Point | None, **cells: Any) -> dict[str, Any]:
        number = len(self.rows) + 1
        lon, lat = gcj02(*to_lonlat(place)) if place else (None, None)
        row = {
            "序号": float(number),
            "站点编号": f"XZ{number:03d}",
            "Name(名称）": name,
            "类型": "有礼点",
            "所属区县": self.register.where(place)[0].name if place else None,
            "POINT_X": lon,
            "POINT_Y": lat,
            "ServerTime": self.rng.choice(HOURS),
            "配备物资": "、".join(self.rng.sample(("雨伞", "充电", "百宝箱", "饮水"), 2)),
            "状态": self.rng.choice(("正常运行", "正常", "在用", "拟建")),
            "是否示范站": "否",
            "联系人": "值班岗",
            "备注": SOURCE,
            **cells,
        }
        self.rows.append(row)
        return row

    def _tell(self, what: str) -> None:
        self.told[len(self.rows) + 2] = what

    def _shop(self, shop: Shop, **cells: Any) -> dict[str, Any]:
        street = self.register.town.streets[self.register.town.network.edges[shop.edge].line].name
        address = f"{street or '无名街'}{self.rng.randint(1, 180)}号"
        given = {"所属单位": shop.name, "Address(地址）": address, **cells}
        return self._add(f"{shop.name}有礼点", shop.door, **given)

    def _free(self, number: int) -> list[Shop]:
        """Shops that are open and no station yet."""
        free = [
            shop
            for n, shop in enumerate(self.shops)
            if n not in self.register.of_shop and not shop.vacant and shop.name
        ]
        return self.rng.sample(free, number)

    def _good(self) -> None:
        for shop in self._free(SHOPS):
            self._shop(shop)
        # called after the place that they are in: by these the datum can be told
        known = [f for f in self.facilities if not f.station and f.kind != "toilets"]
        for place in self.rng.sample(known, PLACES):
            row = self._add(place.name, place.door, 类型="有礼站（台）")
            row |= {"所属单位": place.name, "Address(地址）": f"\n{place.name}  门前人行道"}
        # typed with the full-width keyboard, which is read all the same
        row = self.rows[3]
        row["POINT_X"] = "".join(_wide(c) for c in f"{row['POINT_X']:.6f}")

    def _faulty(self) -> None:
        for what, shop in zip(FAULTS, self._free(len(FAULTS)), strict=True):
            row = self._shop(shop)
            if what == "swapped":
                row["POINT_X"], row["POINT_Y"] = row["POINT_Y"], row["POINT_X"]
            elif what == "point lost":
                row["POINT_X"] = round(row["POINT_X"] * 10, 5)
            elif what == "repeated number":
                row["站点编号"] = self.rows[0]["站点编号"]
            row |= FAULTS[what]
            self._tell(what)

    def _unplaced(self) -> None:
        shop, near = self._free(2)
        _, crossing = self.rng.choice(junctions(self.register.town))
        facility = self.rng.choice([f for f in self.facilities if f.kind == "park"])
        for what, name, address in (
            ("shop named", f"{shop.name}有礼点", ""),
            ("crossing named", "爱心驿站有礼点", crossing.removesuffix("路口") + "交叉口"),
            ("facility named", f"{facility.name}有礼亭", facility.name),
            ("nothing to go by", "便民有礼点", f"{self.register.where(near.door)[0].name}老街"),
        ):
            kind = "有礼亭" if what == "facility named" else "有礼点"
            row = self._add(name, None, 类型=kind)
            row |= {"Address(地址）": address, "所属区县": self.register.where(near.door)[0].name}
            self._tell(what)

    def _doubled(self) -> None:
        """Add a station that the register has already, and two of one name at one place."""
        standing = next(r for r in self.register.rows if r["状态"] == "正常运行" and r["经度"])
        lon, lat = gcj02(float(standing["经度"]) + 0.00004, float(standing["纬度"]))
        row = self._add(standing["站点名称"], None, 类型=standing["类型"])
        row |= {"POINT_X": lon, "POINT_Y": lat, "所属区县": standing["所属区县"]}
        row |= {"所属单位": standing["所属单位"], "Address(地址）": standing["地址"]}
        self._tell(f"double of {standing['站点编号']}")
        (shop,) = self._free(1)
        for _ in range(2):
            self._add("便民服务有礼点", shop.door, 所属单位="待核实")
            self._tell("double within")


def _wide(character: str) -> str:
    return chr(ord(character) + 0xFEE0)


# the published formula, written a second time here: what makes the data knows no part of the
# program that is to read it
_A, _EE = 6378245.0, 0.00669342162296594323


def gcj02(lon: float, lat: float) -> Point:
    """Degrees as Chinese map services give them (GCJ-02, 6 decimals), from WGS-84."""
    x, y = lon - 105.0, lat - 35.0
    waves = 20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += 2 / 3 * waves
    north += 2 / 3 * (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi))
    north += 2 / 3 * (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y / 30 * math.pi))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east += 2 / 3 * waves
    east += 2 / 3 * (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi))
    east += 2 / 3 * (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi))
    phi = math.radians(lat)
    bulge = 1 - _EE * math.sin(phi) ** 2
    up = math.degrees(north / (_A * (1 - _EE) / bulge**1.5))
    across = math.degrees(east / (_A / math.sqrt(bulge) * math.cos(phi)))
    return round(lon + across, 6), round(lat + up, 6)
