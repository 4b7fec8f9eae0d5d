"""What ``--complete`` declares: the layers, or the parts of one, that a file holds all of."""

from collections.abc import Mapping

import geopandas as gpd

from stationmap.city.kinds import KINDS
from stationmap.city.zones import LEVELS
from stationmap.errors import InputError
from stationmap.standards import Pack, site_type, tables

EVERYWHERE = "*"


def declared(
    kind: str, fresh: gpd.GeoDataFrame, *, file: str, sets: Mapping[str, str], pack: Pack
) -> dict[str, list[str]]:
    """Return what a complete file of a kind declares: layer → districts.

    Parameters
    ----------
    kind : str
        A kind of import.
    fresh : GeoDataFrame
        Its rows.
    file : str
        Its name.
    sets : mapping
        Role → the value of all rows: one type of stations, or one category of facilities, is
        declared alone. Without one a list of stations declares every type, a list of facilities
        the categories that it holds.
    pack : Pack
        Whose types of stations there are.

    Raises
    ------
    InputError
        Nothing of this kind can be complete.
    """
    keys = [KINDS[kind].complete]
    if kind == "stations":
        # a type that is unknown was refused with all rows
        one = site_type(sets["type"], pack) if "type" in sets else None
        keys = [f"stations:{t}" for t in ([one] if one else [t.id for t in pack.site_types])]
    elif kind == "facilities" and "category" in sets:
        said = sets["category"]
        category = said if said in tables.categories() else tables.category_of_text([said])[0]
        if category is None:
            raise InputError(
                "{file}: {value} is no category of facilities, so nothing can be declared "
                "complete; expected one of: {known}",
                file=file,
                value=said,
                known=", ".join(tables.categories()),
            )
        keys = [f"facilities:{category}"]
    elif kind == "facilities":
        # a list of sights says nothing of hospitals
        keys = [f"facilities:{c}" for c in sorted(set(fresh["category"].dropna()))]
    elif kind == "districts":
        levels = fresh["level"].dropna().astype(int)
        keys = sorted({LEVELS[level] for level in levels if level in LEVELS})
    if not any(keys):
        raise InputError(
            "{file}: {kind} cannot be declared complete; leave out --complete",
            file=file,
            kind=kind,
        )
    return {key: [EVERYWHERE] for key in keys}
