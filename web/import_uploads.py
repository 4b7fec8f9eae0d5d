"""Uploaded files on their way into the city: each in a folder of our own naming, for one day.

``CITY/uploads/<uuid>/`` holds the file as ``upload``, what its owner chose, and what was found in
it. The name that the file has at home is kept as text and never is a path.
"""

import errno
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from werkzeug.datastructures import FileStorage

from stationmap.city.preview import Options
from stationmap.city.versions import replace_file
from stationmap.errors import InputError, RegisterError
from web.words import WebError

FOLDER = "uploads"
MAX_BYTES = 100_000_000
KEPT_S = 24 * 3600
MAX_NAME = 120

_FILE, _META = "upload", "meta.json"
# what a name must not hold, so that it can be shown and written anywhere
_ODD = re.compile(r"[\x00-\x1f\x7f<>:\"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]+")


class NoRoomError(WebError, RegisterError):
    """A file, or what was found in it, that cannot be stored."""


@dataclass(frozen=True)
class Upload:
    """One uploaded file.

    Attributes
    ----------
    id : str
        A UUID; the name of its folder.
    by : str
        The account that uploaded it: nobody else sees it.
    options : Options
        As they were chosen last.
    action : str
        Of the import that it became; "" until then.
    found : dict or None
        What `preview` said last.
    done : dict or None
        What the import reported.
    """

    city: Path
    id: str
    by: str
    options: Options
    action: str = ""
    found: dict[str, Any] | None = None
    done: dict[str, Any] | None = None

    @property
    def folder(self) -> Path:
        """Where all of it stands."""
        return self.city / FOLDER / self.id

    @property
    def path(self) -> Path:
        """The file itself."""
        return self.folder / _FILE

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.path.stat().st_size

    def with_(self, **changes: Any) -> Self:
        """Return it with some attributes changed, and keep it so."""
        changed = replace(self, **changes)
        changed.save()
        return changed

    def save(self) -> None:
        """Keep all but the file, at once or not at all."""
        document = {
            "by": self.by,
            "options": self.options.to_json(),
            "action": self.action,
            "found": self.found,
            "done": self.done,
        }
        try:
            replace_file(self.folder / _META, json.dumps(document).encode())
        except OSError as error:
            raise _no_room(error, self.options.name) from error


def take(city: Path, file: FileStorage, options: Options, *, by: str) -> Upload:
    """Put an uploaded file into a folder of its own.

    Raises
    ------
    WebError
        No file was chosen, or it is empty.
    NoRoomError
        There is no room for it.
    """
    sweep(city)
    name = shown_name(file.filename or "")
    if not name:
        raise WebError("No file was chosen. Choose one, then upload it.")
    upload = Upload(city, str(uuid.uuid4()), by, replace(options, name=name))
    try:
        upload.folder.mkdir(parents=True)
        os.chmod(city / FOLDER, 0o700)  # noqa: PTH101 - may hold what is not for everybody's eyes
        file.save(upload.path)
        if upload.size == 0:
            raise WebError("{file} is empty. Nothing was changed; choose another one.", file=name)
        upload.save()
    except OSError as error:
        drop(upload)
        raise _no_room(error, name) from error
    except InputError:
        drop(upload)
        raise
    return upload


def _no_room(error: OSError, name: str) -> NoRoomError:
    return NoRoomError(
        "{file} could not be stored: the disk of this server is full or cannot be written. "
        "Nothing was changed; tell who runs it.",
        file=name,
        why="full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "unreachable",
    )


def open_upload(city: Path, upload_id: str, *, by: str) -> Upload | None:
    """Return an upload of an account; None where there is none, or it is another's or gone."""
    try:
        name = str(uuid.UUID(upload_id))
        document: Mapping[str, Any] = json.loads((city / FOLDER / name / _META).read_bytes())
    except (OSError, ValueError):
        return None
    if document["by"] != by:
        return None
    options = Options(**document["options"])
    upload = Upload(city, name, by, options)
    return replace(
        upload, action=document["action"], found=document["found"], done=document["done"]
    )


def receipts(city: Path, *, by: str) -> dict[str, Upload]:
    """Return the uploads of an account that were imported, by the action that each became."""
    names = [one.name for one in (city / FOLDER).glob("*") if one.is_dir()]
    found = [open_upload(city, name, by=by) for name in names]
    return {one.action: one for one in found if one is not None and one.action and one.done}


def drop(upload: Upload) -> None:
    """Delete an upload."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def sweep(city: Path) -> None:
    """Delete what was uploaded more than a day ago."""
    folder = city / FOLDER
    if not folder.is_dir():
        return
    oldest = time.time() - KEPT_S
    for one in folder.iterdir():
        with suppress(OSError):  # somebody else may sweep at the same time
            if one.stat().st_mtime < oldest:
                shutil.rmtree(one)


def shown_name(name: str) -> str:
    """Return a file's own name as it may be shown and kept: one line, without folders."""
    last = re.split(r"[/\\]", name)[-1]
    return _ODD.sub(" ", last).strip(" .")[-MAX_NAME:]
