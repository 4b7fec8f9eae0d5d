"""The evidence pack of orders: a zip of their files, photos and events, with digests of all."""

import csv
import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from stationmap.io import cells
from stationmap.messages import N_, render
from stationmap.reports.content import Picture
from stationmap.reports.docx import write_docx
from stationmap.reports.notice import Case, case_file, notice, overview

EVENTS = ("order", "seq", "at", "action", "kind", "by", "name", "entity", "id", "before", "after")
# pixels of one photo of a pair, and between the two; photos are kept four times as wide, and a
# decoder makes a quarter of one right away
_SIDE, _GAP = 640, 16
_PAPER = (238, 238, 238)


@dataclass(frozen=True)
class Piece:
    """One order of a pack.

    Attributes
    ----------
    case : Case
    photos : sequence of (str, Path)
        Name within the order's folder, and the file.
    events : sequence of mapping
        With the names of `EVENTS` but for ``order``; ``before`` and ``after`` as JSON has them.
    """

    case: Case
    photos: Sequence[tuple[str, Path]]
    events: Sequence[Mapping[str, Any]]


@dataclass
class _Pack:
    """A zip that keeps the digests of what goes into it."""

    archive: zipfile.ZipFile
    digests: list[str] = field(default_factory=list)

    def add(self, name: str, source: Path, *, packed: bool = True) -> None:
        info = zipfile.ZipInfo.from_file(source, name)
        info.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
        with source.open("rb") as stream:
            self.digests.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {name}\n")
            stream.seek(0)
            with self.archive.open(info, "w") as into:
                shutil.copyfileobj(stream, into, 1 << 20)


class _Tap(io.RawIOBase):
    """What is written, until it is taken."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held.append(bytes(data))
        return len(self._held[-1])

    def taken(self) -> bytes:
        """Return what was written since this was asked last."""
        held, self._held = self._held, []
        return b"".join(held)


def stream(pieces: Iterable[Piece], *, city: str, period: str, lang: str) -> Iterator[bytes]:
    """Give a pack as it comes to be, one order after the other.

    Never more than one order is in memory; what breaks off is no whole zip.

    Parameters
    ----------
    pieces : iterable of Piece
    city, period : str
        Whose orders, and of when, in words.
    lang : str

    Raises
    ------
    OSError
        There is no room for it.
    """

    def say(template: str, **params: Any) -> str:
        return render(template, params, lang=lang)

    listed, missing, tap = [], [], _Tap()
    with (
        tempfile.TemporaryDirectory() as folder,
        zipfile.ZipFile(tap, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        pack, path = _Pack(archive), Path(folder) / "made.docx"
        lines, table = Path(folder) / "events.jsonl", Path(folder) / "events.csv"
        with (
            lines.open("w", encoding="utf-8") as log,
            table.open("w", encoding="utf-8-sig", newline="") as sheet,
        ):
            rows = csv.writer(sheet)
            rows.writerow(EVENTS)
            for piece in pieces:
                case = piece.case
                listed.append(
                    (case.number, case.station, case.unit, case.issued, case.due, case.state,
                     str(len(case.items)))
                )  # fmt: skip
                write_docx(path, case_file(case, lang=lang))
                pack.add(f"{case.number}/{say(N_('file of the order'))}.docx", path)
                write_docx(path, notice(case, lang=lang))
                pack.add(f"{case.number}/{case.title}.docx", path)
                for name, photo in piece.photos:
                    if photo.is_file():
                        pack.add(f"{case.number}/{name}", photo)
                    else:
                        missing.append(f"{case.number}/{name}\n")
                for event in piece.events:
                    whole = {"order": case.number, **event}
                    log.write(json.dumps(whole, ensure_ascii=False) + "\n")
                    rows.writerow([cells.guarded(_flat(whole[name])) for name in EVENTS])
                yield tap.taken()
        pack.add("events.jsonl", lines, packed=False)
        pack.add("events.csv", table, packed=False)
        write_docx(path, overview(listed, city=city, period=period, lang=lang))
        pack.add(f"{say(N_('list of the orders'))}.docx", path)
        if missing:
            archive.writestr("MISSING.txt", "".join(missing))
        archive.writestr("SHA256SUMS", "".join(pack.digests))
    yield tap.taken()


def _flat(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def pair(before: Path | None, after: Path | None, *, caption: str) -> Picture | None:
    """Set two photos beside each other, the one before on the left; None where neither is there."""
    there = [path is not None and path.is_file() for path in (before, after)]
    if not any(there):
        return None
    high = _SIDE * 3 // 4
    whole = Image.new("RGB", (2 * _SIDE + _GAP, high), "white")
    for number, path in enumerate((before, after)):
        left = number * (_SIDE + _GAP)
        whole.paste(_PAPER, (left, 0, left + _SIDE, high))
        if path is None or not there[number]:
            continue
        with Image.open(path) as photo:
            photo.draft("RGB", (_SIDE, high))
            photo.thumbnail((_SIDE, high))
            place = (left + (_SIDE - photo.width) // 2, (high - photo.height) // 2)
            whole.paste(photo.convert("RGB"), place)
    data = io.BytesIO()
    whole.save(data, "JPEG", quality=80)
    return Picture(data.getvalue(), caption, high / whole.width)
