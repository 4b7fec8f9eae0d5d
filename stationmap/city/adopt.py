"""Registers of before, which were layers in a folder: taken over into the database once."""

import uuid
from pathlib import Path

from stationmap.city import layers
from stationmap.city.register import ENTITY, SOURCES, ids, source_id
from stationmap.city.versions import Store, Version
from stationmap.errors import CityError
from stationmap.store import Change, Register
from stationmap.store.models import ENTITIES

FOLDER, KEPT_AS = "register", "register.old"
_NAMES = uuid.UUID("6b1f0d5e-3c1a-4f0e-9d5e-6f2f5b0c8a11")


def adopt(city: Path, register: Register) -> None:
    """Take the layers in a city's folder ``register`` over into its register, all or none.

    The folder stays as ``register.old``. What is interrupted, or done by two at once, is done once.

    Raises
    ------
    CityError
        The layers are damaged, or the register holds other things already.
    """
    folder = city / FOLDER
    if not (folder / "current").is_file():
        return
    try:
        version = Store(folder).current()
        if version is not None:
            _take_over(version, register, city=city)
        folder.rename(_free(city))
    except (FileNotFoundError, CityError):
        # unless another process was quicker
        if folder.exists():
            raise


def _take_over(version: Version, register: Register, *, city: Path) -> None:
    action = str(uuid.uuid5(_NAMES, version.name))
    if register.seq() and register.action(action) is None:
        raise CityError(
            "{city} has both a register in use and the folder register of an older program; "
            "rename that folder if it is a copy that is not needed any more, then open the city "
            "again",
            city=city.name,
        )
    changes = [
        change
        for layer in layers.REGISTER
        if layer in version.manifest.layers
        for change in _rows(version, layer)
    ]
    changes += [
        Change(SOURCES, source_id(record), {"record": record.model_dump(mode="json")}, 0)
        for record in version.manifest.sources
    ]
    register.write(changes, action=action, by="cli", kind="adopt", note=f"{FOLDER}/{version.name}")


def _rows(version: Version, layer: str) -> list[Change]:
    frame, entity = layers.stored(version, layer), ENTITY[layer]
    assert frame is not None  # the manifest names it
    names = [n for n in frame if n in ENTITIES[entity].columns and n != "id"]
    rows = zip(*(frame[n].astype(object) for n in names), strict=True)
    return [
        Change(entity, own, dict(zip(names, row, strict=True)) | {"brought": {}}, 0)
        for own, row in zip(ids(layer, frame), rows, strict=True)
    ]


def _free(city: Path) -> Path:
    found, number = city / KEPT_AS, 1
    while found.exists():
        number += 1
        found = city / f"{KEPT_AS}-{number}"
    return found
