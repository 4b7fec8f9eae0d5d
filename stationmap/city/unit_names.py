"""Units by their names: which one a station means that names its unit and has no id of it."""

from typing import Any

import pandas as pd

_COUNTY = 6  # digits of an adcode that name its county


def by_name(units: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Return ids of units by name and county, where only one of a county has the name.

    What units of other counties are called is for others to say, and gives nobody a station.

    Parameters
    ----------
    units : DataFrame
        id, name, adcode.
    """
    known = units.dropna(subset=["name", "adcode"])
    known = known.assign(county=known["adcode"].str[:_COUNTY])
    once = known[known["county"] != ""].drop_duplicates(["name", "county"], keep=False)
    return dict(zip(zip(once["name"], once["county"], strict=True), once["id"], strict=True))


def unit_of(units: pd.DataFrame, *, name: Any, adcode: Any) -> str | None:
    """Return the id of the unit of a name in a county; None where none, or several, are so called.

    Parameters
    ----------
    units : DataFrame
        See `by_name`.
    name, adcode : str or None
        As a station has them.
    """
    if not name or not adcode:
        return None
    return by_name(units[(units["name"] == name).to_numpy(dtype=bool, na_value=False)]).get(
        (str(name), str(adcode)[:_COUNTY])
    )
