"""Words of the import page: kinds, columns, datums, and sentences that the command line words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from stationmap.city import layers, templates
from stationmap.city.preview import Said, unpacked
from stationmap.io.headings import words
from stationmap.io.notes import Note
from stationmap.messages import N_
from web.words import say

DATUMS: Mapping[str, str] = MappingProxyType(
    {
        "wgs84": N_("WGS-84 or CGCS2000: GPS, Tianditu, surveys"),
        "gcj02": N_("GCJ-02: Amap, Tencent maps"),
        "bd09": N_("BD-09: Baidu maps"),
    }
)

# blank workbooks say of which datum theirs are
_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "lon": N_("Longitude"),
        "lat": N_("Latitude"),
        "x": N_("East, metres"),
        "y": N_("North, metres"),
        "lonlat": N_("Longitude and latitude"),
    }
)

_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "type": N_("Type"),
        "subcategory": N_("Subcategory"),
        "phone": N_("Telephone"),
        "contact_person": N_("Contact person"),
        "contact_phone": N_("Contact's telephone"),
        "unit_id": N_("Unit's id"),
        "highway": N_("Class of the road"),
        "oneway": N_("One-way"),
        "name_en": N_("English name"),
        "level": N_("Level"),
    }
)

OTHER_LIST = (
    "{source} is the name of another list: none of the {rows} rows that it brought is like one in "
    "{file}; give this list a name of its own with --set source=NAME, or say --replace if it is to "
    "take the place of the other"
)
"""What an import says of a list whose name another one has."""

# sentences that name options of the command line → how the page says them, same fields
ON_PAGE: Mapping[str, str] = MappingProxyType(
    {
        "{file}: the datum of its coordinates cannot be told ({evidence}); ask who made it, then "
        "say --datum wgs84, gcj02, bd09 or cgcs2000": N_(
            "In which datum the coordinates of {file} are cannot be told ({evidence}). Compare the "
            "places on the map, ask who made the list, then choose one below."
        ),
        "{file} says it is in {stated}, but its points fit {told}; say which is right with "
        "--datum {told} or --datum {stated}": N_(
            "{file} says it is in {stated}, but its places fit {told}. Look at the map and choose "
            "which is right."
        ),
        "{file} does not declare its coordinate reference system; add its .prj file, export it "
        "with one, or say --datum wgs84, gcj02, bd09 or cgcs2000": N_(
            "{file} does not say in which datum it is; choose one below, or export it with its "
            "reference system."
        ),
        "{file} has no column with the type of the stations; name it with --column type=HEADING, "
        "or say --set type=TYPE for all; types here: {known}": N_(
            "{file} has no column with the type of the stations: say below which column has it, "
            "or choose one type for all rows. Types here: {known}."
        ),
        "{file} has no column with the class of the roads; name it with --column highway=HEADING, "
        "or say --set highway=secondary for all": N_(
            "{file} has no column with the class of the roads: say below which column has it, or "
            "choose one class for all rows."
        ),
        "{advice}; or give all rows one type, such as --set type={type}": N_(
            "{advice}; or choose one type for all rows below, such as {type}"
        ),
        "name the columns with --column adcode=HEADING or --column name=HEADING": N_(
            "say which columns have the adcode or the name"
        ),
        "exchange them in the file, or add --column {x}={lat} --column {y}={lon}": N_(
            "exchange them in the file, or say in step 2 that column {lat} is the longitude and "
            "column {lon} the latitude"
        ),
        "{file} has several sheets that could be meant: {sheets}; choose one with --sheet": N_(
            "{file} has several sheets that could be meant: {sheets}. Choose one below."
        ),
        "{file} has several layers: {layers}; choose one with --sheet": N_(
            "{file} has several layers: {layers}. Write below which one is meant."
        ),
        "{file} has two columns for {role}: {first} and {second}; choose one with --column "
        "{role}=HEADING": N_(
            "{file} has two columns that could be “{role}”: {first} and {second}. Say below which "
            "one is."
        ),
        "{file} has no known heading in its first {rows} rows: expected for example name, address, "
        "longitude, latitude; say which column is which with --column": N_(
            "In its first {rows} rows, {file} has no heading that we know, such as name, address, "
            "longitude, latitude. Say below which column is which."
        ),
        "{file} has no column with counts; expected headings such as 注册志愿者人数, or two "
        "columns 指标 and 数值; name one with --column registered=HEADING (counts: {known})": N_(
            "{file} has no column with counts. Say below which column is which (counts: {known}), "
            "or use our blank workbook."
        ),
        "{file} has no column 检查项 with what was inspected, nor the columns of the form; name it "
        "with --column item=HEADING, or use the blank workbook": N_(
            "{file} has no column with what was inspected, nor the columns of our form. Say below "
            "which column has the item, or use our blank workbook."
        ),
        "fill it in, or name the column with --column": N_(
            "fill it in, or say in step 2 which column has it"
        ),
        "write one, or name the column with --column name=HEADING": N_(
            "write one, or say in step 2 which column has the name"
        ),
        "{rows} rows that {source} had brought before are not in {file} and would be removed; if "
        "this is another list, give it a name of its own with --set source=NAME": N_(
            "{rows} rows that the list “{source}” had brought before are not in {file} and would "
            "be removed. If this is another list, give it a name of its own in step 2; if it only "
            "adds or corrects, say so there."
        ),
        "{rows} rows that {source} had brought before are not in {file} and are removed; if this "
        "is another list, import the earlier one again and give this one a name of its own with "
        "--set source=NAME": N_(
            "{rows} rows that the list “{source}” had brought before are not in {file} and were "
            "removed. If this was a mistake, undo the import."
        ),
        "the city has roads of {sources} beside those of {source}: a road that both hold counts "
        "twice; --set source={sources} would replace them instead": N_(
            "The city has roads of {sources} beside those of {source}: a road that both hold "
            "counts twice. Name the list {sources} in step 2 to replace them instead."
        ),
        "the city has people of {sources} beside those of {source}: who stands in both counts "
        "twice; --set source={sources} would replace them instead": N_(
            "The city has people of {sources} beside those of {source}: who stands in both counts "
            "twice. Name the list {sources} in step 2 to replace them instead."
        ),
        "{file}: {kind} cannot be declared complete; leave out --complete": N_(
            "{file}: {kind} cannot be declared complete; take the mark off."
        ),
        "{file}: OpenStreetMap data are in WGS-84; leave out --datum {datum}": N_(
            "{file}: OpenStreetMap data are in WGS-84; do not choose {datum}."
        ),
        "{file}: an OpenStreetMap file says itself what its columns are; leave out --column and "
        "--set": N_("{file}: an OpenStreetMap file says itself what its columns are."),
        OTHER_LIST: N_(
            "“{source}” is the name of another list: none of the {rows} rows that it brought is "
            "like one in {file}. Go back and give this list a name of its own; or mark below that "
            "it is to take the place of the other."
        ),
        "{file} was imported without --complete, so these are no longer declared complete: "
        "{layers}; import it with --complete if it holds all of them": N_(
            "Without the mark for it, these are no longer declared complete: {layers}. Mark it in "
            "step 2 if {file} holds all of them."
        ),
        "{file} is OpenStreetMap data; bring it in with `stationmap import osm`": N_(
            "{file} is OpenStreetMap data; choose that kind when you upload it."
        ),
    }
)


class Sentence:
    """A sentence that came from a child process, in the words of the page."""

    def __init__(self, value: Any) -> None:
        self._value = unpacked(value)

    def render(self, lang: str) -> str:
        """Return it in `lang` ("zh" or "en")."""
        return _said(self._value, lang)


def _said(value: Any, lang: str) -> str:
    if isinstance(value, Said):
        return value.render(lang)
    if not isinstance(value, Note):
        return str(value)
    params = {
        key: _said(v, lang) if isinstance(v, Note | Said) else v for key, v in value.params.items()
    }
    template = ON_PAGE.get(value.template, value.template)
    if "role" in params:
        params["role"] = role_label("", params["role"], lang)
    return say(template, lang=lang, **params)


def told(value: Any, lang: str) -> str:
    """Return a packed sentence in `lang`."""
    return Sentence(value).render(lang)


def kind_label(kind: str, lang: str) -> str:
    """Return what a kind of import is called."""
    if kind in templates.kinds():
        return str(templates.title(kind).get(lang))
    return say(layers.LABELS[kind], lang=lang)


def role_label(kind: str, role: str, lang: str) -> str:
    """Return what a column's meaning is called: as the blank workbook heads it, if there is one."""
    if role in _PLACES:
        return say(_PLACES[role], lang=lang)
    if kind in templates.kinds() and (own := templates.headings(kind, lang=lang).get(role)):
        return own
    if role in _ROLES:
        return say(_ROLES[role], lang=lang)
    for table in (words().kinds.get(kind, {}), words().roles):
        found = [heading for heading, meant in table.items() if meant == role]
        if found:
            return next((h for h in found if h.isascii() == (lang == "en")), found[0])
    return role
