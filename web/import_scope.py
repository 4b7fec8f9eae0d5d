"""Whose an import is: all that it changed lies within the account's present scope, or not."""

from stationmap.city.layers import REGISTER
from stationmap.city.register import ENTITY, SOURCES
from stationmap.city.scope import belongs
from stationmap.store import Action
from web.access import me
from web.caching import present
from web.desk import register

_CONTACT = "contact"


def is_all_mine(action: Action) -> bool:
    """Whether all that an import changed belongs to the districts of the present account.

    Rows belong where they are now, and where the import took them from or brought them to; what
    is gone with its station, where that was.
    """
    if me().role == "city":
        return True
    scope, find = me().adcode, belongs(present().answers)
    # the record of a list goes with its rows
    events = [e for e in register().events(action.id, limit=action.events) if e.entity != SOURCES]
    layers = {ENTITY[layer]: layer for layer in REGISTER}
    stands = {
        entity: {row["id"]: row for row in register().rows(entity)}
        for entity in {event.entity for event in events}
    }
    told = {
        event.id: side["adcode"]
        for event in events
        for side in (event.before, event.after)
        if side and side.get("adcode")
    }
    for event in events:
        sides = [event.before or {}, event.after or {}]
        row = {**sides[0], **sides[1], **stands[event.entity].get(event.id, {}), "id": event.id}
        # a contact has its station's own id
        row |= {"station_id": event.id} if event.entity == _CONTACT else {}
        owners = (row.get(name) for name in ("station_id", "unit_id", "subject", "subject_id"))
        found = find(layers.get(event.entity, event.entity), row)
        found = found or next((told[one] for one in owners if one in told), "")
        codes = [found, *(side["adcode"] for side in sides if side.get("adcode"))]
        if not all(code.startswith(scope) for code in codes):
            return False
    return True
