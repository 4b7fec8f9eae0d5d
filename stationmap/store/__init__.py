"""The register: an append-only record of changes on SQLite or PostGIS, and its present state."""

from stationmap.store.events import Action, Change, Event, Receipt
from stationmap.store.register import Register, Snapshot

__all__ = ["Action", "Change", "Event", "Receipt", "Register", "Snapshot"]
