"""City: the folder of one city, open for reading and for imports."""

import datetime as dt
import hashlib
import os
import re
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from threading import RLock
from typing import Any

import geopandas as gpd
import pandas as pd

from stationmap import standards
from stationmap.checks.spacing import Spacing
from stationmap.checks.whole import Check
from stationmap.city import config as settings
from stationmap.city.adopt import adopt
from stationmap.city.answers import Answers
from stationmap.city.config import Config
from stationmap.city.enter import How
from stationmap.city.import_report import ImportReport
from stationmap.city.imports import ATLAS, import_file
from stationmap.city.plans import PlanAsked
from stationmap.city.register import Held, open_register
from stationmap.city.versions import SCHEMA_VERSION, SourceRecord, Store, replace_file
from stationmap.errors import CityError, InputError
from stationmap.io.notes import Note
from stationmap.planning.plan import Plan
from stationmap.standards import Pack
from stationmap.store import Register
from stationmap.streets import Streets

PACKS = "packs"
TIME_ZONE = "Asia/Shanghai"
# file systems keep times by 4 ms, old ones by 2 s
_RECENT_NS = 2_500_000_000
_Written = tuple[str, int, int, int]


class City:
    """One city: a folder with its settings, its packs, its atlas and its register.

    Frames that the methods return are kept and shared: copy before you change one. All are in
    EPSG:4326. Every answer follows the folder: after an import, in this or another process, the
    next call answers from the new data.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = RLock()
        self._answers: Answers | None = None
        self._register: tuple[str, Register] | None = None
        self._pack: tuple[dict[str, bytes], Path, Pack] | None = None
        self._settings, self._packs = self.path / settings.FILE, self.path / PACKS
        self._current = self.path / ATLAS / "current"
        self._read: tuple[list[_Written], bytes] | None = None
        self._stamped: tuple[bytes, str, str] | None = None

    @classmethod
    def create(
        cls, path: str | Path, *, standard: str, name: str | None = None, adcode: str | None = None
    ) -> "City":
        """Make a city's folder.

        Parameters
        ----------
        path : str or Path
            A folder that does not exist yet, or is empty.
        standard : str
            Id of a pack that comes with StationMap, or the path of a pack file (``*.toml``).
        name : str, optional
            The city's name; the folder's unless given. A pack may serve another city than its own.
        adcode : str, optional
            The city's code, six digits; unknown unless given.

        Raises
        ------
        CityError
            Something is in the folder already.
        PackError
            The pack is unknown or does not validate.
        """
        path = Path(path)
        file = Path(standard) if standard.endswith(".toml") else standards.path_of(standard)
        pack = standards.load_file(file)
        if adcode is not None and not re.fullmatch("[0-9]{6}", adcode):
            raise InputError(
                "the adcode {adcode} is not a code of six digits, such as 330800", adcode=adcode
            )
        # an interrupted `create` leaves packs/ and hidden files at most: city.toml comes last
        if path.exists() and (
            not path.is_dir() or any(p.name[0] != "." and p.name != PACKS for p in path.iterdir())
        ):
            raise CityError(
                "{city} exists already and is not an empty folder; choose another name, or import "
                "into it if it is a city",
                city=str(path),
            )
        (path / PACKS).mkdir(parents=True, exist_ok=True)
        own, *extended = standards.files(file)
        for parent in extended:
            replace_file(path / PACKS / parent.name, parent.read_bytes())
        replace_file(path / PACKS / f"{pack.id}.toml", own.read_bytes())
        config = Config(
            schema_version=SCHEMA_VERSION,
            name=name or path.resolve().name,
            adcode=adcode or "",
            time_zone=TIME_ZONE,
            standard=pack.id,
        )
        settings.write(path, config)
        return cls.open(path)

    @classmethod
    def open(cls, path: str | Path) -> "City":
        """Open a city's folder.

        Raises
        ------
        CityError
            It is no city, is damaged, or was written by a newer program.
        PackError
            Its pack does not validate.
        """
        city = cls(path)
        city.now()
        return city

    def now(self) -> Answers:
        """Return the answers of the version in force.

        They stay of that version, whatever is imported meanwhile. What they have not read yet can
        be read only as long as the version is kept: some imports later it raises CityError.
        """
        with self._lock:
            version = self._stamp()
            while self._answers is None or self._answers.version != version:
                found = self._open(version)
                # a change may have come between the label and the data
                stamped, version = version, self._stamp()
                if stamped == version:
                    self._answers = found
            return self._answers

    @property
    def register(self) -> Register:
        """The register of stations, units and accounts, where the settings say it is."""
        with self._lock:
            url = self._answers.config.database.url if self._answers else None
            if self._register is None or url not in (None, self._register[0]):
                config = settings.read(self.path)
                register = open_register(self.path, config)
                adopt(self.path, register)
                self._register = config.database.url, register
            return self._register[1]

    @property
    def version(self) -> str:
        """Short text that changes whenever the settings, a pack, the atlas or the register do."""
        return self.now().version

    @property
    def config(self) -> Config:
        """The settings in ``city.toml``."""
        return self.now().config

    @property
    def pack(self) -> Pack:
        """The standards pack in force, the city's own copy."""
        return self.now().pack

    def sources(self) -> list[SourceRecord]:
        """Return what every import brought: records of the atlas, then of the register."""
        return self.now().sources()

    def complete(self, layer: str) -> set[str]:
        """Districts (adcodes, "*" for everywhere) whose data in a layer are declared complete."""
        return self.now().complete(layer)

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the atlas; without rows where nothing was imported.

        Parameters
        ----------
        name : str
            ways, shops, facilities, districts, areas, bus_stops or landscape.
        """
        return self.now().layer(name)

    def stations(self) -> gpd.GeoDataFrame:
        """Return the stations frame; ``adcode`` is the district in which a station lies."""
        return self.now().stations()

    def extent(self) -> tuple[float, float, float, float] | None:
        """West, south, east, north in degrees of what the atlas holds; None where it is empty."""
        return self.now().extent()

    def streets(self, rule: str | None = None) -> Streets:
        """Return the streets along which a spacing rule holds (by id, or the pack's only one)."""
        return self.now().streets(rule)

    def spacing(
        self, rule: str | None = None, *, with_planned: bool = False, effective: bool = False
    ) -> Spacing:
        """Return the spacing check of the city's stations; see `Answers.spacing`."""
        return self.now().spacing(rule, with_planned=with_planned, effective=effective)

    def gaps(
        self, rule: str | None = None, *, with_planned: bool = False, effective: bool = False
    ) -> gpd.GeoDataFrame:
        """Return the gaps frame of a rule; see `Answers.spacing`."""
        return self.now().gaps(rule, with_planned=with_planned, effective=effective)

    def plan(self, **asked: Any) -> Plan:
        """Return a plan for new stations; `asked` are the attributes of `PlanAsked`."""
        return self.now().plan(PlanAsked(**asked))

    def check(
        self,
        *,
        rules: Collection[str] = (),
        district: str | None = None,
        standard: Pack | None = None,
        inspections: pd.DataFrame | None = None,
        today: dt.date | None = None,
        lang: str = "zh",
    ) -> Check:
        """Hold the city to its standard, or to another one; see `Answers.check`."""
        return self.now().check(
            rules=rules,
            district=district,
            standard=standard,
            inspections=inspections,
            today=today,
            lang=lang,
        )

    def import_file(
        self,
        kind: str,
        path: str | Path,
        *,
        datum: str = "auto",
        columns: Mapping[str, str] | None = None,
        sets: Mapping[str, str] | None = None,
        sheet: str | None = None,
        complete: bool = False,
        by: str = "cli",
        within: str = "",
        add: bool = False,
        replace: bool = False,
        action: str | None = None,
        dry_run: bool = False,
        lang: str = "zh",
        progress: Callable[[Note], None] | None = None,
    ) -> ImportReport:
        """Bring a file into the city: all of what can be used of it, or nothing.

        Parameters
        ----------
        kind : str
            osm, or one of `stationmap.city.kinds.KINDS`.
        path : str or Path
        datum : str
            "auto", or the datum of the coordinates: wgs84, gcj02, bd09, cgcs2000.
        columns : mapping, optional
            Role → heading of the file, such as ``{"type": "类别"}``, where the heading alone does
            not tell.
        sets : mapping, optional
            Role → one value for all rows, such as ``{"type": "point"}``.
        sheet : str, optional
            Sheet or layer of the file.
        complete : bool
            The file holds everything there is of its kind in the city.
        by : str
            Id of the account that asks, or "cli".
        within : str
            Beginning of the adcodes that the rows may belong to, such as "330802"; others are
            quarantined. Any unless given.
        add : bool
            The file only adds and corrects rows of its source; those that it does not have stay.
        replace : bool
            Let the file take the place of what its source brought before even where none of the
            rows is alike, which stops an import otherwise.
        action : str, optional
            UUID of the action in the register: the same import sent twice is done once.
        dry_run : bool
            Report only; write nothing.
        lang : str
            Language of the list of quarantined rows.
        progress : callable, optional
            Told of every stage as it begins.

        Raises
        ------
        InputError
            Nothing of the file can be used, an option does not fit it, or its source has the name
            of another list.
        DatumUndecided
            The evidence does not tell the datum.
        CityError
            Another import is running.
        Conflict
            The action was taken before with another file.
        """
        return import_file(
            self.path,
            self.register,
            self.now,
            kind,
            Path(path),
            datum=datum,
            columns=columns or {},
            sets=sets or {},
            sheet=sheet,
            complete=complete,
            how=How(by=by, within=within, add=add, replace=replace, action=action),
            dry_run=dry_run,
            lang=lang,
            progress=progress or (lambda _: None),
        )

    def _open(self, version: str) -> Answers:
        config, before = settings.read(self.path), self._answers
        snapshot = self.register.snapshot(before.register.snapshot if before else None)
        held = Held(snapshot, self.register)
        return Answers(
            self.path,
            version=version,
            config=config,
            pack=self._read_pack(config.standard),
            atlas=Store(self.path / ATLAS).current(),
            register=held,
            before=before,
        )

    def _stamp(self) -> str:
        """Digest of the files and of the register's state: the same as long as all stay."""
        files, state = self._files(), self.register.state()
        if self._stamped is None or self._stamped[:2] != (files, state):
            digest = hashlib.sha256(files + state.encode()).hexdigest()[:12]
            self._stamped = (files, state, digest)
        return self._stamped[2]

    def _files(self) -> bytes:
        """Digest of the settings, of which atlas is in force, and of the packs.

        They are read again when one was written, by the time the file system keeps; not trusted is
        a time so recent that another write may have left it as it is.
        """
        marks = [_written(self._settings), _written(self._current)]
        try:
            with os.scandir(self._packs) as packs:
                marks += sorted(_written(one) for one in packs if one.name.endswith(".toml"))
        except OSError:
            marks.append(("", 0, 0, 0))
        if self._read is not None and self._read[0] == marks:
            return self._read[1]
        began = time.time_ns()
        digest = hashlib.sha256()
        for path in (self._settings, self._current, *sorted(self._packs.glob("*.toml"))):
            data = path.read_bytes() if path.is_file() else b""
            digest.update(len(data).to_bytes(8, "big") + data)
        trusted = max(mark[3] for mark in marks) < began - _RECENT_NS
        self._read = (marks, digest.digest()) if trusted else None
        return digest.digest()

    def _read_pack(self, standard: str) -> Pack:
        file = self.path / PACKS / f"{standard}.toml"
        if not re.fullmatch(r"[\w.-]+", standard) or not file.is_file():
            raise CityError(
                "{city}: its standard {standard} has no file in packs/; put the pack there, or "
                "name another one in city.toml",
                city=self.path.name,
                standard=standard,
            )
        # every change of the register is a version, and hardly any brings another pack
        texts = {one.name: one.read_bytes() for one in (self.path / PACKS).glob("*.toml")}
        if self._pack is None or self._pack[:2] != (texts, file):
            self._pack = (texts, file, standards.load_file(file))
        return self._pack[2]


def _written(file: "Path | os.DirEntry[str]") -> _Written:
    """Return what tells that a file was written."""
    try:
        found = file.stat()
    except OSError:
        return file.name, 0, 0, 0
    return file.name, found.st_ino, found.st_size, found.st_mtime_ns
