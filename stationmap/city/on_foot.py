"""What an import says of the ways in a map that people can walk."""

import geopandas as gpd

from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.walking import Network

_NONE = N_("no way in it is open to people on foot: distances will be straight lines")
_LENGTH = N_("people can walk {km} km of its ways")
_ISLANDS = N_(
    "people can walk {km} km of its ways; {count} pieces of them, {island_km} km together, are "
    "joined to nothing else, so nobody is led over them"
)


def notes(ways: gpd.GeoDataFrame) -> list[Note]:
    """Tell the length of the walking network, and what of it is cut off from the rest.

    Parameters
    ----------
    ways : GeoDataFrame
        Ways of one map, EPSG:4326.
    """
    network = Network.from_ways(ways)
    islands = network.islands
    km = round(network.length_m / 1000.0, 1)
    if not network.length_m:
        return [Note(_NONE, {})]
    if islands.empty:
        return [Note(_LENGTH, {"km": km})]
    apart = round(float(islands["length_m"].sum()) / 1000.0, 1)
    return [Note(_ISLANDS, {"km": km, "count": len(islands), "island_km": apart})]
