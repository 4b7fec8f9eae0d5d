"""The office's other tables of the demo city: units, projects, activities, counts, inspections.

All of it is invented and says so in the column 备注; volunteers are counted, never named.
"""

import csv
import io
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from geodata.buildings import Facility
from geodata.plane import to_lonlat
from geodata.planting import Plants, types_of
from geodata.points import junctions
from geodata.register import SOURCE, Register
from geodata.town import Town

VISIT, SHUT = "走访", 6
MONTHS = ("2026-04", "2026-05", "2026-06")
YEAR = "2025"
# kinds of facility that are no unit of their own
PLACES = ("park", "square", "scenic", "temple", "community", "village", "toilets", "market", "mall")
HEADCOUNTS = {"hospital": (180, 900), "townhall": (120, 400), "school": (60, 240)}
CIVILISED = ("hospital", "library", "museum", "court", "school", "railway", "service_hall", "power")
# what a station at such a place offers, in the words of the standard's list
SERVICES = {
    "community": ("文体娱乐", "科普普及", "环保宣传", "平安巡逻", "心理咨询", "关爱帮助"),
    "culture": ("讲解导览", "公共教育", "文化活动", "信息咨询", "环境秩序维护"),
    "open": ("旅游文化推广", "道路指引", "文明劝导", "扶老助残", "应急医疗救助"),
    "window": ("文明劝导", "信息咨询", "秩序引导", "应急服务", "扶弱助残", "便民服务"),
}
# a station may stand at several kinds of place at once: words of every list
EVERYWHERE = ("关爱帮助", "信息咨询", "文明劝导")
PLACE = dict.fromkeys(("park", "square", "scenic", "junction"), "open") | {
    "library": "culture",
    "museum": "culture",
    "memorial": "culture",
    "gallery": "culture",
    "culture": "culture",
    "youth_palace": "culture",
    "workers_palace": "culture",
    "senior_university": "culture",
    "temple": "culture",
    "community": "community",
    "guidance": "community",
}
# category in the office's list of facilities → how the names of such facilities end
LISTED = {
    "志愿者工作指导中心": "志愿者工作指导中心",
    "民政局": "婚姻登记处",
    "老年大学": "老年大学",
    "工人文化宫": "工人文化宫",
    "儒学馆": "儒学馆",
}
SERVED = ("居民", "游客", "老年人", "办事群众", "少年儿童", "残疾人")
# checklists of the standards: which items an inspector goes through at which types
ITEMS = {
    "quzhou-2018": tuple(f"Q-C{n}" for n in range(1, 9)),
    "changzhi-2021": tuple(f"CZ-{n}" for n in range(1, 12)),
    "zhanjiang-2018": tuple(f"ZJ-{n}" for n in range(1, 6)),
    "ordos-2018": tuple(f"OR-{n}" for n in range(1, 6)),
}
# registered of population, active of registered, mean hours of the registered
DISTRICT_SHARES = {"339901": (0.14, 0.74, 24.6), "339902": (0.09, 0.66, 21.2)}


@dataclass
class Books:
    """Writes the tables; `rng` is a stream of its own."""

    register: Register
    facilities: Sequence[Facility]
    plants: Plants
    rng: random.Random
    unit_ids: dict[str, str] = field(default_factory=dict)
    shut: list[str] = field(default_factory=list)  # points that inspectors found closed

    def __post_init__(self) -> None:
        self.types = types_of(self.register.rows)
        self.active = [r for r in self.register.rows if r["状态"] == "正常运行"]
        self.kind = {f.name: f.kind for f in self.facilities}
        members = [f for f in self.facilities if f.kind not in PLACES]
        self.unit_ids = {f.name: f"DW{n:03d}" for n, f in enumerate(members, start=1)}
        self.members = members
        self.headcount = {
            f.name: self.rng.randint(*HEADCOUNTS.get(f.kind, (12, 90))) for f in members
        }
        self.civilised = {f.name for f in members if f.kind in CIVILISED}

    def _of_station(self, do: str, key: str) -> dict[str, Any]:
        station = self.plants.station
        return {station[e["at"]]: e[key] for e in self.plants.doing(do) if "at" in e}

    def _of_unit(self, do: str) -> list[dict[str, Any]]:
        return [e for e in self.plants.doing(do) if "unit" in e]

    def tables(self, osm_id: Mapping[Any, str]) -> dict[str, bytes]:
        """Return all tables, by the names of their files."""
        return {
            "units.csv": self.units(),
            "projects.csv": self.projects(),
            "activities.csv": self.activities(),
            "indicators-by-district.csv": self.district_counts(),
            "indicators-by-unit.csv": self.unit_counts(),
            "exemptions.csv": self.exemptions(osm_id),
            **self.inspections(),
        }

    def units(self) -> bytes:
        """Organs, enterprises and institutions, with their organisation and account."""
        alone = {e["unit"] for e in self._of_unit("organisation")}
        absent = {e["unit"] for e in self._of_unit("platform")}
        return as_csv(
            {
                "单位编号": self.unit_ids[f.name],
                "单位名称": f.name,
                "所属区县": self.register.where(f.door)[0].name,
                "是否文明单位": _yes(f.name in self.civilised),
                "是否有志愿服务组织": _yes(f.name not in alone),
                "志愿汇账号": "" if f.name in absent else "HZ" + self.unit_ids[f.name],
                "职工人数": str(self.headcount[f.name]),
            }
            for f in self.members
        )

    def projects(self) -> bytes:
        """Three service projects of every station but the points."""
        wanted = {self.plants.station[e["at"]]: e for e in self.plants.doing("projects")}
        odd = self._of_station("service", "service")
        rows: list[dict[str, str]] = []
        for row in self._staffed():
            number = row["站点编号"]
            entry = wanted.get(number, {"count": 3, "published": "线上、线下"})
            services = self.rng.sample(self._services(row), 3)
            for k, service in enumerate(services[: entry["count"]]):
                last = k == entry["count"] - 1
                said = dict.fromkeys((service, *EVERYWHERE))
                rows.append(
                    {
                        "项目编号": f"XM{len(rows) + 1:04d}",
                        "站点编号": number,
                        "项目名称": f"{row['站点名称']}{service}项目",
                        "服务类别": odd[number] if number in odd and not k else "、".join(said),
                        "发布渠道": entry["published"] if last else "线上、线下",
                    }
                )
        return as_csv(rows)

    def activities(self) -> bytes:
        """Two activities a month of every station but the points, and of the civilised units."""
        silent = self._of_station("silent", "month")
        idle = {e["unit"] for e in self._of_unit("silent")}
        rows: list[dict[str, str]] = []
        for row in self._staffed():
            for month in MONTHS:
                if silent.get(row["站点编号"]) == month:
                    continue
                days = sorted(self.rng.sample(range(1, 29), 2 if self._large(row) else 1))
                rows += [self._activity(row, f"{month}-{day:02d}") for day in days]
        housed = {row["所属单位"] for row in self._staffed()}
        for name in sorted(self.civilised - housed - idle):
            alone = {"站点编号": "", "所属单位": name, "站点名称": name, "地址": name}
            rows += [self._activity(alone, f"{month}-15") for month in MONTHS]
        numbered = [{"活动编号": f"HD{n:05d}", **row} for n, row in enumerate(rows, start=1)]
        return as_csv(numbered)

    def _activity(self, row: Mapping[str, str], date: str) -> dict[str, str]:
        content = self.rng.choice(self._services(row))
        return {
            "站点编号": row["站点编号"],
            "单位编号": self.unit_ids.get(row["所属单位"], ""),
            "活动名称": f"{content}活动",
            "活动日期": date,
            "活动地点": row["地址"],
            "服务对象": self.rng.choice(SERVED),
            "服务内容": content,
            "服务时长": str(self.rng.choice((2, 2, 3, 4))),
            "服务质量": self.rng.choice(("好", "较好")),
            "是否上报": "是",
            "负责岗位": "站长",
            "记录岗位": "值班员",
        }

    def _staffed(self) -> list[dict[str, str]]:
        return [r for r in self.active if self.types[r["站点编号"]] != "point"]

    def _large(self, row: Mapping[str, str]) -> bool:
        """Whether a station is more than a counter in a shop."""
        return row["所属单位"] in self.kind or self.types[row["站点编号"]] != "post"

    def _services(self, row: Mapping[str, str]) -> tuple[str, ...]:
        kind = self.kind.get(row["所属单位"], "junction" if "路口" in row["站点名称"] else "")
        kind = kind or ("park" if "公园" in row["站点名称"] else "")
        return SERVICES[PLACE.get(kind, "window")]

    def district_counts(self) -> bytes:
        """Volunteers of the counties and the city, counted."""
        city = self.register.town.plan["city"]
        rows, total = [], dict.fromkeys(("常住人口", "注册志愿者", "活跃志愿者", "服务时长"), 0)
        for area in self.register.areas:
            registered, active, hours = DISTRICT_SHARES[area.adcode]
            people = round(area.population * registered)
            counts = {
                "常住人口": area.population,
                "注册志愿者": people,
                "活跃志愿者": round(people * active),
                "服务时长": round(people * hours),
            }
            total = {name: total[name] + value for name, value in counts.items()}
            rows.append(_counted(area.adcode, area.name, counts))
        return as_csv([_counted(city["adcode"], city["name"], total), *rows])

    def unit_counts(self) -> bytes:
        """Staff of the units, counted."""
        missing = {(e["unit"], e["count"]): e["missing"] for e in self._of_unit("staff")}
        rows = []
        for f in self.members:
            staff = self.headcount[f.name]
            registered = staff - missing.get((f.name, "staff_registered"), 0)
            reached = registered - missing.get((f.name, "staff_hours_reached"), 0)
            rows.append(
                {
                    "单位编号": self.unit_ids[f.name],
                    "单位名称": f.name,
                    "统计年度": YEAR,
                    "职工人数": str(staff),
                    "注册职工人数": str(registered),
                    "职工时长达标人数": str(reached),
                }
            )
        return as_csv(rows)

    def exemptions(self, osm_id: Mapping[Any, str]) -> bytes:
        """Exemptions that somebody approved, one of them out of date."""
        entries = [e for e in self.plants.entries if "exempt" in e]
        return as_csv(
            {
                "豁免编号": f"HM{n:03d}",
                "条款编号": e["exempt"]["requirement"],
                "对象编号": osm_id[e["at"]],
                "对象名称": e["at"],
                "豁免原因": e["exempt"]["reason"],
                "批准单位": e["exempt"]["approver"],
                "有效期至": e["exempt"]["until"],
            }
            for n, e in enumerate(entries, start=1)
        )

    def inspections(self) -> dict[str, bytes]:
        """Inspectors' judgements of some of the stations, a file for each standard."""
        wrong = {
            (self.plants.station[e.get("at", e["id"])], e["item"]): e.get("part", 0)
            for e in self.plants.doing("item")
        }
        planted = {number for number, _ in wrong}
        point = {number for number, kind in self.types.items() if kind == "point"}
        active = {r["站点编号"] for r in self.active}
        staffed = sorted(active - point - planted)
        seen = self.rng.sample(staffed, 40)
        points = sorted({*self.rng.sample(sorted(active & point), 60), *planted & point})
        self.shut = points[:: len(points) // SHUT][:SHUT]
        out = {}
        for pack, items in ITEMS.items():
            own = pack == "quzhou-2018"  # the town's own standard; to the others a few are held
            numbers = sorted({*planted - point, *(seen if own else seen[:8])})
            judged = [(n, (VISIT, *items)) for n in numbers]
            judged += [(n, (VISIT, "Q-C8", "Q-C9")) for n in points if own]
            out[f"inspections-{pack}.csv"] = as_csv(self._judgements(judged, wrong))
        return out

    def _judgements(
        self,
        judged: Iterable[tuple[str, tuple[str, ...]]],
        wrong: Mapping[tuple[str, str], int],
    ) -> Iterator[dict[str, str]]:
        for number, items in judged:
            day = f"2026-06-{self.rng.randint(1, 28):02d}"
            for item in items:
                part = wrong.get((number, item))
                failed = part is not None or (item == VISIT and number in self.shut)
                yield {
                    "站点编号": number,
                    "检查项": f"{item}/{part}" if part else item,
                    "检查结果": "不符合" if failed else "符合",
                    "检查日期": day,
                }


def facilities(town: Town, known: Sequence[Facility]) -> bytes:
    """List sentry kiosks, and the facilities whose kind only the office's own list tells."""
    listed = [(name + "岗亭", "路口岗亭", place) for place, name in junctions(town)]
    listed += [
        (f.name, word, f.door) for f in known for word in LISTED if f.name.endswith(LISTED[word])
    ]
    rows = []
    for number, (name, category, place) in enumerate(listed, start=1):
        lon, lat = to_lonlat(place)
        said = {"设施编号": f"SS{number:03d}", "设施名称": name, "类别": category}
        rows.append({**said, "经度": f"{lon:.7f}", "纬度": f"{lat:.7f}"})
    return as_csv(rows)


def _counted(adcode: str, name: str, counts: Mapping[str, int]) -> dict[str, str]:
    return {
        "行政区划代码": adcode,
        "区县": name,
        "统计年度": YEAR,
        **{word: str(value) for word, value in counts.items()},
        "骨干志愿者": str(round(counts["注册志愿者"] * 0.02)),
        "培训次数": "2",
    }


def _yes(value: bool) -> str:  # noqa: FBT001
    return "是" if value else "否"


def as_csv(rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return a table as Excel writes it, every row labelled: UTF-8 with a mark, CRLF."""
    return _table([{**row, "备注": SOURCE} for row in rows])


def _table(rows: Sequence[Mapping[str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
