"""The maps of a report: the whole city, each county with shortfalls, the gaps."""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.crs import local_crs, to_metric
from stationmap.messages import N_, render
from stationmap.reports import maps
from stationmap.reports.content import Picture
from stationmap.reports.dossier import PLACED, Dossier
from stationmap.reports.wording import OUTCOMES, day

_WORST_FIRST = ("not_met", "advised", "unknown", "met")
_SHORTFALLS = ("not_met", "advised")


def draw_city(target: Path | IO[bytes], dossier: Dossier, *, lang: str) -> None:
    """Draw all findings that have a place, each subject once with its worst outcome."""
    _Maps(dossier, lang=lang).draw(target)


def city_picture(dossier: Dossier, *, lang: str) -> Picture | None:
    """Return the map of where stations stand and lack; None where nothing has a place."""
    drawn = _Maps(dossier, lang=lang, kinds=PLACED)
    if drawn.subjects.empty:
        return None
    caption = render(N_("Stations that stand and lack, {city}"), {"city": dossier.city}, lang=lang)
    return _picture(drawn, caption)


def county_pictures(dossier: Dossier, *, lang: str) -> Iterator[tuple[str, Picture]]:
    """Yield adcode and map of every county in which something falls short, by adcode."""
    drawn = _Maps(dossier, lang=lang, kinds=PLACED)
    if len(dossier.districts) < 2:
        return
    for code in sorted(dossier.districts["adcode"]):
        inside = drawn.subjects["adcode"].str[:6] == code
        if (inside & drawn.subjects["outcome"].isin(_SHORTFALLS)).any():
            name = dossier.county_names.get(code, code)
            caption = render(N_("Stations that stand and lack, {city}"), {"city": name}, lang=lang)
            yield code, _picture(drawn, caption, county=code)


def gaps_picture(dossier: Dossier, *, lang: str) -> Picture | None:
    """Return the map of the gaps; None without a spacing rule, streets or gaps."""
    from stationmap.reports.gaps import Caption, draw_gaps

    found = dossier.frontage
    if found is None or dossier.streets is None or found.gaps.empty:
        return None
    label = dossier.pack.label("gap").get(lang)
    kind = dossier.pack.site_type(found.rule.site_type).name.get(lang)
    caption = f"{dossier.city} · {label}"
    drawn = _Maps(dossier, lang=lang)
    target = io.BytesIO()
    draw_gaps(
        target,
        found.gaps,
        streets=to_metric(dossier.streets, drawn.crs),
        stations=to_metric(found.stations, drawn.crs),
        caption=Caption(caption, "", kind, drawn.source, drawn.date),
        lang=lang,
    )
    return Picture(target.getvalue(), caption, _ratio(target.getvalue()))


class _Maps:
    """Subjects of a dossier in its local metric CRS, ready to be drawn more than once."""

    def __init__(
        self, dossier: Dossier, *, lang: str, kinds: tuple[str, ...] | None = None
    ) -> None:
        self.dossier = dossier
        self.lang = lang
        self.subjects = _subjects(dossier, kinds=kinds)
        # one stray station must not shrink the city to a corner
        city = [f for f in (dossier.districts, dossier.streets) if f is not None and len(f)]
        shown = [f.to_crs("EPSG:4326") for f in city or [self.subjects] if len(f)]
        bounds = np.array([f.total_bounds for f in shown])
        bounds = bounds[np.isfinite(bounds).all(axis=1)] if len(bounds) else np.zeros((1, 4))
        if not len(bounds):
            bounds = np.zeros((1, 4))
        west, south = bounds[:, :2].min(axis=0)
        east, north = bounds[:, 2:].max(axis=0)
        self.crs = local_crs([west, east], [south, north])
        self.subjects = to_metric(self.subjects, self.crs)
        self.districts = to_metric(dossier.districts, self.crs)
        self.streets = None if dossier.streets is None else to_metric(dossier.streets, self.crs)
        names = list(dict.fromkeys(one.file for one in dossier.sources))
        more = len(names) - _SOURCES
        self.source = ", ".join(names[:_SOURCES]) + (f" +{more}" if more > 0 else "") or "–"
        self.date = day(dossier.date.isoformat(), lang=lang)

    def draw(self, target: Path | IO[bytes], *, county: str | None = None) -> None:
        """Draw the city, or one county of it."""
        name, subjects = self.dossier.city, self.subjects
        city = [f for f in (self.districts, self.streets) if f is not None and len(f)]
        ground = city or [self.subjects]
        if county is not None:
            name = self.dossier.county_names.get(county, county)
            subjects = subjects[subjects["adcode"].str[:6] == county]
            ground = [self.districts[self.districts["adcode"] == county], subjects]
        bounds = [f.total_bounds for f in ground if len(f)]
        bounds = [b for b in bounds if np.isfinite(b).all()] or [np.zeros(4)]
        box = (*np.min(bounds, axis=0)[:2], *np.max(bounds, axis=0)[2:])
        outcome = subjects["outcome"].to_numpy(dtype=object)
        counts = pd.Series(outcome).value_counts()
        with maps.sheet(
            target,
            bounds=box,
            title=f"{name} · {self.dossier.pack.name.get(self.lang)}",
            summary=render(N_(", "), {}, lang=self.lang).join(
                f"{render(OUTCOMES[one], {}, lang=self.lang)} {counts[one]:,}"
                for one in maps.MARKS
                if one in counts
            ),
            source=self.source,
            date=self.date,
            lang=self.lang,
        ) as shown:
            maps.draw_ground(shown, streets=self.streets, districts=self.districts)
            maps.draw_findings(shown, subjects.geometry.to_numpy(), outcome)


_SOURCES = 4


def _subjects(dossier: Dossier, *, kinds: tuple[str, ...] | None) -> gpd.GeoDataFrame:
    """Return each subject with a place once, with the worst that is found of it."""
    findings = dossier.findings
    chosen: NDArray[Any] = np.isin(dossier.outcome, _WORST_FIRST)
    chosen &= ~(shapely.is_missing(findings.geometry) | shapely.is_empty(findings.geometry))
    if kinds is not None:
        chosen &= findings["kind"].isin(kinds).to_numpy()
    rows = findings.loc[chosen, ["subject_kind", "subject_id", "adcode", "geometry"]]
    rows = rows.assign(
        adcode=rows["adcode"].fillna("").astype("str"),
        outcome=dossier.outcome[chosen],
        rank=pd.Categorical(dossier.outcome[chosen], _WORST_FIRST).codes,
    )
    first = rows.sort_values("rank", kind="stable")
    return first[~first.duplicated(["subject_kind", "subject_id"])]


def _picture(drawn: _Maps, caption: str, *, county: str | None = None) -> Picture:
    target = io.BytesIO()
    drawn.draw(target, county=county)
    return Picture(target.getvalue(), caption, _ratio(target.getvalue()))


def _ratio(png: bytes) -> float:
    """Height over width, from the header of a PNG."""
    width, height = struct.unpack(">II", png[16:24])
    return float(height / width)
