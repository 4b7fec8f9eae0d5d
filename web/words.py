"""The pages' words: English templates here and in the templates, Chinese in ``locale/zh``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stationmap import messages
from stationmap.errors import InputError
from stationmap.messages import N_

LOCALE = Path(__file__).parent / "locale"


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """Templates of the core and of the pages in one language."""
    return {**messages.catalogue(lang), **messages.catalogue(lang, folder=LOCALE)}


def say(template: str, *, lang: str, **params: Any) -> str:
    """Fill a template of the core or of the pages in `lang`; one not translated stays English.

    A parameter that is itself a sentence (it has a ``render(lang)``) is rendered first.
    """
    shown = {k: v.render(lang) if hasattr(v, "render") else v for k, v in params.items()}
    return catalogue(lang).get(template, template).format(**shown)


def labelled(labels: Mapping[str, str], key: str, *, lang: str) -> str:
    """Say what a key is called; one that has no label is somebody's own word, said as it is."""
    return say(labels[key], lang=lang) if key in labels else key


class WebError(InputError):
    """Input that the pages cannot use; its sentence stands in their own catalogue."""

    def render(self, lang: str) -> str:
        """Return the sentence in `lang` ("zh" or "en")."""
        return say(self.template, lang=lang, **self.params)


# classes of streets as the rule's `along` names them
STREET_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "commercial": N_("Commercial street"),
        "main": N_("Main road"),
        "secondary": N_("Secondary road"),
        "bus_route": N_("Bus route"),
    }
)

# what each value that the document does not give means, as a sentence
ASSUMED: Mapping[str, str] = MappingProxyType(
    {
        "counts": N_("which types of station count"),
        "along": N_("along which streets the rule holds"),
        "spacing_m": N_("the spacing of {value} m"),
        "force": N_("that the rule is binding"),
        "snap_m": N_("a station within {value} m of a street counts on it"),
        "sides": N_("one station serves both sides of the street"),
        "sides=each": N_("each side of the street is checked apart"),
        "decides": N_("the largest gap decides, not the count or the covered share"),
        "decides=count": N_("the count decides, not the largest gap or the covered share"),
        "decides=covered": N_("the covered share decides, not the largest gap or the count"),
        "frontage.reach_m": N_("a shop within {value} m of a street faces it"),
        "frontage.reach_main_m": N_("on main roads, within {value} m"),
        "frontage.front_m": N_("a shop fronts {value} m of the street to each side"),
        "frontage.join_m": N_("shop fronts closer than {value} m join"),
        "frontage.min_shops": N_("a commercial street has at least {value} shops"),
        "frontage.min_share": N_("and shops along at least {value} of its length"),
        "within_m": N_("a station within {value} m of a place, or inside it, stands there"),
        "with_frontage": N_("at which of these places there are shops"),
        "built_up": N_("that only the built-up area counts"),
        "at": N_("which kinds of place are meant: {value}"),
        "at_least": N_("at least {value}"),
        "at_most": N_("at most {value}"),
        "per": N_("of what the number is asked: {value}"),
        "part": N_("the parts of the name and their order"),
        "model": N_("the model hours {value}"),
        "site_types": N_("which types of station are meant"),
        "numerator": N_("what is counted"),
        "denominator": N_("what it is divided by"),
        "offers": N_("the list of services"),
    }
)

# layer of data -> the kind under which it is imported
IMPORTED_AS: Mapping[str, str] = MappingProxyType(
    {
        "shops": "shops",
        "facilities": "facilities",
        "streets": "osm",
        "bus_stops": "osm",
        "stations": "stations",
        "districts": "districts",
        "built_up": "built-up",
        "community": "communities",
        "subdistrict": "subdistricts",
        "compound": "compounds",
        "civilised_unit": "civilised-units",
        "units": "units",
        "projects": "projects",
        "activities": "activities",
        "counts": "indicators",
    }
)

# part of the product -> what of it serves a way of working
SERVED_BY: Mapping[str, str] = MappingProxyType(
    {
        "register": N_("the register of stations and units (import stations, import units)"),
        "import": N_("imports of lists and blank workbooks"),
        "export": N_("exports beside every table and map"),
        "check": N_("the check of all rules (stationmap check)"),
        "report": N_("the report on all rules (docx, pdf, xlsx)"),
        "map": N_("the map"),
        "indicators": N_("the figures under Indicators"),
        "inspections": N_("inspectors' judgements (stationmap check --inspections)"),
        "planning": N_("the list of gaps, as a ground for plans"),
        "feed": N_("exports that other programs read"),
    }
)
