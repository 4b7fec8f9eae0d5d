"""Zones: communities, sub-districts, compounds, civilised units and the built-up area."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from stationmap.city import layers

# administrative levels of OpenStreetMap in China, and of imported districts
LEVELS: Mapping[int, str] = MappingProxyType({8: "subdistrict", 10: "community"})
DISTRICTS = "districts"

_URBAN = """城市社区 城市 城镇社区 城镇 城区 居委会 居民委员会 社区居委会 社区居民委员会
主城区 城乡结合区 镇中心区 镇乡结合区 特殊区域 urban"""
_RURAL = "农村社区 农村 乡村 村 行政村 建制村 村委会 村民委员会 乡中心区 村庄 rural"
_WORDS: Mapping[str, bool] = MappingProxyType(
    dict.fromkeys(_URBAN.split(), True) | dict.fromkeys(_RURAL.split(), False)
)


def is_urban(words: pd.Series) -> pd.Series:
    """Read what a column says of communities: True for urban, False for rural, None for neither.

    Understood are 城市社区, 农村社区 and their like, and the three-digit codes of the statistical
    office (城乡分类代码: 1.. is urban, 2.. rural). The word 社区 alone means urban where the column
    calls others 村, else nothing.

    Parameters
    ----------
    words : Series of str
        None where nothing is said.
    """
    plain = words.map(_plain, na_action="ignore")
    found = plain.map(_urban, na_action="ignore").astype("object")
    if plain.isin(_RURAL.split()).any():
        found = found.where(plain != "社区", other=np.True_).astype("object")
    return found.where(found.notna(), None)


def _plain(value: Any) -> str:
    return re.sub(r"[\s()]", "", unicodedata.normalize("NFKC", str(value))).casefold()


def _urban(word: str) -> bool | None:
    if re.fullmatch("[12][0-9]{2}", word):
        return word[0] == "1"
    return _WORDS.get(word)


def zones_of(districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communities and sub-districts among districts, as zones.

    Parameters
    ----------
    districts : GeoDataFrame
        adcode, name, level and geometry, in EPSG:4326; ``residential`` ("urban", "rural"), where
        there is such a column, tells urban communities from rural ones.
    """
    kind = districts["level"].map(LEVELS).astype("object")
    rows = districts[kind.notna()]
    said = rows.get("residential", pd.Series(None, index=rows.index, dtype="object"))
    return layers.conform(
        "zones",
        rows.assign(
            id=rows["adcode"],
            kind=kind[kind.notna()],
            urban=is_urban(said.astype("object").where(said.notna(), None)),
            source=DISTRICTS,
        ),
    )


def with_districts(zones: gpd.GeoDataFrame, districts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return zones and the communities and sub-districts among districts, each once.

    One that was imported as a zone comes before a district of its kind with the same code, or with
    the same name and a piece of ground in common.
    """
    others = zones_of(districts)
    if others.empty:
        return zones
    codes = pd.concat(
        [zones[["kind", "id"]], zones[["kind", "adcode"]].set_axis(["kind", "id"], axis=1)]
    )
    known = pd.MultiIndex.from_frame(codes.dropna())
    there = np.asarray(pd.MultiIndex.from_frame(others[["kind", "id"]]).isin(known))
    # two places of one name are one only where they meet
    named = others.reset_index(names="row").merge(
        zones.dropna(subset="name"), on=["kind", "name"], suffixes=("", "_zone")
    )
    drawn = named["geometry_zone"].notna()
    both = named["geometry"].to_numpy(), named["geometry_zone"].to_numpy()
    meet = shapely.intersects(*both) & ~shapely.touches(*both)
    there[named.loc[~drawn | meet, "row"]] = True
    return layers.conform("zones", pd.concat([zones, others[~there]], ignore_index=True))
