"""What sentences call places, layers and things without a name."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from stationmap.messages import N_, render
from stationmap.standards import Text, tables

_PLACES: Mapping[str, str] = MappingProxyType(
    {
        "city_community": N_("urban community"),
        "rural_community": N_("village"),
        "subdistrict": N_("sub-district or town"),
        "compound": N_("property-managed compound"),
        "civilised_unit": N_("civilised unit"),
        "junction": N_("junction"),
        "bus_stop": N_("bus stop"),
        "frontage": N_("shop frontage of the streets that the rule names"),
        "community": N_("community"),
        "county": N_("county or district"),
        "city": N_("city"),
        "unnamed": N_("unnamed street"),
    }
)
_LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "shops": N_("shops"),
        "facilities": N_("facilities"),
        "streets": N_("streets"),
        "bus_stops": N_("bus stops"),
        "stations": N_("stations"),
        "districts": N_("districts"),
        "built_up": N_("built-up area"),
        "community": N_("communities"),
        "subdistrict": N_("sub-districts and towns"),
        "compound": N_("property-managed compounds"),
        "civilised_unit": N_("civilised units"),
        "units": N_("units"),
        "projects": N_("projects"),
        "activities": N_("activities"),
        "counts": N_("counts of volunteers"),
        "inspections": N_("inspections"),
    }
)


class Said:
    """A sentence to be said later: a template, or words that know both languages."""

    def __init__(self, template: str, **params: Any) -> None:
        self.template = template
        self.params = params

    def render(self, lang: str) -> str:
        """Return the sentence in `lang`."""
        return render(self.template, self.params, lang=lang)

    def __repr__(self) -> str:
        return self.render("en")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Said) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.template)


def place(kind: str) -> Said | Text:
    """Name a kind of place: a facility category's own words, or ours."""
    category = tables.categories().get(kind)
    return category or Said(_PLACES.get(kind, kind))


def places(kinds: ArrayLike) -> NDArray[np.object_]:
    """Name an array of kinds of place."""
    codes, known = pd.factorize(np.asarray(kinds, dtype=object))
    words = np.empty(len(known), dtype=object)
    words[:] = [place(str(kind)) for kind in known]
    found: NDArray[np.object_] = words[codes]
    return found


def layer(key: str) -> Said | Text:
    """Name a layer by its key of completeness: ``facilities:hospital`` is the hospitals."""
    name, _, part = key.partition(":")
    if part and name == "facilities":
        return place(part)
    if part:
        return Said(N_("{layer} ({part})"), layer=Said(_LAYERS[name]), part=part)
    return Said(_LAYERS.get(name, name))


class Several:
    """Words joined to a list in the reader's language; of more than `shown`, how many more."""

    def __init__(self, words: Iterable[Said | Text], *, shown: int = 99) -> None:
        self.words = tuple(words)
        self.shown = shown

    def render(self, lang: str) -> str:
        """Return the list in `lang`."""
        listed = ("、" if lang == "zh" else ", ").join(
            word.render(lang) for word in self.words[: self.shown]
        )
        more = len(self.words) - self.shown
        if more <= 0:
            return listed
        return render(N_("{listed} and {more} more"), {"listed": listed, "more": more}, lang=lang)


def names(name: ArrayLike, ids: ArrayLike) -> NDArray[np.object_]:
    """Return names; what has none is said to have none, with its id."""
    found: NDArray[np.object_] = np.array(name, dtype=object, copy=True, ndmin=1)
    nameless = np.flatnonzero(pd.isna(found) | (found == ""))
    found[nameless] = [
        Said(N_("without a name ({id})"), id=str(one)) for one in np.asarray(ids, object)[nameless]
    ]
    return found
