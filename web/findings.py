"""Findings as the pages look at them: by rule, by subject and in view, of one day."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import date, datetime
from threading import Event, Lock, RLock, Timer
from time import thread_time
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap import tiles
from stationmap.checks.findings import MET, NOT_APPLICABLE, NOT_MET, UNKNOWN
from stationmap.checks.whole import Check
from stationmap.city.answers import Answers
from stationmap.standards import Pack, Rule
from web.keeping import once
from web.pace import Board

Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]

# what a finding shows as, what wants attention first
SIGNS = (NOT_MET, "advised", UNKNOWN, MET, NOT_APPLICABLE)
# above this number in view, or below this zoom, findings are gathered into cells
MAX_FINDINGS = 2000
FIRST_SINGLE_ZOOM = 12
PATIENCE_S = 0.25  # what a card waits for the findings of new data
# one check at a time: of those that wait, only the newest is still wanted
_WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="findings")
_BEGINNING = Lock()


class Labels:
    """A column of few distinct texts, looked through by those; a missing one is ""."""

    def __init__(self, values: Any) -> None:
        texts = pd.Series(values).astype(object)
        self.codes, self.known = pd.factorize(texts.where(texts.notna(), "").astype(str))

    def one_of(self, wanted: Collection[str]) -> Bools:
        """Tell where one of some texts stands."""
        return cast(Bools, np.isin(self.known, list(wanted))[self.codes])

    def begins(self, text: str) -> Bools:
        """Tell where the text begins so."""
        begin = np.array([known.startswith(text) for known in self.known], dtype=bool)
        return cast(Bools, begin[self.codes])


class Findings:
    """What the rules of a city's pack say on one day; languages share all but the sentences."""

    def __init__(
        self,
        answers: Answers,
        *,
        today: date,
        board: "Board[Findings] | None" = None,
        beside: bool = False,
    ) -> None:
        self._answers = answers
        self._board = board or Board()
        self._version = self._board.number()
        self._beside = beside
        self._begun: dict[str, Future[None]] = {}
        self._given_up = Event()
        self.lock = RLock()
        self.today = today
        self.pack: Pack = answers.pack
        self._checks: dict[str, Check] = {}

    def give_up(self) -> None:
        """Let be what was not begun yet: a newer version has come."""
        self._given_up.set()

    def shown(self, lang: str) -> "tuple[Findings, datetime | None]":
        """Return these findings once they are settled; until then the newest that are there.

        Returns
        -------
        findings : Findings
        at : datetime or None
            When those of an older version were found; None where these are the present ones.
        """
        if self.settled(lang):
            return self, None
        return self._board.newest(lang) or (self, None)

    def settled(self, lang: str) -> bool:
        """Whether everything is worked out in `lang`; if not, another thread sets to it.

        Findings that come in the place of older ones are worked out `beside` the requests: in a
        large city that takes seconds, which nobody should wait to read one card. While changes
        keep coming there is a rest after each check; see `pace`.
        """
        if not self._beside:
            return True
        with _BEGINNING:
            if lang not in self._begun:
                self._begun[lang] = Future()
                _WORKER.submit(self._settle, lang)
        wait([self._begun[lang]], timeout=PATIENCE_S)
        return self._begun[lang].done()

    def _settle(self, lang: str) -> None:
        done, rest_s = self._begun[lang], self._board.rest_s()
        if rest_s and not self._given_up.is_set():
            # beside the worker, and no longer than the program itself
            later = Timer(rest_s, _WORKER.submit, (self._settle, lang))
            later.daemon = True
            later.start()
            return
        try:
            if not self._given_up.is_set():
                self.check(lang)
                self.warm()
            done.set_result(None)
        except Exception as error:
            done.set_exception(error)

    def check(self, lang: str) -> Check:
        """Return what the check found, in `lang`."""
        with self.lock:
            if lang not in self._checks:
                began = thread_time()
                self._checks[lang] = self._answers.check(today=self.today, lang=lang)
                took_s = thread_time() - began
                self._board.put(lang, self._version, self, took_s=took_s)
            return self._checks[lang]

    def frame(self, lang: str) -> gpd.GeoDataFrame:
        """Return the findings frame with its sentences in `lang`."""
        found: gpd.GeoDataFrame = self.check(lang).findings
        return found

    def missing(self, lang: str) -> list[dict[str, Any]]:
        """List layers that rules ask for and that nobody declared complete."""
        return list(self.check(lang).summary["missing"])

    @once
    def keys(self) -> tuple[str, ...]:
        """Short text for each of `rules`: its id, with its kind where several rules share that."""
        ids = [rule.id for rule in self.rules]
        return tuple(
            rule.id if ids.count(rule.id) == 1 else f"{rule.id}:{rule.kind}" for rule in self.rules
        )

    def rule(self, key: str) -> Rule | None:
        """Return the rule or item of a key; of an id that several share, the first."""
        number = self._number(key)
        return None if number is None else self.rules[number]

    def _number(self, key: str) -> int | None:
        if key in self.keys:
            return self.keys.index(key)
        return next((i for i, rule in enumerate(self.rules) if rule.id == key), None)

    def key_of(self, row: int) -> str:
        """Key of the rule of a finding; its id where the pack does not have it."""
        number = int(self.numbers[row])
        return self.keys[number] if number >= 0 else str(self._plain["rule_id"].iloc[row])

    # -- what does not depend on the language --------------------------------------------------

    @once
    def _plain(self) -> gpd.GeoDataFrame:
        return self.frame("zh")

    def __len__(self) -> int:
        return len(self._plain)

    @once
    def signs(self) -> NDArray[np.int8]:
        """Number of each finding's sign in `SIGNS`."""
        order = pd.Index(SIGNS)
        found: NDArray[np.int8]
        found = order.get_indexer(self._plain["state"].astype(str)).astype(np.int8)
        advisory = (self._plain["force"] == "advisory").to_numpy(dtype=bool)
        found[advisory & (found == 0)] = SIGNS.index("advised")
        return found

    @once
    def rules(self) -> tuple[Rule, ...]:
        """Rules and items of the pack, in its order."""
        return self.pack.entries()

    @once
    def numbers(self) -> Rows:
        """Number of each finding's rule in `rules`; -1 where there is none."""
        index = pd.MultiIndex.from_tuples([(rule.id, rule.kind) for rule in self.rules])
        plain = self._plain
        pairs = pd.MultiIndex.from_arrays([plain["rule_id"].astype(str), plain["kind"].astype(str)])
        rows: Rows = index.get_indexer(pairs).astype(np.int64)
        return rows

    @once
    def _kinds(self) -> Labels:
        return Labels(self._plain["kind"])

    @once
    def _adcodes(self) -> Labels:
        return Labels(self._plain["adcode"])

    @once
    def _types(self) -> Labels:
        return Labels(self.site_types)

    @once
    def site_types(self) -> NDArray[np.object_]:
        """Type of station that each finding is about; "" where it is about none."""
        own = np.array([type_of(rule) for rule in self.rules] + [""], dtype=object)
        found: NDArray[np.object_] = own[self.numbers]
        stations = self._answers.stations()
        types = pd.Series(
            stations["type"].to_numpy(dtype=object), stations["station_id"].to_numpy(dtype=object)
        )
        of_station = (self._plain["subject_kind"] == "station").to_numpy(dtype=bool)
        ids = self._plain["subject_id"].to_numpy(dtype=object)[of_station]
        found[of_station] = types.reindex(ids).fillna("").to_numpy(dtype=object)
        return found

    @once
    def _subject(self) -> Rows:
        """Number of each finding's subject."""
        kinds, _ = pd.factorize(self._plain["subject_kind"])
        ids, known = pd.factorize(self._plain["subject_id"])
        return cast(Rows, kinds.astype(np.int64) * (len(known) + 1) + ids)

    @once
    def places(self) -> NDArray[np.float64]:
        """Longitude and latitude of a point in each finding's geometry; NaN without one."""
        shapes = self._plain.geometry.to_numpy()
        kinds, points = shapely.get_type_id(shapes), shapes.copy()
        lines = kinds == shapely.GeometryType.LINESTRING
        others = ~lines & (kinds != shapely.GeometryType.POINT)
        points[others] = shapely.point_on_surface(shapes[others])
        points[lines] = shapely.line_interpolate_point(shapes[lines], 0.5, normalized=True)
        return np.column_stack([shapely.get_x(points), shapely.get_y(points)])

    def warm(self) -> None:
        """Work out what the first look at the map asks for."""
        for name in ("signs", "numbers", "places", "_subject", "_kinds", "_adcodes"):
            getattr(self, name)

    # -- looking for some ----------------------------------------------------------------------

    def select(
        self,
        *,
        rule: str = "",
        kinds: Collection[str] = (),
        signs: Collection[str] = (),
        district: str = "",
        site_type: str = "",
        words: str = "",
        lang: str = "zh",
    ) -> Bools:
        """Tell which findings fit; what is empty is not asked for."""
        keep = np.ones(len(self), dtype=bool)
        if rule:
            number = self._number(rule)
            keep &= self.numbers == (-2 if number is None else number)
        if kinds:
            keep &= self._kinds.one_of(kinds)
        if signs:
            keep &= np.isin(self.signs, [SIGNS.index(sign) for sign in signs])
        if district:
            keep &= self._adcodes.begins(district)
        if site_type:
            keep &= self._types.one_of([site_type])
        if words:
            some = self.frame(lang).iloc[np.flatnonzero(keep)]
            keep[np.flatnonzero(keep)] = np.any(
                [
                    some[name].fillna("").str.casefold().str.contains(words.casefold(), regex=False)
                    for name in ("subject_name", "message")
                ],
                axis=0,
            )
        return keep

    def ordered(self, keep: Bools) -> Rows:
        """Rows of the findings that fit, shortfalls first."""
        rows = np.flatnonzero(keep)
        return rows[np.argsort(self.signs[rows], kind="stable")]

    def counts(self, keep: Bools) -> dict[str, int]:
        """Count the findings that fit by their sign."""
        number = np.bincount(self.signs[keep], minlength=len(SIGNS))
        return dict(zip(SIGNS, number.tolist(), strict=True))

    def counts_by_rule(self, keep: Bools) -> list[dict[str, int]]:
        """Count the findings that fit by sign, for each of `rules`."""
        size = len(SIGNS)
        cell = self.numbers[keep] * size + self.signs[keep]
        table = np.bincount(cell[cell >= 0], minlength=size * len(self.rules)).reshape(-1, size)
        return [dict(zip(SIGNS, row, strict=True)) for row in table.tolist()]

    def of_subject(self, kind: str, subject_id: str) -> Rows:
        """Rows of what is found of one subject, in the order of the rules."""
        plain = self._plain
        same = (plain["subject_kind"] == kind) & (plain["subject_id"] == subject_id)
        rows = np.flatnonzero(same.to_numpy(dtype=bool))
        return rows[np.argsort(self.numbers[rows], kind="stable")]

    def row_of(self, finding_id: str) -> int | None:
        """Row of a finding; None where there is none of this id."""
        rows = np.flatnonzero((self._plain["finding_id"] == finding_id).to_numpy(dtype=bool))
        return int(rows[0]) if len(rows) else None

    # -- the map -------------------------------------------------------------------------------

    def in_view(self, view: tiles.Viewport, *, keep: Bools) -> Rows | pd.DataFrame:
        """Subjects in view, each by the row of its worst finding; cells of them if too many.

        Cells have the columns lon, lat, count and one for each of `SIGNS`.
        """
        rows = np.flatnonzero(keep & view.holds(*self.places.T))
        rows = rows[np.argsort(self.signs[rows], kind="stable")]
        rows = rows[np.unique(self._subject[rows], return_index=True)[1]]
        if len(rows) <= MAX_FINDINGS and view.zoom >= FIRST_SINGLE_ZOOM:
            return rows
        values: Mapping[str, Any] = {
            sign: self.signs[rows] == number for number, sign in enumerate(SIGNS)
        }
        lon, lat = self.places[rows].T
        return tiles.aggregate(lon, lat, zoom=view.zoom, values=values)


def type_of(rule: Rule) -> str:
    """Return the one type of station that a rule is about; "" where there is none or several."""
    several: tuple[str, ...] = getattr(rule, "site_types", ())
    own: str = getattr(rule, "site_type", "") or getattr(rule, "head", "")
    if not own and len(several) == 1:
        [own] = several
    return own
