"""The import pipeline: read, locate, validate, quarantine, compare, one atomic write."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from stationmap.city import (
    atlas_import,
    enter,
    inspection_list,
    layers,
    on_foot,
    quarantine,
    scope,
    unmapped,
)
from stationmap.city.answers import Answers
from stationmap.city.brought import EVERYWHERE, Brought
from stationmap.city.declared import declared
from stationmap.city.import_report import Counts, ImportReport
from stationmap.city.kind import Context
from stationmap.city.kinds import KINDS, TYPE_REASONS
from stationmap.city.known import taken
from stationmap.city.listed import as_listed
from stationmap.city.place import Placed, nowhere, outside, place
from stationmap.city.quarantine import Entry, Quarantine, Refusal
from stationmap.city.rows import Rows, read
from stationmap.city.versions import Store, exclusive, file_sha256
from stationmap.crs import DATUMS
from stationmap.errors import InputError
from stationmap.io import osm
from stationmap.io.files import check_file
from stationmap.io.notes import Note
from stationmap.messages import N_
from stationmap.standards import Pack
from stationmap.store import Register

ATLAS, QUARANTINE = atlas_import.ATLAS, atlas_import.QUARANTINE
OSM = "osm"
REASONS_NAMED = 5
ATTEMPTS = 3  # at a register in which people go on editing

Progress = Callable[[Note], None]


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
    how: enter.How,
    dry_run: bool,
    lang: str,
    progress: Progress,
) -> ImportReport:
    """Bring a file into the city at `city`; `current` gives its answers; see `City.import_file`."""
    datum = _checked(kind, datum, how=how)
    path = check_file(path)
    registered = kind != OSM and layers.registered(KINDS[kind].layer)

    def bring(now: Answers) -> Brought:
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
                within=how.within,
            )
        change.report.file = how.name or change.report.file
        _look_outside(change, now)
        if "facilities" in change.fresh:
            change.report.notes += unmapped.notes(change.fresh["facilities"])
        return change

    now = current()
    change = bring(now)
    store = Store(city / ATLAS)
    if dry_run:
        if registered:
            enter.compare_with(register, now, change, how=how, dry_run=True)
        else:
            atlas_import.compare(change, store.current(), dry_run=True)
        return change.report
    with exclusive(city):
        for attempt in range(ATTEMPTS):
            # what the rows were compared with may have changed before the city was ours alone
            latest = current()
            if attempt or (kind != OSM and latest.version != now.version):
                change = bring(latest)
            progress(Note(N_("writing"), {}))
            records = latest.register.sources()
            atlas_import.sweep(city, kept=enter.quarantine_files(register, records))
            if not registered:
                atlas_import.bring_in(city, store, change, lang=lang)
                break
            last = attempt == ATTEMPTS - 1
            if enter.bring_in(city, register, latest, change, how=how, lang=lang, last=last):
                break
    return change.report


def _checked(kind: str, datum: str, *, how: enter.How) -> str:
    """Return the datum as the program calls it; raise for what no import can be."""
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
    registered = kind != OSM and layers.registered(KINDS[kind].layer)
    if not registered and (how.within or how.add):
        raise InputError(
            "{kind} are one map for the whole city; the city's own office imports them, all at "
            "once",
            kind=Note(layers.LABELS[kind], {}),
        )
    return datum


# ------------------------------------------------------------------- reading


def _from_osm(
    path: Path,
    *,
    datum: str,
    columns: Mapping[str, str],
    sets: Mapping[str, str],
    complete: bool,
) -> Brought:
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
    report.notes += on_foot.notes(found.ways)
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
    return Brought(
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
    within: str,
) -> Brought:
    spec = KINDS[kind]
    shape, placeless = spec.shape, spec.shape == "none"
    rows = read(
        path,
        roles=spec.columns(now.pack),
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
    context = Context(source=source, now=now, taken=taken(now, spec, source=source), within=within)
    made = spec.make(rows, placed, refused, context).assign(source=source)
    registered = spec.layer in layers.REGISTER
    if registered:
        made = scope.settle(spec.layer, made, placed, refused, context)
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
    report.totals = int((rows.totals & ~good).sum())
    stems = frame.index.to_numpy()
    listed = None
    if registered:
        listed = as_listed(
            spec.layer, fresh, frame.reset_index(drop=True), rows=rows, stems=stems, good=good
        )
    elif spec.layer == layers.INSPECTIONS:
        spans = frame["rows"].tolist()
        listed = inspection_list.listed(fresh, rows=rows, stems=stems, spans=spans)
    everywhere = {EVERYWHERE: within} if within else {}
    report.counts = Counts(
        read=len(good),
        accepted=int(good.sum()),
        quarantined=int((~good).sum()),
        to_locate=to_locate,
    )
    return Brought(
        report,
        {spec.layer: fresh},
        stems,
        sha256=file_sha256(path),
        crs=rows.crs.to_string() if rows.crs is not None else None,
        complete={
            key: [everywhere.get(code, code) for code in codes]
            for key, codes in declared(
                kind, fresh, file=path.name, sets=sets, pack=now.pack
            ).items()
        }
        if complete
        else {},
        listed=listed,
    )


def _look_outside(change: Brought, now: Answers) -> None:
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
        entries=report.entries,
    )
