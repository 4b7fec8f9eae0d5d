"""A city's folder: configuration, atlas versions, imports, answers kept by data version."""

from stationmap.city.city import City
from stationmap.city.config import Config

__all__ = ["City", "Config"]
