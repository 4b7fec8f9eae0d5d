"""Photos of inspections: sent in pieces, looked at by those in whose charge the station is."""

import datetime as dt
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from stationmap.city.photos import MAX_PIECE, Incoming, Photos, TooLargeError
from stationmap.city.pictures import UnreadablePhotoError
from stationmap.errors import RegisterError
from web.access import allow, clock, me
from web.desk import city, register
from web.inspect_sites import in_charge
from web.inspect_words import problem
from web.params import Params, language
from web.words import WebError

photos = Blueprint("photos", __name__)

SIZES = ("thumb", "full")
_ROOM = 10_000  # bytes of a body beside its piece
_DAY_S = 86_400
_SWEPT: dict[str, float] = {}


def kept() -> Photos:
    """Return the city's photos."""
    return Photos(city().path)


@photos.put("/api/v1/inspect/photos/<uuid:photo_id>")
@allow("inspect")
def begin(photo_id: UUID) -> ResponseReturnValue:
    """Say what photo is to come, and learn how much of it is here already."""
    own, sent = str(photo_id), request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise WebError(
            "This photo was announced without its size; it stays on the device. Load the page anew."
        )
    if _named(own):
        return jsonify(offset=_whole(sent.get("size")), photo=True)
    _sweep()
    try:
        found = kept().begin(
            own,
            by=me().id,
            size=_whole(sent.get("size")),
            sha256=str(sent.get("sha256") or ""),
            taken_at=_instant(sent.get("taken_at")),
        )
    except TooLargeError as error:
        return problem(413, error.render(language()))
    return jsonify(_state(found))


@photos.patch("/api/v1/inspect/photos/<uuid:photo_id>")
@allow("inspect", body=MAX_PIECE + _ROOM)
def piece(photo_id: UUID) -> ResponseReturnValue:
    """Take one piece; with the last one the photo is kept."""
    own, offset = str(photo_id), request.headers.get("Upload-Offset", "")
    if not (offset.isdecimal() and len(offset) < 12):
        raise WebError(
            "A piece of a photo came without its place in it; it is sent again from where it stood."
        )
    if _named(own):
        return jsonify(photo=True)
    try:
        found = kept().append(own, request.get_data(), by=me().id, offset=int(offset))
    except KeyError:
        abort(404)
    except UnreadablePhotoError as error:
        return problem(422, error.render(language()))
    return jsonify(_state(found))


@photos.get("/api/v1/inspect/photos/<uuid:photo_id>")
@allow("inspect")
def state(photo_id: UUID) -> ResponseReturnValue:
    """Tell how much of a photo is here."""
    own = str(photo_id)
    if _named(own):
        return jsonify(photo=True)
    found = kept().incoming(own, by=me().id)
    if found is None:
        abort(404)
    return jsonify(_state(found))


@photos.get("/inspect/photos/<uuid:photo_id>.jpg")
@allow("inspect")
def picture(photo_id: UUID) -> ResponseReturnValue:
    """Show a photo; one that no inspection names yet, to its sender alone."""
    own, size = str(photo_id), Params.of_request().one_of("size", SIZES, default="full")
    row = register().get("photo", own)
    if row is None:
        found = kept().incoming(own, by=me().id)
        if found is None or found.picture is None:
            abort(404)
        sha256 = found.picture.sha256
    else:
        in_charge(row)
        sha256 = row["sha256"]
    for path in (kept().path(sha256, thumb=size == "thumb"), kept().path(sha256)):
        try:
            return Response(path.read_bytes(), mimetype="image/jpeg")
        except FileNotFoundError:
            continue
    raise MissingPictureError(
        "The file of this photo is missing on the server; tell who runs it that `stationmap db "
        "verify` should be run. Nothing else is lost.",
        why="damaged",
    )


class MissingPictureError(WebError, RegisterError):
    """The register names a picture whose file is not there."""


def _named(photo_id: str) -> bool:
    """Whether the register has a photo of this id that whoever asks may know of."""
    row = register().get("photo", photo_id)
    if row is None:
        return False
    in_charge(row)
    return True


def _sweep() -> None:
    """Once a day delete the photos that came long ago and that no inspection names."""
    at, city_path = clock().timestamp(), str(city().path)
    if at - _SWEPT.get(city_path, 0) > _DAY_S:
        _SWEPT[city_path] = at
        kept().sweep(lambda sha256: bool(register().rows("photo", sha256=sha256)))


def _state(found: Incoming) -> dict[str, Any]:
    done = {"photo": True} if found.picture is not None else {}
    return {"offset": found.offset, "size": found.size, **done}


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _instant(value: Any) -> str | None:
    """Return an instant as it is kept; None of what is none: a phone may say anything."""
    try:
        at = dt.datetime.fromisoformat(str(value))
        at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
        return at.astimezone(dt.UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError):
        return None
