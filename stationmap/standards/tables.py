"""What the words of data sources mean: shops, facility categories and road classes, as arrays.

The tables are the TOML files in ``tables/``, with their sources. Every lookup takes an array or
Series of words and gives an array of the same length; the work is done once per distinct word.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from stationmap.standards.entries import Text

Words = NDArray[np.object_]

_IN_BRACKETS = re.compile(r"[(\[【〔](.*?)[)\]】〕]")


def is_shop(shop: ArrayLike, amenity: ArrayLike) -> NDArray[np.bool_]:
    """Which places are shops with a front on the street, by their OSM tags.

    Parameters
    ----------
    shop, amenity : array_like of str, shape (n,)
        Values of ``shop=*`` and ``amenity=*``; missing where a place has no such tag.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    shops: NDArray[np.bool_] = pd.notna(shop_category(shop, amenity))
    return shops


def shop_category(shop: ArrayLike, amenity: ArrayLike) -> Words:
    """Kind of each shop: its ``shop=*`` value, else its ``amenity=*`` value; None for no shop.

    Of several values ("bakery;cafe") the first that is a shop speaks.
    """
    table = _table("shops")
    none = set(table["shop"]["none"])
    counted = {value for group in table["amenity"].values() for value in group}
    by_shop = _each(shop, lambda values: next((v for v in _parts(values) if v not in none), None))
    by_amenity = _each(amenity, lambda vs: next((v for v in _parts(vs) if v in counted), None))
    return np.where(pd.notna(by_shop), by_shop, by_amenity)


def categories() -> Mapping[str, Text]:
    """Facility categories: id → name, in the order of their table."""
    return {c["id"]: Text(**c["name"]) for c in _table("categories")["category"]}


def shop_name(category: str) -> Text:
    """Return what a kind of shop is called; one that the table lacks is a shop like any."""
    known = _table("shop_names")["zh"]
    return Text(zh=known.get(category, known["yes"]), en=category.replace("_", " "))


def facility_keys() -> tuple[str, ...]:
    """OSM keys that `facility_category` looks at, sorted."""
    return tuple(sorted({key for _, pairs in _expressions() for key, _ in pairs}))


def facility_category(tags: pd.DataFrame) -> Words:
    """Category of each place by its OSM tags; None where none fits.

    Parameters
    ----------
    tags : DataFrame of n rows
        One column for each OSM key (see `facility_keys`); a key without a column is a tag that
        no place has. Values may be missing; of "a;b" each part is a value.

    Returns
    -------
    ndarray of object, shape (n,)
        Ids of `categories`.
    """
    found: Words = np.full(len(tags), None, dtype=object)
    open_rows = np.ones(len(tags), dtype=bool)
    columns = {key: pd.factorize(tags[key]) for key in facility_keys() if key in tags}
    for category, pairs in _expressions():
        fits = open_rows.copy()
        for key, wanted in pairs:
            fits &= _has(columns.get(key), wanted)
        found[fits] = category
        open_rows &= ~fits
    return found


def category_of_text(text: ArrayLike) -> Words:
    """Category of each word of a category column; None where nothing maps.

    Understands Amap's three-level types ("医疗保健服务;综合医院;三级甲等医院", several joined by
    "|": the first that maps), the headings of municipal tables, the category words of open lists,
    and our own ids and names.
    """
    return _each(text, _category)


def is_category_word(text: str) -> bool:
    """Whether a text says a kind of place and no more: 图书馆, 中医院, library."""
    return _plain(text) in _category_words()[0]


def category_by_name(name: ArrayLike, category: ArrayLike, said: ArrayLike) -> Words:
    """Category of each place, told by its name where its own category is none, or general.

    Only the whole ending of a name speaks (人民医院宿舍 is no hospital), without what stands in
    brackets; a bracket that makes it something else (公交站) silences it.

    Parameters
    ----------
    name, category : array_like, shape (n,)
        Categories are ids of `categories` or missing.
    said : array_like, shape (n,)
        The tag ("office=yes") or word that the place came with, or missing: a place of no category
        whose tag or word says what it is (a car park) keeps none.
    """
    rules = _table("categories")["by_name"]
    over = {entry["id"]: entry.get("over", ()) for entry in _table("categories")["category"]}
    own = _each(category, str)
    named = _each(name, _ending_of_name)
    silent = _each(said, lambda word: None if _is_general(word, rules) else word)
    found = own.copy()
    for row in np.flatnonzero(pd.notna(named)):
        before, after = own[row], named[row]
        general = before in rules["over"] or before in over[after]
        if general or (before is None and silent[row] is None):
            found[row] = after
    return found


def name_tells(name: str | None) -> bool:
    """Whether a name alone tells the category of a place."""
    return name is not None and _ending_of_name(name) is not None


def road_highway(text: ArrayLike) -> Words:
    """``highway=*`` value of each road class, Chinese or OSM; None where nothing maps."""
    table = _table("roads")
    words = {word: value for value, group in table["words"].items() for word in group}
    words |= {value: value for value in table["osm"]}
    return _each(text, lambda value: _ending(_plain(value), words))


def _category(value: str) -> str | None:
    words, amap = _category_words()
    whole = _plain(value)
    if whole in words:
        return words[whole] or None
    known = False
    for one in re.split(r"[|｜]", value):
        levels = [_plain(level) for level in re.split(r"[;；,，/>]", one)]
        prefixes = (";".join(levels[:depth]) for depth in range(len(levels), 0, -1))
        prefix = next((p for p in prefixes if p in amap), None)
        if prefix and amap[prefix]:
            return amap[prefix]
        known |= prefix is not None
    if known:
        return None
    return _ending(whole, words)


def _ending(text: str, words: Mapping[str, str]) -> str | None:
    """Look up the longest word that the text ends in; Latin words only as a whole."""
    for start in range(len(text)):
        word = text[start:]
        if word in words and (start == 0 or not word.isascii()):
            return words[word] or None
    return None


def _plain(value: str) -> str:
    return re.sub(r"[\s“”\"'‘’「」《》]+", "", value).lower()


def _is_general(said: str, rules: Mapping[str, Any]) -> bool:
    """Whether a tag or word leaves open what a place is."""
    key, tag, _ = said.partition("=")
    if tag:
        listed = said in rules["tags"] or f"{key}=*" in rules["tags"]
        return listed and said not in rules["not_tags"]
    return not any(word in said for word in rules["not_words"])


@cache
def _ending_of_name(name: str) -> str | None:
    silencing = tuple(_table("categories")["by_name"]["not_in_brackets"])
    text = unicodedata.normalize("NFKC", name)
    for inside in _IN_BRACKETS.findall(text):
        if inside.strip().endswith(silencing):
            return None
    return _ending(_plain(_IN_BRACKETS.sub("", text)), _names())


@cache
def _names() -> dict[str, str]:
    entries = _table("categories")["category"]
    said = {_plain(word): entry["id"] for entry in entries for word in entry.get("names", ())}
    return said | dict.fromkeys(_table("categories")["by_name"]["ignored"], "")


@cache
def _category_words() -> tuple[dict[str, str], dict[str, str]]:
    """Words → category and Amap prefixes → category; "" for what is no facility."""
    table = _table("categories")
    words: dict[str, str] = {}
    amap: dict[str, str] = {}
    for entry in [*table["category"], {"id": "", "name": {}, **table["ignored"]}]:
        said = [entry["id"], *entry["name"].values(), *entry.get("words", ())]
        for word in [*said, *entry.get("machine", ())]:
            words.setdefault(_plain(word), entry["id"])
        amap |= dict.fromkeys(entry.get("amap", ()), entry["id"])
    return words, amap


@cache
def _expressions() -> tuple[tuple[str, tuple[tuple[str, frozenset[str]], ...]], ...]:
    """(category, ((key, values), …)) in the order of the table; all keys of one must fit."""
    return tuple(
        (entry["id"], tuple(_pair(part) for part in expression.split()))
        for entry in _table("categories")["category"]
        for expression in entry.get("osm", ())
    )


def _pair(text: str) -> tuple[str, frozenset[str]]:
    key, _, values = text.partition("=")
    return key, frozenset(values.split("|"))


def _has(column: tuple[Any, Any] | None, wanted: frozenset[str]) -> NDArray[np.bool_] | bool:
    if column is None:
        return False
    codes, values = column
    fits = [
        v != "no" if wanted == {"*"} else not wanted.isdisjoint(_parts(v)) for v in map(str, values)
    ]
    if not any(fits):
        return False
    hit: NDArray[np.bool_] = np.array([*fits, False], dtype=bool)[codes]  # code -1: missing
    return hit


def _parts(value: str) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()]


def _each(values: ArrayLike, meaning: Callable[[str], str | None]) -> Words:
    series = isinstance(values, pd.Series)
    codes, distinct = pd.factorize(values if series else np.asarray(values, dtype=object))
    meanings: Words = np.array([*(meaning(str(v)) for v in distinct), None], dtype=object)
    found: Words = meanings[codes]
    return found


@cache
def _table(name: str) -> dict[str, Any]:
    file = Path(__file__).parent / "tables" / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))
