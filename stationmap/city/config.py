"""A city's configuration: ``city.toml``, read into a frozen object."""

import json
import tomllib
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from stationmap.city.versions import SCHEMA_VERSION, refuse_newer, replace_file
from stationmap.errors import CityError
from stationmap.io.notes import Note
from stationmap.messages import N_

FILE = "city.toml"

_ADVICE = {
    "extra_forbidden": N_("unknown key"),
    "missing": N_("missing key"),
}


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Published(_Model):
    """How coordinates leave the house: so far always in WGS-84, not rounded."""

    datum: str = "wgs84"

    @field_validator("datum")
    @classmethod
    def _supported(cls, value: str) -> str:
        if value != "wgs84":
            raise ValueError(N_("only wgs84 can be published so far"))
        return value


class Config(_Model):
    """A city's settings.

    ``complete`` names, by layer, the districts (adcodes, or ``"*"`` for everywhere) whose data are
    declared complete beside what the imports declare.
    """

    schema_version: int
    name: str = Field(min_length=1)
    adcode: str = Field(pattern=r"^[0-9]{6,12}$|^$")
    time_zone: str
    standard: str = Field(min_length=1)
    published: Published = Published()
    complete: dict[Literal["shops"], list[str]] = {}

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

# 对外坐标系，目前只支持 wgs84 datum of published coordinates; only wgs84 so far
[published]
datum = {_toml(config.published.datum)}

# 数据已齐全的县（市、区），"*" 为全市 districts whose data are complete, "*" for the whole city
[complete]
shops = {_toml(config.complete.get("shops", []))}
"""
    replace_file(folder / FILE, text.encode())


def _toml(value: Any) -> str:
    # a JSON string or list of strings is also a TOML one, but for DEL
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
