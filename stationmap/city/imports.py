"""The import pipeline: read, locate, validate, quarantine, compare, one atomic write."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from stationmap.checks import words
from stationmap.city import layers, quarantine, unmapped
from stationmap.city import register as city_register
from stationmap.city.answers import Answers
from stationmap.city.declared import declared
from stationmap.city.import_report import Counts, ImportReport
from stationmap.city.kind import Context
from stationmap.city.kinds import KINDS, TYPE_REASONS
from stationmap.city.known import taken
from stationmap.city.place import Placed, nowhere, outside, place
from stationmap.city.quarantine import Entry, Quarantine, Refusal
from stationmap.city.register import Held
from stationmap.city.rows import Rows, read
from stationmap.city.versions import SourceRecord, Store, Version, exclusive, file_sha256
from stationmap.crs import DATUMS
from stationmap.errors import InputError
from stationmap.io import osm
from stationmap.io.files import check_file
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards import Pack
from stationmap.store import Register

ATLAS, REGISTER, QUARANTINE = "atlas", "register", "quarantine"
EVERYWHERE = "*"
OSM = "osm"
REASONS_NAMED = 5
LAYERS_NAMED = 12
_OSM_HOLDS = ("shops", "facilities", "streets")  # what a complete OpenStreetMap file declares

Progress = Callable[[Note], None]


@dataclass
class _Change:
    """What a file brings: fresh rows by layer, and what it declares.

    `stems` tells from which row of the file each fresh row stems, where that is known.
    """

    report: ImportReport
    fresh: dict[str, gpd.GeoDataFrame]
    stems: NDArray[np.int64] | None
    sha256: str
    crs: str | None
    complete: dict[str, list[str]]


def import_file(
    city: Path,
    register: Register,
    current: Callable[[], Answers],
    kind: str,
    path: Path,
    *,
    datum: str,
    columns: Mapping[str, str],
    sets: Mapping[str, str],
    sheet: str | None,
    complete: bool,
    dry_run: bool,
    lang: str,
    progress: Progress,
) -> ImportReport:
    """Bring a file into the city at `city`; `current` gives its answers; see `City.import_file`."""
    if kind not in (OSM, *KINDS):
        raise InputError(
            "unknown kind of import {kind}; expected one of: {known}",
            kind=kind,
            known=", ".join([OSM, *KINDS]),
        )
    datum = re.sub(r"[\s_-]+", "", datum).lower()  # as people write it: GCJ-02
    if datum not in ("auto", *DATUMS):
        raise InputError(
            "unknown datum {datum}: expected one of {known}",
            datum=datum,
            known=", ".join(["auto", *DATUMS]),
        )
    path = check_file(path)

    def bring(now: Answers) -> _Change:
        progress(Note(N_("reading {file}"), {"file": path.name}))
        if kind == OSM:
            change = _from_osm(path, datum=datum, columns=columns, sets=sets, complete=complete)
        else:
            change = _from_rows(
                path,
                now,
                kind,
                datum=datum,
                columns=columns,
                sets=sets,
                sheet=sheet,
                complete=complete,
            )
        _look_outside(change, now)
        if "facilities" in change.fresh:
            change.report.notes += unmapped.notes(change.fresh["facilities"])
        return change

    now = current()
    change = bring(now)
    registered = kind != OSM and KINDS[kind].layer in layers.REGISTER
    store = Store(city / ATLAS)
    if dry_run:
        _compare(change, now.register if registered else store.current(), dry_run=True)
        return change.report
    with exclusive(city):
        # what the rows were compared with may have changed before the city was ours alone
        latest = current()
        if kind != OSM and latest.version != now.version:
            change = bring(latest)
        progress(Note(N_("writing"), {}))
        _sweep(city, latest.register)
        base = latest.register if registered else store.current()
        merged = _compare(change, base, dry_run=False)
        _write(city, store, base, change, merged, register=register, lang=lang)
    return change.report


# ------------------------------------------------------------------- reading


def _from_osm(
    path: Path,
    *,
    datum: str,
    columns: Mapping[str, str],
    sets: Mapping[str, str],
    complete: bool,
) -> _Change:
    if datum not in ("auto", "wgs84", "cgcs2000"):
        raise InputError(
            "{file}: OpenStreetMap data are in WGS-84; leave out --datum {datum}",
            file=path.name,
            datum=datum,
        )
    if columns or set(sets) - {"source"}:
        raise InputError(
            "{file}: an OpenStreetMap file says itself what its columns are; leave out --column "
            "and --set",
            file=path.name,
        )
    found = osm.read(path)
    source = sets.get("source", OSM)
    report = ImportReport(OSM, path.name, source, datum="wgs84", decided=True, notes=found.notes)
    fresh = {}
    for layer in found.counts:
        frame = getattr(found, layer)
        fresh[layer] = layers.conform(layer, frame.assign(source=source))
        read_, used = found.counts[layer]["read"], found.counts[layer]["used"]
        report.layers[layer] = Counts(read_, used, read_ - used)
    report.entries = [
        Entry(
            None,
            r.id,
            r.name,
            Refusal(
                N_("{layer}: {reason}"),
                N_("correct it at its source, then import it again"),
                {"layer": Note(layers.LABELS[r.layer], {}), "reason": r.reason},
            ),
        )
        for r in found.rejected
    ]
    return _Change(
        report,
        fresh,
        None,
        sha256=file_sha256(path),
        crs="EPSG:4326",
        complete={key: [EVERYWHERE] for key in ("shops", "facilities", "streets")}
        if complete
        else {},
    )


def _from_rows(
    path: Path,
    now: Answers,
    kind: str,
    *,
    datum: str,
    columns: Mapping[str, str],
    sets: Mapping[str, str],
    sheet: str | None,
    complete: bool,
) -> _Change:
    spec = KINDS[kind]
    shape, placeless = spec.shape, spec.shape == "none"
    rows = read(
        path,
        roles=spec.roles.split(),
        columns=columns,
        sets=sets,
        sheet=sheet,
        kind=kind,
        placed=not placeless,
    )
    if rows.cells.empty:
        raise InputError("{file} has no rows", file=path.name)
    source = sets.get("source", path.stem)
    if spec.listed and rows.geometry is None:
        shape = "place"
    refused = Quarantine(len(rows.cells))
    refused.refuse(
        rows.totals,
        N_("the row is a total of others"),
        N_("nothing is to be done: totals are worked out, not read"),
    )
    if placeless:
        placed = nowhere(len(rows.cells))
    else:
        placed = place(
            rows, shape=shape, declared=datum, source=source, now=now, quarantine=refused
        )
    context = Context(source=source, now=now, taken=taken(now, spec, source=source))
    made = spec.make(rows, placed, refused, context).assign(source=source)
    report = ImportReport(
        kind,
        path.name,
        source,
        datum=placed.datum,
        decided=placed.decided,
        evidence=placed.evidence,
        entries=refused.entries(rows.cells, rows.numbers),
        notes=rows.notes,
        warnings=[*placed.warnings, *context.warnings, *rows.warnings],
    )
    good = refused.good
    if not good.any():
        _nothing_left(rows, report, placed, pack=now.pack)
    row = made.pop("row").to_numpy() if "row" in made else np.arange(len(good))
    frame = made.assign(geometry=placed.geometry[row]).set_index(row)[good[row]]
    if spec.shape == "line":
        frame = _single_lines(frame)
    fresh = layers.conform(spec.layer, frame)
    to_locate = 0 if placeless else int(fresh.geometry.isna().sum())
    report.counts = Counts(
        read=len(good),
        accepted=int(good.sum()),
        quarantined=int((~good).sum()),
        to_locate=to_locate,
    )
    return _Change(
        report,
        {spec.layer: fresh},
        frame.index.to_numpy(),
        sha256=file_sha256(path),
        crs=rows.crs.to_string() if rows.crs is not None else None,
        complete=declared(kind, fresh, file=path.name, sets=sets, pack=now.pack)
        if complete
        else {},
    )


def _look_outside(change: _Change, now: Answers) -> None:
    """Count the accepted places outside the city; warn where there are no others."""
    report, extent = change.report, now.extent()
    shapes = np.concatenate([frame.geometry.to_numpy() for frame in change.fresh.values()])
    shapes = shapes[~shapely.is_missing(shapes)]
    report.outside = int(outside(shapes, extent).sum())
    if report.outside and report.outside == len(shapes):
        report.warnings.append(
            Note(
                N_(
                    "{file}: all {rows} places in it lie outside the city's streets and districts: "
                    "is it the right file, the right city, the right datum?"
                ),
                {"file": report.file, "rows": report.outside},
            )
        )


def _single_lines(frame: Any) -> gpd.GeoDataFrame:
    """One row a line: the lines of a multi-line keep its id, like a way that a map cut."""
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=layers.WGS84).explode(index_parts=False)


def _nothing_left(rows: Rows, report: ImportReport, placed: Placed, *, pack: Pack) -> None:
    found = quarantine.reasons(report.entries)
    _, advice = found[0][0].sentences()
    listed = [
        Note(N_("{reason} ({count})"), {"reason": refusal.sentences()[0], "count": count})
        for refusal, count in found[:REASONS_NAMED]
    ]
    if len(found) > REASONS_NAMED:
        listed.append(Note(N_("and {more} more"), {"more": len(found) - REASONS_NAMED}))
    reasons = listed[0]
    for one in listed[1:]:
        reasons = Note(N_("{reasons}; {one}"), {"reasons": reasons, "one": one})
    if found[0][0].reason in TYPE_REASONS:
        types = [t.id for t in pack.site_types]
        chosen = "point" if "point" in types else types[0]
        template = N_("{advice}; or give all rows one type, such as --set type={type}")
        advice = Note(template, {"advice": advice, "type": chosen})
    raise InputError(
        "{file}: none of its {read} rows can be used: {reasons}; {advice}",
        file=rows.file,
        read=len(rows.cells),
        reasons=reasons,
        advice=advice,
        evidence=placed.evidence,
    )


# ------------------------------------------------------------------- comparing and writing


_DECLARED = N_("declared complete: {layers}")
_WITHDRAWN = N_(
    "{file} was imported without --complete, so these are no longer declared complete: {layers}; "
    "import it with --complete if it holds all of them"
)
_REMOVED = N_(
    "{rows} rows that {source} had brought before are not in {file} and are removed; if this is "
    "another list, import the earlier one again and give this one a name of its own with "
    "--set source=NAME"
)
_TO_REMOVE = N_(
    "{rows} rows that {source} had brought before are not in {file} and would be removed; if this "
    "is another list, give it a name of its own with --set source=NAME"
)


def _compare(
    change: _Change, base: Version | Held | None, *, dry_run: bool
) -> dict[str, gpd.GeoDataFrame]:
    """Count what stays and what goes; return the layers as they will be."""
    _tell_completeness(change, base)
    report, merged = change.report, {}
    for layer, fresh in change.fresh.items():
        old = _stored(base, layer)
        merged[layer], unchanged, removed = layers.replace_source(
            old, fresh, layer=layer, source=report.source
        )
        report.removed += removed
        counts = report.layers.get(layer, report.counts)
        sources = set(merged[layer]["source"]) - {report.source}
        if layer == "ways" and sources:
            report.warnings.append(
                Note(
                    N_(
                        "the city has roads of {sources} beside those of {source}: a road that "
                        "both hold counts twice; --set source={sources} would replace them instead"
                    ),
                    {"sources": ", ".join(sorted(sources)), "source": report.source},
                )
            )
        if change.stems is not None:
            # a row that was read is unchanged when all are that stem from it
            unchanged = pd.Series(unchanged).groupby(change.stems).all().to_numpy()
        # several pieces of one road have its id
        counts.unchanged = min(int(unchanged.sum()), counts.accepted)
    if report.removed:
        report.warnings.append(
            Note(
                _TO_REMOVE if dry_run else _REMOVED,
                {"rows": report.removed, "source": report.source, "file": report.file},
            )
        )
    if report.layers:
        for name in vars(report.counts):
            total = sum(getattr(counts, name) for counts in report.layers.values())
            setattr(report.counts, name, total)
    return merged


def _stored(base: Version | Held | None, layer: str) -> gpd.GeoDataFrame | None:
    return base.stored(layer) if isinstance(base, Held) else layers.stored(base, layer)


def _records(base: Version | Held | None) -> list[SourceRecord]:
    if isinstance(base, Held):
        return base.sources()
    return base.manifest.sources if base else []


def _tell_completeness(change: _Change, base: Version | Held | None) -> None:
    """Say what the import declares complete, and what its source declared before and does not."""
    report = change.report
    mine = (report.kind, report.source)
    records = _records(base)
    before = next((r.complete for r in records if (r.kind, r.source) == mine), {})
    withdrawn = [key for key in before if key not in change.complete]
    if change.complete:
        report.notes.append(Note(_DECLARED, {"layers": _named(change.complete)}))
    if withdrawn:
        params = {"file": report.file, "layers": _named(withdrawn)}
        report.warnings.append(Note(_WITHDRAWN, params))


def _named(keys: Iterable[str]) -> words.Several:
    return words.Several((words.layer(key) for key in keys), shown=LAYERS_NAMED)


def _write(
    city: Path,
    store: Store,
    base: Version | Held | None,
    change: _Change,
    merged: dict[str, gpd.GeoDataFrame],
    *,
    register: Register,
    lang: str,
) -> None:
    report = change.report
    if report.entries:
        stem = re.sub(r"[^\w.-]+", "_", f"{report.kind}-{report.source}")
        report.quarantine_file = quarantine.write(
            city / QUARANTINE, stem, report.entries, lang=lang
        )
    record = SourceRecord(
        kind=report.kind,
        source=report.source,
        file=report.file,
        sha256=change.sha256,
        imported_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        datum=report.datum,
        crs=change.crs,
        read=report.counts.read,
        accepted=report.counts.accepted,
        quarantined=report.counts.quarantined,
        quarantine_file=report.quarantine_file.name if report.quarantine_file else None,
        rows={layer: len(frame) for layer, frame in change.fresh.items()},
        complete=change.complete,
    )
    records = _records(base)
    mine = (record.kind, record.source)
    before = next((r for r in records if (r.kind, r.source) == mine), None)
    changed = {
        layer: frame
        for layer, frame in merged.items()
        if base is None or not _same(_stored(base, layer), frame)
    }
    if (changed or not record.same_as(before)) and isinstance(base, Held):
        action = str(uuid.uuid4())
        city_register.store(register, base, changed, record=record, action=action, by="cli")
        report.written = True
    elif changed or not record.same_as(before):
        others = [r for r in records if (r.kind, r.source) != mine]
        assert not isinstance(base, Held)
        store.write(changed, sources=[*others, record], base=base)
        report.written = True


def _same(old: gpd.GeoDataFrame | None, new: gpd.GeoDataFrame) -> bool:
    return (
        old is not None
        and len(old) == len(new)
        and np.array_equal(layers.row_hashes(old), layers.row_hashes(new))
        and (layers.ROW not in new or old[layers.ROW].equals(new[layers.ROW]))
    )


def _sweep(city: Path, held: Held) -> None:
    """Remove what an import left that was killed before it switched."""
    kept = {
        record.quarantine_file
        for version in Store(city / ATLAS).sweep()
        for record in version.manifest.sources
    } | {record.quarantine_file for record in held.sources()}
    folder = city / QUARANTINE
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in kept:
                path.unlink()
    for path in city.glob(".*.tmp"):
        path.unlink()
