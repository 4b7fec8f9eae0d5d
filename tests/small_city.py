"""A small town for the tests of cities and commands: its OSM file and its lists, made here."""

import csv
from pathlib import Path

from stationmap.city import City

LON, LAT = 118.87, 28.95
STEP_DEG = 0.004  # about 400 m
ROADS = (("人民路", "secondary"), ("衢江路", "primary"), ("新桥街", "tertiary"))
TYPE = "有礼点"


def osm_file(path: Path, *, shops: int = 4, roads=ROADS) -> Path:
    """West-east roads 400 m apart, crossed by one street, with shops, a library and a stop."""
    nodes, ways = [], []

    def node(lon, lat, **tags):
        nodes.append((lon, lat, tags))
        return len(nodes)

    for row, (name, highway) in enumerate(roads):
        ids = [node(LON + k * STEP_DEG / 4, LAT + row * STEP_DEG) for k in range(5)]
        ways.append((ids, {"highway": highway, "name": name}))
    for k in range(shops):
        node(LON + (k + 0.5) * STEP_DEG / 8, LAT + 0.0001, shop="bakery", name=f"店{k}")
    node(LON + 0.001, LAT - 0.0002, amenity="library", name="市图书馆")
    node(LON + 0.002, LAT, highway="bus_stop", name="人民路口")
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for number, (lon, lat, tags) in enumerate(nodes, start=1):
        lines.append(f'<node id="{number}" version="1" lon="{lon:.7f}" lat="{lat:.7f}">')
        lines += [f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()]
        lines.append("</node>")
    for number, (refs, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += [f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()]
        lines.append("</way>")
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def station_rows(count: int = 6) -> list[dict]:
    """Stations on the first road, 80 m apart."""
    return [
        {"编号": f"A{k}", "名称": f"有礼点{k}", "类型": TYPE, "经度": LON + k * 0.0008, "纬度": LAT}
        for k in range(count)
    ]


def table(path: Path, rows: list[dict]) -> Path:
    """Write rows as CSV; the headings are those of all rows."""
    headings = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, headings)
        writer.writeheader()
        writer.writerows(rows)
    return path


def make(folder: Path, *, stations: bool = True) -> City:
    """Make the town: streets and, unless told otherwise, stations."""
    city = City.create(folder / "town", standard="quzhou-2018", adcode="330800")
    city.import_file("osm", osm_file(folder / "town.osm"))
    if stations:
        city.import_file("stations", table(folder / "list.csv", station_rows()), datum="wgs84")
    return city
