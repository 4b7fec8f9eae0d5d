"""Walking in a city: its network from OpenStreetMap's ways, stations by walking metres, routes."""

from stationmap.walking.edges import Edges
from stationmap.walking.feet import REACH_M, Snapped
from stationmap.walking.nearest import Walk, Walks
from stationmap.walking.network import MAINLAND_M, Network, walkable
from stationmap.walking.route import Leg, Route

__all__ = [
    "MAINLAND_M",
    "REACH_M",
    "Edges",
    "Leg",
    "Network",
    "Route",
    "Snapped",
    "Walk",
    "Walks",
    "walkable",
]
