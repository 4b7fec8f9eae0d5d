"""A city's configuration: ``city.toml``, read into a frozen object."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from stationmap.city.versions import SCHEMA_VERSION, refuse_newer, replace_file
from stationmap.errors import CityError
from stationmap.io.notes import Note
from stationmap.messages import N_

FILE = "city.toml"
COMPLETE = (
    "shops",
    "facilities",
    "streets",
    "built_up",
    "community",
    "subdistrict",
    "compound",
    "civilised_unit",
    "units",
    "projects",
    "activities",
)
"""Layers that can be declared complete, beside the two kinds of `COMPLETE_OF`."""
COMPLETE_OF = ("stations:", "facilities:")
"""What stands before a type of station, or a category of facilities, that is complete."""

_ADVICE = {
    "extra_forbidden": N_("unknown key"),
    "missing": N_("missing key"),
}

BASEMAPS = ("streets", "none", "pmtiles", "tianditu", "amap", "osm")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


PUBLISHED_DATUMS = ("wgs84", "gcj02", "bd09")
LEAST_DECIMALS, MOST_DECIMALS = 3, 7
_SERVER = re.compile(r"(?i)https?://([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(:[0-9]{1,5})?")


class Published(_Model):
    """How coordinates leave the house, where the address of an answer does not say otherwise.

    ``datum`` is one of `PUBLISHED_DATUMS`. ``decimals`` of a degree are kept, `LEAST_DECIMALS` to
    `MOST_DECIMALS`: 6 are 0.1 m, 3 are 100 m. ``address`` is that of the server as the public
    writes it, ``https://NAME`` without a path; "" for the name by which it was asked.
    """

    datum: str = "wgs84"
    decimals: int = 6
    address: str = ""

    @field_validator("datum")
    @classmethod
    def _supported(cls, value: str) -> str:
        if value not in PUBLISHED_DATUMS:
            raise ValueError(N_("unknown datum; expected wgs84, gcj02 or bd09"))
        return value

    @field_validator("decimals", mode="before")
    @classmethod
    def _sensible(cls, value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not LEAST_DECIMALS <= value <= MOST_DECIMALS:
            raise ValueError(N_("expected a whole number of decimals from 3 to 7"))
        return value

    @field_validator("address")
    @classmethod
    def _of_a_server(cls, value: str) -> str:
        found = value.removesuffix("/")
        if found and not _SERVER.fullmatch(found):
            raise ValueError(
                N_(
                    "expected an address such as https://map.example.gov.cn without a path, or "
                    "nothing for the address that was asked"
                )
            )
        return found.lower()


class Basemap(_Model):
    """What the map shows under the data; by default the city's own streets.

    ``file`` is the PMTiles file of kind "pmtiles": in the city's folder, or an absolute path.
    ``key`` is Tianditu's. ``review_number`` is the map's own (审图号), shown beside its source.
    """

    kind: str = "streets"
    file: str = ""
    key: str = Field("", max_length=100)
    review_number: str = Field("", max_length=60)

    @field_validator("kind")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in BASEMAPS:
            raise ValueError(
                N_("unknown base map; expected streets, none, pmtiles, tianditu, amap or osm")
            )
        return value

    @field_validator("key")
    @classmethod
    def _fits_an_address(cls, value: str) -> str:
        if value and not (value.isascii() and value.isalnum()):
            raise ValueError(N_("a key is made of letters and digits; copy it without blanks"))
        return value

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if self.kind == "tianditu" and not self.key:
            raise ValueError(
                N_('tianditu needs a key; apply for one at tianditu.gov.cn and write key = "…"')
            )
        if self.kind == "pmtiles" and not self.file:
            raise ValueError(
                N_(
                    "pmtiles needs a file; put one into the city's folder and write "
                    'file = "city.pmtiles"'
                )
            )
        return self


class Database(_Model):
    """Where the register is: the address of a PostgreSQL database, or "" for the city's folder."""

    url: str = ""

    @field_validator("url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError(
                N_("expected postgresql://USER@HOST/NAME, or nothing for a file in the folder")
            )
        return value.replace("postgres://", "postgresql://", 1)


class Config(_Model):
    """A city's settings.

    ``complete`` names, by layer, the districts (adcodes, or ``"*"`` for everywhere) whose data are
    declared complete beside what the imports declare. A layer is one of `COMPLETE`, or
    ``stations:TYPE``, or ``facilities:CATEGORY``.
    """

    schema_version: int
    name: str = Field(min_length=1)
    adcode: str = Field(pattern=r"^[0-9]{6,12}$|^$")
    time_zone: str
    standard: str = Field(min_length=1)
    published: Published = Published()
    basemap: Basemap = Basemap()
    database: Database = Database()
    complete: dict[str, list[str]] = {}

    @field_validator("complete")
    @classmethod
    def _known_layers(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        for key, codes in value.items():
            of = any(key.startswith(start) and key != start for start in COMPLETE_OF)
            if key not in COMPLETE and not of:
                raise ValueError(
                    N_(
                        "a layer in it cannot be declared complete; expected shops, facilities, "
                        "streets, built_up, community, subdistrict, compound, civilised_unit, "
                        'units, projects, activities, "stations:TYPE" or "facilities:CATEGORY"'
                    )
                )
            if not all(re.fullmatch(r"\*|[0-9]{2,12}", code) for code in codes):
                raise ValueError(
                    N_('a district in it is neither an adcode nor "*", which stands for all')
                )
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(N_("no such time zone; expected one such as Asia/Shanghai")) from error
        return value


def read(folder: Path) -> Config:
    """Read a city's configuration.

    Raises
    ------
    CityError
        The folder is no city, its ``city.toml`` has a wrong key or value, or it was written by a
        newer program.
    """
    path = folder / FILE
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise CityError(
            "{city} is not a city folder (no city.toml in it); make one with "
            "`stationmap new {city} --standard quzhou-2018`",
            city=str(folder),
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CityError(
            "{file} cannot be read: {detail}; correct it, or restore it from a backup",
            file=f"{folder.name}/{FILE}",
            detail=str(error),
        ) from error
    refuse_newer(raw.get("schema_version"), what=path)
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        own = _ADVICE.get(first["type"])
        if first["type"] == "value_error":
            own = first["msg"].removeprefix("Value error, ")
        raise CityError(
            "{file}: {key}: {detail}; correct it and run again",
            file=f"{folder.name}/{FILE}",
            key=".".join(map(str, first["loc"])),
            detail=Note(own, {}) if own else first["msg"],
        ) from error


def write(folder: Path, config: Config) -> None:
    """Write ``city.toml`` atomically, with a line of explanation for each setting."""
    complete = {"shops": [], **config.complete}
    declared = "\n".join(f"{_key(layer)} = {_toml(codes)}" for layer, codes in complete.items())
    basemap = "\n".join(
        f"{name} = {_toml(value)}"
        for name, value in config.basemap.model_dump().items()
        if value or name == "kind"
    )
    zones = f"time_zone = {_toml(config.time_zone)}"
    text = f"""\
# 城市配置 City settings
schema_version = {SCHEMA_VERSION}
name = {_toml(config.name)}
# 行政区划代码 code of the jurisdiction
adcode = {_toml(config.adcode)}
{zones}
# 现行标准，文件在 packs/ 内 the standards pack in force, a file in packs/
standard = {_toml(config.standard)}

# 对外坐标：坐标系 wgs84、gcj02（高德、腾讯）或 bd09（百度），经纬度小数位数 3 至 7（6 位约 0.1 米）
# published coordinates: datum wgs84, gcj02 or bd09; decimals of a degree, 3 to 7 (6: 0.1 m)
# address：二维码、海报、网站地图中印出的网址，如 "https://map.example.gov.cn"，留空按访问时的网址
# address printed on QR codes and posters and in the site map; "" for the one that was asked
[published]
datum = {_toml(config.published.datum)}
decimals = {config.published.decimals}
address = {_toml(config.published.address)}

# 底图 base map: streets（本市路网）, none, pmtiles (file), tianditu (key), amap, osm
[basemap]
{basemap}

# 站点登记库 register: 留空用本文件夹内的 register.sqlite; or postgresql://USER@HOST/NAME
[database]
url = {_toml(config.database.url)}

# 数据已齐全的县（市、区），"*" 为全市 districts whose data are complete, "*" for the whole city
[complete]
{declared}
"""
    replace_file(folder / FILE, text.encode())


def _key(text: str) -> str:
    return text if re.fullmatch(r"\w+", text, re.ASCII) else _toml(text)


def _toml(value: Any) -> str:
    # a JSON string or list of strings is also a TOML one, but for DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
