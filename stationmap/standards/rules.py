"""The kinds of rule that a pack may hold, each with its own parameters.

A rule's parameters are numbers and names of its document; what the document does not give is listed
in ``assumed``. ``at`` names kinds of place: categories of facilities (``tables/categories.toml``)
and the `PLACES` below.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from stationmap.standards.entries import Identifier, Many, Metres, Model, Rule, Text, Words

StreetClass = Literal["commercial", "main", "secondary", "bus_route"]
# kinds of place that are no facilities: areas and lists by import, and what streets make
PLACES = (
    "city_community",
    "rural_community",
    "subdistrict",
    "compound",
    "civilised_unit",
    "junction",
    "frontage",
)
Count = Literal[
    "population",
    "headcount",
    "registered",
    "active",
    "hours",
    "staff_registered",
    "staff_hours_reached",
    "backbone",
    "trainings",
    "units",
    "units_on_platform",
    "stations",
    "stations_on_platform",
]
Types = Annotated[tuple[Identifier, ...], Many]
Places = Annotated[tuple[Identifier, ...], Many, Field(min_length=1)]


class Frontage(Model):
    """How shops become shop frontage along a part of a street.

    A shop within ``reach_m`` (inclusive; ``reach_main_m`` on trunk and primary roads) fronts
    ``front_m`` to each side of its foot point; stretches closer than ``join_m`` join. A named part
    is a commercial street with at least ``min_shops`` shops and a frontage share of at least
    ``min_share``.
    """

    reach_m: Metres = 30.0
    reach_main_m: Metres = 50.0
    front_m: Metres = 15.0
    join_m: Annotated[float, Field(ge=0)] = 20.0
    min_shops: Annotated[int, Field(ge=1)] = 5
    min_share: Annotated[float, Field(ge=0, le=1)] = 0.5


class SpacingRule(Rule):
    """A station of a type every so many metres along the shop frontage of some streets.

    Attributes
    ----------
    site_type : str
        The type that has to stand there, and that a gap needs more of.
    counts : tuple of str
        The types whose stations count; the site type alone unless the pack says otherwise.
    along : tuple of str
        Street classes, in the document's order.
    spacing_m : float
        A piece of frontage longer than this is a gap; exactly this is none.
    snap_m : float
        A station counts on a part within this distance of it, inclusive.
    sides : {"both", "each"}
        Whether one station serves both kerbs, or each side is checked apart.
    decides : {"gap", "count", "covered"}
        Which of the three readings tells met from not met.
    """

    derived = frozenset({"counts"})

    kind: Literal["spacing"]
    site_type: Identifier
    counts: Annotated[tuple[Identifier, ...], Many, Field(min_length=1)] = ()
    along: Annotated[tuple[StreetClass, ...], Many, Field(min_length=1)]
    spacing_m: Metres
    snap_m: Metres = 30.0
    sides: Literal["both", "each"] = "both"
    decides: Literal["gap", "count", "covered"] = "gap"
    frontage: Frontage = Frontage()

    @model_validator(mode="before")
    @classmethod
    def _counts_itself(cls, data: Any) -> Any:
        if isinstance(data, dict) and "site_type" in data:
            return {"counts": [data["site_type"]], **data}
        return data


class _Counting(Rule):
    """A rule about stations of a type, for which stations of other types may count too."""

    derived: ClassVar[frozenset[str]] = frozenset({"counts"})

    site_type: Identifier
    counts: Annotated[Types, Field(min_length=1)] = ()

    @model_validator(mode="before")
    @classmethod
    def _counts_itself(cls, data: Any) -> Any:
        if isinstance(data, dict) and "site_type" in data:
            return {"counts": [data["site_type"]], **data}
        return data


class PresenceRule(_Counting):
    """Every place of some kinds has an active station of a type.

    Attributes
    ----------
    at : tuple of str
        Kinds of place.
    within_m : float
        The station stands inside the place's outline, or within this distance of it or of its
        point, inclusive. Areas (communities, sub-districts, compounds) count their inside only.
    built_up : bool
        Only places within the built-up area (建成区).
    with_frontage : bool
        Only junctions and bus stops with shop frontage.
    """

    derived = frozenset({"counts", "built_up", "with_frontage"})

    kind: Literal["presence"]
    at: Places
    within_m: Metres = 50.0
    built_up: bool = False
    with_frontage: bool = False


class PlacementRule(Rule):
    """Every station of a type stands at one of some kinds of place.

    ``along`` are classes of streets with shop frontage at which ``frontage`` in ``at`` is met.
    """

    derived = frozenset({"along"})

    kind: Literal["placement"]
    site_type: Identifier
    at: Places
    along: Annotated[tuple[StreetClass, ...], Many] = ()
    within_m: Metres = 50.0


class CountRule(Rule):
    """So many active stations of a type in every area of a level.

    ``at_most`` (inclusive) may be left out. With ``heads_only`` the type is that of head stations
    (总站): the city counts its own, and a county those of its own, without the city's.
    """

    derived = frozenset({"at_most", "heads_only"})

    kind: Literal["count"]
    site_type: Identifier
    per: Literal["city", "county", "community", "city_community", "subdistrict"]
    at_least: Annotated[int, Field(ge=1)] = 1
    at_most: Annotated[int, Field(ge=1)] | None = None
    heads_only: bool = False


class HierarchyRule(Rule):
    """Every station has a parent: a head station (总站) of its county, or of the city.

    ``head`` is the type of head stations. A county's head has the city's as parent; the city's has
    none.
    """

    kind: Literal["hierarchy"]
    head: Identifier


class NamePart(Model):
    """One part of a station's standard name: exactly one of the three.

    ``text`` is said as it is, ``pattern`` is a regular expression (see `standards.patterns`),
    ``of`` is the name of the county where the station stands, or of its unit.
    """

    label: Text
    text: Words | None = None
    pattern: Words | None = None
    of: Literal["county_or_unit"] | None = None

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> "NamePart":
        if sum(v is not None for v in (self.text, self.pattern, self.of)) != 1:
            raise PydanticCustomError("name_part", "exactly one of text, pattern and of")
        return self


class NamingRule(Rule):
    """The names of stations of some types follow a pattern, part after part."""

    kind: Literal["naming"]
    site_types: Annotated[Types, Field(min_length=1)]
    part: Annotated[tuple[NamePart, ...], Many, Field(min_length=1)]


class HoursRule(Rule):
    """Opening hours are stated and can be read.

    Attributes
    ----------
    site_types : tuple of str
        Of which types; without any, of all.
    model : str, optional
        Hours to be open at least, in OpenStreetMap's ``opening_hours`` syntax.
    on_duty : bool
        A volunteer is on duty throughout: inspections tell.
    duty_part : int
        Number of the line that tells so of the checklist item of the same requirement; 0 is the
        item as a whole.
    """

    derived = frozenset({"site_types", "model", "on_duty", "duty_part"})

    kind: Literal["hours"]
    site_types: Types = ()
    model: Words | None = None
    on_duty: bool = False
    duty_part: Annotated[int, Field(ge=0)] = 0


class ActivityRule(Rule):
    """Stations publish projects, or hold so many activities a month.

    ``per`` is "station" for a total, "month" for each full month of the imported period;
    ``published`` are the channels through which a project must be published to count.
    """

    derived = frozenset({"site_types", "at_most", "published"})

    kind: Literal["activity"]
    site_types: Types = ()
    of: Literal["projects", "activities"]
    at_least: Annotated[int, Field(ge=1)] = 1
    at_most: Annotated[int, Field(ge=1)] | None = None
    per: Literal["station", "month"]
    published: Annotated[tuple[Literal["online", "offline"], ...], Many] = ()


class IndicatorRule(Rule):
    """A count over another, by city, county or unit, against a target.

    Attributes
    ----------
    numerator, denominator : str
        Counts of the imported tables or of the register; without a denominator the count itself.
    per : str
        Whose figure is held to the target.
    also : tuple of str
        For whom the figure is given beside, without a target.
    at_least : float, optional
        The target, inclusive; without one the figure is information.
    measure : {"share", "mean", "number"}
        How it is said: per cent, so much each, so many.
    headcounts : dict of str to int
        Headcounts of units that the document lists, by name: the denominator for these.
    """

    derived = frozenset({"denominator", "also", "at_least", "headcounts"})

    kind: Literal["indicator"]
    name: Text
    numerator: Count
    denominator: Count | None = None
    per: Literal["city", "county", "unit"]
    also: Annotated[tuple[Literal["city", "county", "unit"], ...], Many] = ()
    at_least: Annotated[float, Field(gt=0)] | None = None
    measure: Literal["share", "mean", "number"]
    headcounts: dict[str, Annotated[int, Field(gt=0)]] = Field(default={})


class ServicesRule(Rule):
    """What stations at some kinds of place offer: their projects are among these services.

    ``site_types`` are those of which it is asked; all without any.
    """

    derived = frozenset({"site_types"})

    kind: Literal["services"]
    at: Places
    site_types: Types = ()
    within_m: Metres = 50.0
    offers: Annotated[tuple[Text, ...], Many, Field(min_length=1)]


class UnitRule(Rule):
    """What units must have: a volunteer organisation, regular activity, an account on the platform.

    ``of`` says which units: all, or those that are civilised units (文明单位).
    """

    kind: Literal["unit"]
    of: Literal["all", "civilised"]
    requires: Annotated[
        tuple[Literal["organisation", "activity", "platform"], ...], Many, Field(min_length=1)
    ]


class ItemPart(Model):
    """One line of a checklist item; ``number`` tells it from the others of its item."""

    number: Annotated[int, Field(ge=1)]
    text: Text
    force: Literal["binding", "advisory"] = "binding"
    may_not_apply: bool = False
    site_types: Types = ()


class Item(Rule):
    """An item of a checklist that inspectors judge at stations of some types (all without any).

    ``group`` names the checklist that it belongs to (六有一坚持); ``part`` are its lines.
    """

    derived = frozenset({"kind", "site_types", "part", "may_not_apply", "group"})

    kind: Literal["checklist"] = "checklist"
    title: Text
    group: Text | None = None
    site_types: Types = ()
    may_not_apply: bool = False
    part: Annotated[tuple[ItemPart, ...], Many] = ()


_Rules = (
    SpacingRule
    | PresenceRule
    | PlacementRule
    | CountRule
    | HierarchyRule
    | NamingRule
    | HoursRule
    | ActivityRule
    | IndicatorRule
    | ServicesRule
    | UnitRule
)
AnyRule = Annotated[_Rules, Field(discriminator="kind")]
# the kinds of rule: kind → model, in the order of this file
KINDS: Mapping[str, type[Rule]] = MappingProxyType(
    {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(_Rules)}
)
