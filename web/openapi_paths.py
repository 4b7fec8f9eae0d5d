"""What every public route of the API takes and answers: the ground of its OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from stationmap.city.config import PUBLISHED_DATUMS
from stationmap.city.open_data import ANY_DATUM
from stationmap.crs import DATUMS
from stationmap.messages import N_
from stationmap.stations import SUPPLIES
from web.coverage_asked import WALKS
from web.ogc_asks import FORMS, LIMIT, MAX_LIMIT
from web.open_files import FILES

JSON, GEOJSON = "application/json", "application/geo+json"
PROBLEM, PAGE = "application/problem+json", "text/html"

WHOLE = {"type": "integer", "minimum": 1 - 10**18, "maximum": 10**18 - 1}
TEXT = {"type": "string"}
BUDGET = {"type": "integer", "minimum": 1, "maximum": 10**6}
METRES = {"type": "number", "minimum": 0, "exclusiveMinimum": True}
DATUM = {"type": "string", "enum": ["", *DATUMS]}
BOX: dict[str, Any] = {"type": "array", "items": {"type": "number"}}


@dataclass(frozen=True)
class Param:
    """A value in the address: what it may be, and what it means.

    A schema that is a text is filled with what there is: see `web.openapi`.
    """

    schema: Mapping[str, Any] | str
    about: str
    name: str = ""
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """One address that can be read: its group, what it is for, what it takes and answers.

    `params` are keys of `PARAMS`, with blanks between. `has` are the members that the answer
    always has; `other` are statuses beside 200, 304 and the faults of a server. What is `kept` by
    version has an ETag and is answered with 304 where it has not changed.
    """

    path: str
    group: str
    about: str
    params: str = ""
    media: tuple[str, ...] = (JSON,)
    schema: str = "Object"
    has: str = ""
    other: tuple[int, ...] = ()
    errors: str = PROBLEM
    kept: bool = True


PARAMS: Mapping[str, Param] = MappingProxyType(
    {
        "lang": Param(TEXT, N_("“en” for English, else Chinese")),
        "q": Param(TEXT, N_("part of a name")),
        "class": Param("classes", N_("class of streets")),
        "district": Param(TEXT, N_("code of a district, or its beginning")),
        "coverage": Param(
            {"type": "string", "enum": ["", "built", "effective"]},
            N_("which stations count: built (those in operation) or effective (those that serve)"),
        ),
        "county": Param(TEXT, N_("code of a county"), name="district"),
        "sort": Param({"type": "string", "enum": ["", "points", "length", "name"]}, N_("order")),
        "limit": Param(WHOLE, N_("at most so many; what is beyond the limits is held there")),
        "offset": Param(WHOLE, N_("how many to pass over")),
        "view": Param(
            BOX | {"minItems": 4, "maxItems": 4},
            N_("west,south,east,north in WGS-84 degrees"),
            name="bbox",
            required=True,
        ),
        "zoom": Param(WHOLE, N_("zoom of the map, 0 to 22"), required=True),
        "hide": Param(TEXT, N_("types that are left out, with commas between")),
        "rule": Param(TEXT, N_("id of a rule")),
        "kind": Param("kinds", N_("kinds of rules, with commas between")),
        "state": Param("signs", N_("signs of findings, with commas between")),
        "type": Param("types", N_("type of station")),
        "id": Param(TEXT, N_("id of a finding")),
        "lon": Param(
            {"type": "number", "minimum": -180, "maximum": 180},
            N_("longitude of the place, in degrees"),
            required=True,
        ),
        "lat": Param(
            {"type": "number", "minimum": -90, "maximum": 90},
            N_("latitude of the place, in degrees"),
            required=True,
        ),
        "datum": Param(DATUM, N_("datum of lon and lat")),
        "out_datum": Param(DATUM, N_("datum of the coordinates in the answer")),
        "strict_datum": Param(
            {"type": "string", "enum": list(PUBLISHED_DATUMS)},
            N_("datum of the coordinates in the answer"),
            name="out_datum",
        ),
        "wgs84": Param(
            {"type": "string", "enum": ["", "wgs84"]},
            N_("datum of the coordinates in the answer"),
            name="out_datum",
        ),
        "k": Param(WHOLE, N_("how many stations, at most 50")),
        "supply": Param("needs", N_("what is needed, with commas between: {needs}")),
        "open_at": Param(
            TEXT | {"format": "open-at"}, N_("“now”, or an instant such as 2026-03-05T10:00")
        ),
        "max_m": Param(METRES, N_("at most so many metres away")),
        "step_free": Param(
            {"type": "string", "enum": ["", "0", "1", "false", "true"]}, N_("1: without steps")
        ),
        "of": Param("carriers", N_("what is to be covered")),
        "within": Param(
            {"type": "string", "enum": ["", *map(str, WALKS)]}, N_("metres on foot, at most")
        ),
        "supplies": Param(
            {"type": "string", "enum": ["", *SUPPLIES]},
            N_("what a station has to have; several, each by itself or with commas between"),
            name="supply",
        ),
        "one_county": Param("counties", N_("code of a county"), name="district"),
        "day": Param(WHOLE, N_("weekday, 1 (Monday) to 7")),
        "hour": Param(WHOLE, N_("hour of the day, 0 to 23")),
        "plan_rule": Param(
            "plan_rules", N_("rule to plan for; the only one about spacing by itself"), name="rule"
        ),
        "plan_street": Param(TEXT, N_("id or name of a street; may be repeated"), name="street"),
        "budget": Param(BUDGET, N_("so many new stations at most; without it all gaps close")),
        "free_standing": Param(
            {"type": "string", "enum": ["", "0", "1"]},
            N_("1: propose free-standing points where there is no host"),
        ),
        "changes": Param(
            TEXT | {"format": "station-changes"},
            N_(
                "JSON, a list of stations as they would be: station_id (new ones begin with new-), "
                "lon and lat (WGS 84), type, status"
            ),
        ),
        "spacing_rule": Param(
            "spacing_rules", N_("rule about spacing; the first by itself"), name="rule"
        ),
        "planned": Param(
            {"type": "string", "enum": ["0", "1"]},
            N_("1: before and after as if the planned stations stood"),
        ),
        "scenario": Param(TEXT, N_("id of a scenario whose changes are made first")),
        "bbox": Param(
            BOX | {"oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}]},
            N_("box that a place has to touch: west,south,east,north, or as bbox-crs orders them"),
        ),
        "bbox-crs": Param("crs", N_("reference system of bbox")),
        "crs": Param("crs", N_("reference system of the coordinates in the answer")),
        "datetime": Param(
            TEXT | {"format": "ogc-datetime"},
            N_("an instant, or two with / between them; .. for without limit"),
        ),
        "page": Param(
            {"type": "integer", "minimum": 1, "default": LIMIT},
            N_("how many features, at most {most}; more is held there"),
            name="limit",
        ),
        "start": Param(
            {"type": "integer", "minimum": 0, "default": 0},
            N_("how many to pass over"),
            name="offset",
        ),
        "tongue": Param({"type": "string", "enum": ["zh", "en"]}, N_("language"), name="lang"),
        "f": Param(
            {"type": "string", "enum": list(FORMS)}, N_("form of the answer; there is only JSON")
        ),
    }
)
MOST = MAX_LIMIT

NEAR, CITY, MAP, RULES, OGC, FILE = (
    N_("Stations"),
    N_("The city"),
    N_("For maps"),
    N_("Rules and findings"),
    "OGC API Features",
    N_("Files"),
)
_FILTERS = "q class district coverage"
_FOUND = "version pending"
_VIEW = "view zoom"
_MAPPED = "type version total gathered features"

OPERATIONS = (
    Operation(
        "/api/v1/stations/nearest",
        NEAR,
        N_("The nearest stations that are open and have what is needed, by walking distance"),
        "lon lat datum out_datum k supply open_at max_m lang",
        schema="FeatureCollection",
        media=(GEOJSON, JSON),
        other=(400, 429),
        kept=False,
    ),
    Operation(
        "/api/v1/stations/{station_id}",
        NEAR,
        N_("One station: what is public of it"),
        "out_datum lang",
        has="version station_id name type status place",
        other=(302, 400, 404),
    ),
    Operation(
        "/api/v1/stations/{station_id}/checklist",
        NEAR,
        N_("Where a station stands, line by line of the checklist"),
        "lang",
        has="version station_id",
        other=(302, 404),
    ),
    Operation(
        "/api/v1/stations/{station_id}/route",
        NEAR,
        N_("The way to a station on foot"),
        "lon lat datum out_datum step_free lang",
        media=(GEOJSON, JSON),
        other=(302, 400, 404, 429),
        kept=False,
    ),
    Operation(
        "/api/v1/places",
        NEAR,
        N_("Places of the city by their name, to look from"),
        "q out_datum lang",
        media=(GEOJSON, JSON),
        other=(400, 429),
        kept=False,
    ),
    Operation(
        "/api/v1/summary",
        CITY,
        N_("Figures of the whole city, with the rule they follow"),
        f"{_FILTERS} lang",
        has="version streets has_rule stations",
        other=(400,),
    ),
    Operation(
        "/api/v1/streets",
        CITY,
        N_("Streets with frontage, filtered, sorted and paged"),
        f"{_FILTERS} sort limit offset lang",
        has="version total gaps points_needed offset notices streets",
        other=(400,),
    ),
    Operation(
        "/api/v1/streets/{street_id}",
        CITY,
        N_("One street with its frontage, stations and gaps"),
        "coverage lang",
        has="version street_id parts",
        other=(400, 404),
    ),
    Operation(
        "/api/v1/gaps/{gap_id}",
        CITY,
        N_("One gap, with what the rule says"),
        "coverage lang",
        has="version gap_id street rule line",
        other=(400, 404),
    ),
    Operation(
        "/api/v1/idle",
        CITY,
        N_("Stations that are in operation but do not serve, with their reasons"),
        "limit offset lang",
        has="version total offset notices stations",
        other=(400,),
    ),
    Operation(
        "/api/v1/plan",
        CITY,
        N_("Where to add stations so that the gaps close, with the proof and the curve"),
        "plan_rule plan_street one_county budget free_standing lang",
        has="version summary proposals uncoverable suggested curve",
        other=(400, 404, 429),
    ),
    Operation(
        "/api/v1/plan.{ending}",
        CITY,
        N_("The same plan as a file: geodata, a workbook, a report or a map"),
        "plan_rule plan_street one_county budget free_standing lang",
        media=("application/octet-stream",),
        schema="File",
        other=(400, 404, 429),
    ),
    Operation(
        "/api/v1/what-if",
        CITY,
        N_("Coverage, gaps and findings as they would be after a few changes of stations"),
        "changes spacing_rule scenario planned lang",
        has="version rule stations summary gaps streets findings findings_total notices",
        other=(400, 401, 404, 429),
    ),
    Operation(
        "/api/v1/facilities/{facility_id}",
        CITY,
        N_("One facility, and what is found of it"),
        "lang",
        has="version facility_id category lines",
        other=(404,),
    ),
    *(
        Operation(
            path,
            CITY,
            about,
            "of within supplies one_county coverage day hour lang",
            has=has,
            other=(400, 429),
        )
        for path, about, has in (
            (
                "/api/v1/coverage",
                N_("Shares covered in every hour of the week, by district and by supply"),
                "version at notices summary hours by_district by_supply",
            ),
            (
                "/api/v1/coverage/not-covered",
                N_(
                    "What is not covered in one hour of the week, or only perhaps; of fewer than "
                    "20 people in one place no number and no name"
                ),
                "type version datum total features",
            ),
        )
    ),
    Operation(
        "/api/v1/indicators",
        CITY,
        N_("Indicators of the city, its counties and units"),
        "lang",
        has="version indicators",
    ),
    Operation(
        "/api/v1/rules",
        RULES,
        N_("The rules in force, each with its findings counted"),
        "county type lang",
        has=f"{_FOUND} date pack document counts rules",
        other=(400,),
    ),
    Operation(
        "/api/v1/rules/{key}/findings",
        RULES,
        N_("Findings of one rule, filtered and paged"),
        "state district type q limit offset lang",
        has=f"{_FOUND} rule counts total offset findings",
        other=(400, 404),
    ),
    Operation(
        "/api/v1/finding",
        RULES,
        N_("One finding"),
        "id lang",
        has=f"{_FOUND} finding_id",
        other=(404,),
    ),
    Operation(
        "/api/v1/map/stations",
        MAP,
        N_("Stations in a viewport, or cells of them"),
        f"{_VIEW} hide coverage lang",
        has=_MAPPED,
        other=(400,),
    ),
    Operation(
        "/api/v1/map/gaps",
        MAP,
        N_("Gaps in a viewport, or cells of them"),
        f"{_VIEW} {_FILTERS} lang",
        has=_MAPPED,
        other=(400,),
    ),
    Operation(
        "/api/v1/map/findings",
        MAP,
        N_("Findings in a viewport, or cells of them"),
        f"{_VIEW} rule kind state district type q lang",
        has=f"{_MAPPED} pending",
        other=(400,),
    ),
    Operation(
        "/api/v1/map/labels",
        MAP,
        N_("Street names in a viewport"),
        f"{_VIEW} lang",
        has="version labels",
        other=(400,),
    ),
    Operation(
        "/api/v1/map/districts", MAP, N_("Outlines of the counties"), "lang", has="type features"
    ),
    Operation("/ogc/", OGC, N_("What there is, with links"), "tongue f", has="links", other=(400,)),
    Operation(
        "/ogc/conformance",
        OGC,
        N_("Conformance classes that hold"),
        "tongue f",
        has="conformsTo",
        other=(400,),
    ),
    Operation(
        "/ogc/collections",
        OGC,
        N_("All layers"),
        "tongue f",
        has="links collections",
        other=(400,),
    ),
    Operation(
        "/ogc/collections/{collection_id}",
        OGC,
        N_("One layer"),
        "tongue f",
        schema="Collection",
        other=(400, 404),
    ),
    Operation(
        "/ogc/collections/{collection_id}/items",
        OGC,
        N_("Features of a layer, page by page"),
        "bbox bbox-crs datetime page start crs strict_datum tongue f",
        media=(GEOJSON,),
        schema="Features",
        other=(400, 404),
    ),
    Operation(
        "/ogc/collections/{collection_id}/items/{feature_id}",
        OGC,
        N_("One feature"),
        "crs strict_datum tongue f",
        media=(GEOJSON,),
        schema="Feature",
        other=(400, 404),
    ),
    *(
        Operation(
            f"/data/{{collection_id}}.{ending}",
            FILE,
            N_("One layer as a file"),
            "out_datum lang" if f".{ending}" in ANY_DATUM else "wgs84 lang",
            media=(media,),
            schema="FeatureCollection" if ending == "geojson" else "File",
            other=(400, 404),
            errors=PAGE,
        )
        for ending, media in FILES.items()
    ),
    Operation(
        "/data/city.gpkg",
        FILE,
        N_("All layers in one GeoPackage"),
        "wgs84 lang",
        media=(FILES["gpkg"],),
        schema="File",
        other=(400,),
        errors=PAGE,
    ),
)
