"""The register: an append-only record of changes on SQLite or PostGIS, and its present state."""

from stationmap.store.events import Action, Change, Event, Receipt
from stationmap.store.register import Register
from stationmap.store.snapshot import Snapshot

__all__ = ["Action", "Change", "Event", "Receipt", "Register", "Snapshot"]
