"""Imports into the atlas: what stays, what goes, and one new version."""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from stationmap.checks import words
from stationmap.city import layers, quarantine
from stationmap.city.brought import Brought
from stationmap.city.import_report import ImportReport
from stationmap.city.versions import SourceRecord, Store, Version
from stationmap.io.notes import Note
from stationmap.messages import N_

ATLAS, QUARANTINE = "atlas", "quarantine"
LAYERS_NAMED = 12

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


def compare(change: Brought, base: Version | None, *, dry_run: bool) -> dict[str, gpd.GeoDataFrame]:
    """Count what stays and what goes; return the layers as they will be."""
    report, merged = change.report, {}
    records = base.manifest.sources if base else []
    tell_completeness(change, record_of(report, records))
    for layer, fresh in change.fresh.items():
        old = layers.stored(base, layer)
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
    tell_removed(report, dry_run=dry_run)
    if report.layers:
        for name in vars(report.counts):
            total = sum(getattr(counts, name) for counts in report.layers.values())
            setattr(report.counts, name, total)
    return merged


def tell_removed(report: ImportReport, *, dry_run: bool) -> None:
    """Warn of rows that the source brings no more."""
    if report.removed:
        params = {"rows": report.removed, "source": report.source, "file": report.file}
        report.warnings.append(Note(_TO_REMOVE if dry_run else _REMOVED, params))


def record_of(report: ImportReport, records: Iterable[SourceRecord]) -> SourceRecord | None:
    """Return what the same source brought before; None before its first import."""
    mine = (report.kind, report.source)
    return next((r for r in records if (r.kind, r.source) == mine), None)


def tell_completeness(change: Brought, before: SourceRecord | None) -> None:
    """Say what the import declares complete, and what its source declared before and does not."""
    report = change.report
    withdrawn = [key for key in (before.complete if before else ()) if key not in change.complete]
    if change.complete:
        report.notes.append(Note(_DECLARED, {"layers": _named(change.complete)}))
    if withdrawn:
        params = {"file": report.file, "layers": _named(withdrawn)}
        report.warnings.append(Note(_WITHDRAWN, params))


def _named(keys: Iterable[str]) -> words.Several:
    return words.Several((words.layer(key) for key in keys), shown=LAYERS_NAMED)


def bring_in(city: Path, store: Store, change: Brought, *, lang: str) -> None:
    """Write a new version of the atlas, unless all of it is there already."""
    base, report = store.current(), change.report
    merged = compare(change, base, dry_run=False)
    record = record_now(city, change, lang=lang)
    records = base.manifest.sources if base else []
    before = record_of(report, records)
    changed = {
        layer: frame
        for layer, frame in merged.items()
        if base is None or not _same(layers.stored(base, layer), frame)
    }
    if changed or not record.same_as(before):
        others = [r for r in records if r is not before]
        store.write(changed, sources=[*others, record], base=base)
        report.written = True


def record_now(city: Path, change: Brought, *, lang: str) -> SourceRecord:
    """Write the list of the rows that cannot be used; return the record of the import."""
    report = change.report
    if report.entries:
        stem = re.sub(r"[^\w.-]+", "_", f"{report.kind}-{report.source}")
        report.quarantine_file = quarantine.write(
            city / QUARANTINE, stem, report.entries, lang=lang
        )
    return SourceRecord(
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


def _same(old: gpd.GeoDataFrame | None, new: gpd.GeoDataFrame) -> bool:
    return (
        old is not None
        and len(old) == len(new)
        and np.array_equal(layers.row_hashes(old), layers.row_hashes(new))
    )


def sweep(city: Path, *, kept: Collection[str | None]) -> None:
    """Remove what an import left that was killed before it switched.

    `kept` are the lists of rows that records of the register name.
    """
    named = {
        record.quarantine_file
        for version in Store(city / ATLAS).sweep()
        for record in version.manifest.sources
    }
    folder = city / QUARANTINE
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name not in named and path.name not in kept:
                path.unlink()
    for path in city.glob(".*.tmp"):
        path.unlink()
