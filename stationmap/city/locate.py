"""Where a station without a place (待定位) may stand: proposals from its name and its address.

Nothing here places a station; a person does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, pairwise
from types import MappingProxyType
from typing import Any

import shapely

from stationmap.city.gazetteer import Gazetteer, Mention, Named, parted, plain
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards import tables

# how sure a proposal is -> the word for it, the surest first
SURE: Mapping[str, str] = MappingProxyType(
    {
        "exact": N_("Exact match"),
        "likely": N_("Likely"),
        "possible": N_("Possible"),
        "along": N_("Only the street is known"),
    }
)
# what lists put behind the name of the place where a station stands
TAILS = (
    *("学雷锋志愿服务站", "志愿服务站", "志愿服务点", "志愿服务岗", "志愿服务亭", "志愿服务台"),
    *("新时代文明实践站", "新时代文明实践点", "便民服务站", "便民服务点", "服务站", "服务点"),
    *("有礼亭", "有礼站", "有礼台", "有礼点", "志愿者之家", "爱心驿站", "爱心驿家", "驿站", "岗亭"),
    *("公共自行车租车点", "公共自行车", "租车点", "公共厕所", "公厕"),
)
# assumed: within this of a street a place lies on it; beyond the other it is not the one meant
ON_STREET_M = 200.0
OFF_STREET_M = 500.0
# assumed: what is wider needs a look at where in it the station stands
COMPACT_M = 150.0
# assumed: a name that more places have is a brand; without a street it says nothing
BRAND = 12
MOST = 6
LONGEST = 200  # letters of a name or an address that are read
_NAME_IS = N_("the name is that of “{place}”")
_NAME_HAS = N_("the name has “{place}” in it")
_ADDRESS_IS = N_("the address is “{place}”")
_ADDRESS_HAS = N_("the address has “{place}” in it")
_SAID_BY = {_NAME_HAS: _NAME_IS, _ADDRESS_HAS: _ADDRESS_IS}
_CROSSING = re.compile("路口|街口|交叉|交汇|交界|交会|交口|转角|拐角|近|[与和、/&]|口$")
_HOUSE = re.compile("[0-9]+(?:[-－][0-9]+)?[号弄#]")
_STREETLIKE = re.compile("(?:路|街|巷|弄|大道|胡同)$")
_NUMBER = re.compile(r"[（(]?(?:第?[0-9一二三四五六七八九十]+[号#]?)[)）]?$")


@dataclass(frozen=True)
class Proposal:
    """A place where a station may stand.

    Attributes
    ----------
    key : str
        Tells the proposals of one station apart; the same for the same place, so that it can be
        asked for again.
    sure : str
        One of `SURE`.
    name : str
        What stands there, or the streets that meet there.
    kind : str
        One of `gazetteer.KINDS`.
    lon, lat : float
        WGS-84 degrees; of a street its middle, which is no place to accept.
    why : tuple of Note
        What speaks for it, and against it.
    shape : shapely geometry
        In the gazetteer's CRS.
    """

    key: str
    sure: str
    name: str
    kind: str
    lon: float
    lat: float
    why: tuple[Note, ...]
    shape: Any = field(repr=False, compare=False)

    @property
    def acceptable(self) -> bool:
        """Whether it is a place; of a street alone a person must point out where along it."""
        return self.sure != "along"


@dataclass(frozen=True)
class _Found:
    """A place with what speaks for it; `rank` orders proposals, the higher the better."""

    place: Named
    sure: str
    rank: float
    why: tuple[Note, ...]


@dataclass(frozen=True)
class _Asked:
    """What a row says: its texts, the names in them, its streets and its districts."""

    name: str
    address: str
    stated: tuple[str, ...]
    mentions: Mapping[str, list[Mention]]
    streets: tuple[Named, ...]


def propose(
    gazetteer: Gazetteer,
    *,
    name: str | None,
    address: str | None,
    adcode: str | None = None,
    tails: Iterable[str] = (),
    most: int = MOST,
    with_alike: bool = True,
) -> list[Proposal]:
    """Propose places for a station, the surest first.

    1. A place has the station's name, or that name without what lists put behind it (`TAILS`): the
       only such place is an exact match, unless its name is a mere kind of place, it is wider than
       `COMPACT_M` or farther than `OFF_STREET_M` from the streets that the address names.
    2. The name or the address has the name of a place in it: likely where it is the only one, or
       within `ON_STREET_M` of a street named beside it; possible else.
    3. Two streets are named: where they meet.
    4. The name is close to that of a place, or part of it: possible.
    5. A street alone: only where to look.

    Places outside the stated district (by more than `gazetteer.BORDER_M`) are left out. Limits are
    inclusive.

    Parameters
    ----------
    gazetteer : Gazetteer
    name, address : str or None
        As the list has them.
    adcode : str, optional
        The district that the list states; without one that which the address names, if any.
    tails : iterable of str
        Further words behind the names of places, such as the names of the station types.
    most : int
        At most so many.
    with_alike : bool
        Look for names that are close, too (rule 4): this takes the longest.
    """
    name, address = (name or "")[:LONGEST], (address or "")[:LONGEST]
    asked = _read(gazetteer, name=name, address=address, adcode=adcode)
    ends = sorted({plain(tail) for tail in (*TAILS, *tails)} - {""}, key=lambda t: (-len(t), t))
    found = [
        *_by_name(gazetteer, asked, ends=ends),
        *_by_mention(gazetteer, asked, ends=ends),
        *_by_crossing(gazetteer, asked),
        *(_by_likeness(gazetteer, asked, ends=ends) if with_alike else ()),
    ]
    best = _best_of_each(found)
    if not any(f.sure in ("exact", "likely") for f in best):
        best += _along(gazetteer, asked)
    order = list(SURE)
    best.sort(key=lambda f: (order.index(f.sure), -f.rank, f.place.x, f.place.y))
    return [_proposal(gazetteer, one) for one in best[:most]]


def _read(gazetteer: Gazetteer, *, name: str, address: str, adcode: str | None) -> _Asked:
    codes = [adcode] if adcode else gazetteer.districts_named(address)[:1]
    stated = tuple(codes)
    mentions = {"name": gazetteer.mentions(name), "address": gazetteer.mentions(address)}
    streets = {
        (place.key, place.id): place
        for source in ("address", "name")
        for mention in mentions[source]
        for place in mention.places
        if place.kind == "street" and _within(gazetteer, place, stated)
    }
    return _Asked(name, address, stated, mentions, tuple(streets.values()))


def stems(name: str, *, tails: Sequence[str]) -> list[str]:
    """Return a station's name, then without its number and without each word of `tails` behind it.

    `tails` are plain and the longest first, of which the first that fits is taken.
    """
    whole = plain(name)
    found = [whole]
    for text in (whole, plain(_NUMBER.sub("", name.strip()))):
        tail = next((t for t in tails if text.endswith(t) and len(text) > len(t) + 1), "")
        if text and tail:
            found.append(text[: -len(tail)])
    return list(dict.fromkeys(text for text in found if text))


def _by_name(gazetteer: Gazetteer, asked: _Asked, *, ends: Sequence[str]) -> list[_Found]:
    """RULE 1: a place has the station's name."""
    for stem in stems(asked.name, tails=ends):
        places = [
            place for place in gazetteer.called(stem) if _within(gazetteer, place, asked.stated)
        ]
        if places:
            only = len(places) == 1
            key, county = parted(stem)
            vague = _is_kind(key) and not county
            said = Note(_NAME_IS, {"place": places[0].name})
            return [
                _judged(asked, place, said, rank=9.0, only=only, exact=not vague, count=len(places))
                for place in _near_street(asked, places)
            ]
    return []


def _by_mention(gazetteer: Gazetteer, asked: _Asked, *, ends: Sequence[str]) -> list[_Found]:
    """RULE 2: the name or the address has the name of a place in it."""
    found: list[_Found] = []
    whole = plain(asked.address)
    for source, template in (("name", _NAME_HAS), ("address", _ADDRESS_HAS)):
        for mention in asked.mentions[source]:
            places = [
                p
                for p in mention.places
                if p.kind != "street" and _within(gazetteer, p, asked.stated)
            ]
            count = len(places)
            places = _near_street(asked, places)
            if not places or (len(places) > BRAND):
                continue
            said = Note(template, {"place": places[0].name})
            # a short name inside a longer one may be chance
            full = source == "address" and mention.key == whole
            weight = 5.0 + min(len(mention.key), 8) / 4 + (2.0 if full else 0.0)
            found += [
                _judged(asked, p, said, rank=weight, only=count == 1, exact=False, count=count)
                for p in places
            ]
    whole_address = parted(asked.address)[0]
    for stem in stems(asked.address, tails=ends) if whole_address else []:
        for place in gazetteer.called(stem):
            if _within(gazetteer, place, asked.stated) and not _is_kind(parted(stem)[0]):
                count = len(gazetteer.called(stem))
                said = Note(_ADDRESS_IS, {"place": place.name})
                found.append(
                    _judged(asked, place, said, rank=8.0, only=count == 1, exact=False, count=count)
                )
    return found


def _by_crossing(gazetteer: Gazetteer, asked: _Asked) -> list[_Found]:
    """RULE 3: two streets are named, and meet."""
    found = []
    for text, mentions in (
        (asked.address, asked.mentions["address"]),
        (asked.name, asked.mentions["name"]),
    ):
        own = [mention for mention in mentions if mention.is_street]
        streets = {
            street.id: street
            for mention in own
            for street in mention.places
            if _within(gazetteer, street, asked.stated)
        }
        meeting = [
            (one, other, at)
            for one, other in combinations(streets.values(), 2)
            if one.key != other.key
            for at in gazetteer.crossings(one, other)
            if _agrees(gazetteer, *at, asked.stated)
        ]
        # 九江路黄河路 is said of a corner, 文庙路学宫街36号 of a house
        beside = any(a.end == b.start for a, b in pairwise(own)) and not _HOUSE.search(text)
        said = beside or bool(_CROSSING.search(text))
        sure = "likely" if said and len(meeting) == 1 else "possible"
        for number, (one, other, (x, y)) in enumerate(meeting):
            name = f"{one.name} / {other.name}"
            key = f"{one.id}×{other.id}#{number}"
            place = Named("crossing", key, name, name, "", shapely.Point(x, y), x, y, 0.0)
            why = Note(
                N_("“{first}” and “{second}”, both named, meet here"),
                {"first": one.name, "second": other.name},
            )
            several = Note(N_("streets named here meet in {count} places"), {"count": len(meeting)})
            notes = (why, several) if len(meeting) > 1 else (why,)
            found.append(_Found(place, sure, 6.0 + said, notes))
    return found


def _by_likeness(gazetteer: Gazetteer, asked: _Asked, *, ends: Sequence[str]) -> list[_Found]:
    """RULE 4: the name is close to that of a place."""
    found = []
    for stem in stems(asked.name, tails=ends)[-1:]:
        if _is_kind(parted(stem)[0]):
            continue
        for place, score in gazetteer.alike(stem):
            if _within(gazetteer, place, asked.stated):
                said = Note(N_("the name is close to “{place}”"), {"place": place.name})
                one = _judged(asked, place, said, rank=score / 25, only=False, exact=False, count=1)
                on_street = one.sure == "likely"
                found.append(
                    replace(one, sure="likely" if on_street and score >= 90 else "possible")
                )
    return found


def _along(gazetteer: Gazetteer, asked: _Asked) -> list[_Found]:
    """RULE 5: a street alone tells where to look."""
    return [
        _Found(
            street,
            "along",
            1.0,
            (
                Note(
                    N_("“{street}” is named, {metres} m from end to end; tap where along it"),
                    {"street": street.name, "metres": round(street.span_m)},
                ),
            ),
        )
        for street in asked.streets
        if _within(gazetteer, street, asked.stated)
    ]


def _judged(
    asked: _Asked, place: Named, said: Note, *, rank: float, only: bool, exact: bool, count: int
) -> _Found:
    """Hold a place to the streets named beside it, to its like and to its width."""
    why = [said]
    others = [s for s in asked.streets if s.key != place.key]
    away = [(float(shapely.distance(s.shape, place.shape)), s) for s in others]
    near = min(away, default=None, key=lambda pair: pair[0])
    on_street = near is not None and near[0] <= ON_STREET_M
    off_street = near is not None and near[0] > OFF_STREET_M
    if near is not None and (on_street or off_street):
        template = (
            N_("it is {metres} m from “{street}”, which is named as well")
            if on_street
            else N_("but “{street}”, which is named as well, is {metres} m away")
        )
        why.append(Note(template, {"metres": round(near[0]), "street": near[1].name}))
    if not only and count > 1:
        why.append(_one_of(count))
    wide = place.span_m > COMPACT_M
    if wide:
        why.append(
            Note(
                N_("it is about {metres} m across; see where in it"),
                {"metres": round(place.span_m)},
            )
        )
    # what is called as a street stands somewhere along it, and so may the station
    vague = off_street or bool(_STREETLIKE.search(place.key))
    if exact and only and not wide and not vague:
        sure = "exact"
    elif not vague and (only or on_street):
        sure = "likely"
    else:
        sure = "possible"
    return _Found(place, sure, rank + on_street - 2 * off_street, tuple(why))


def _near_street(asked: _Asked, places: list[Named]) -> list[Named]:
    """Of several places of one name, those at a street that the row names; all where none is."""
    if len(places) < 2:
        return places
    near = [
        place
        for place in places
        if any(
            s.key != place.key and shapely.distance(s.shape, place.shape) <= ON_STREET_M
            for s in asked.streets
        )
    ]
    return near or places


def _one_of(count: int) -> Note:
    return Note(N_("{count} places are called so"), {"count": count})


def _is_kind(key: str) -> bool:
    """Whether a name is a mere kind of place, or too short to be a name."""
    return len(key) < 2 or tables.is_category_word(key)


def _within(gazetteer: Gazetteer, place: Named, stated: tuple[str, ...]) -> bool:
    if not stated:
        return True
    if place.kind == "street":
        return gazetteer.reaches(stated[0], place.shape)
    return _agrees(gazetteer, place.x, place.y, stated)


def _agrees(gazetteer: Gazetteer, x: float, y: float, stated: tuple[str, ...]) -> bool:
    """Whether a place lies in the stated district, or in one around or inside it."""
    return not stated or gazetteer.reaches(stated[0], shapely.Point(x, y))


def _best_of_each(found: list[_Found]) -> list[_Found]:
    """Gather what speaks for one place; the surest way to it counts."""
    order = list(SURE)
    best: dict[tuple[str, str], _Found] = {}
    for one in found:
        key = (one.place.kind, one.place.id)
        other = best.get(key)
        if other is None:
            best[key] = one
            continue
        first, second = sorted((other, one), key=lambda f: (order.index(f.sure), -f.rank))
        # a name that is whole need not be said to be in it, too
        said = {note.template for note in first.why if note.params.get("place") == one.place.name}
        why = {str(note): note for note in first.why}
        why |= {str(n): n for n in second.why if _SAID_BY.get(n.template) not in said}
        best[key] = replace(first, why=tuple(why.values()))
    return list(best.values())


def _proposal(gazetteer: Gazetteer, found: _Found) -> Proposal:
    place = found.place
    lon, lat = gazetteer.lonlat(place.x, place.y)
    return Proposal(
        key=f"{place.kind}:{place.id}",
        sure=found.sure,
        name=place.name,
        kind=place.kind,
        lon=lon,
        lat=lat,
        why=found.why,
        shape=place.shape,
    )
