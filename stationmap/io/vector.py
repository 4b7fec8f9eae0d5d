"""Vector files (GeoPackage, GeoJSON, GeoParquet, Shapefile, KML) to frames and back.

The content of a file decides what it is, and only the one driver of that format may have opened
it: a file that points elsewhere (VRT, an address) is refused. Geometries pass as they are; what is
odd about them is counted in ``frame.attrs["notes"]``.
"""

import codecs
import mmap
import re
import sqlite3
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pyogrio.errors
import pyproj
import shapely

from stationmap.errors import CrsError, InputError
from stationmap.io import kml, kml_write
from stationmap.io.files import check_file, replacing, sniff
from stationmap.io.notes import Note
from stationmap.io.sheets import decode
from stationmap.io.tabular import write_csv
from stationmap.messages import N_

MAX_PARQUET_CELLS = 200_000_000

_DRIVERS = {"gpkg": "GPKG", "json": "GeoJSON", "shp": "ESRI Shapefile"}
_CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{\s*"(?:type|properties)"')
_LATIN_1 = "ISO-8859-1"  # every byte is a character: bytes survive until their encoding is known
_CUT_BYTES = 3  # of a character that the end of a dBASE field cut
# what GDAL, Arrow and GEOS raise on damaged files; pyogrio has a slip (UnboundLocalError) on a .prj
# that is not UTF-8
_READ_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.GeometryError,
    pyogrio.errors.CRSError,
    pyproj.exceptions.ProjError,
    pa.ArrowException,
    shapely.GEOSException,
    UnboundLocalError,
    ValueError,
    TypeError,
    KeyError,
    OSError,
)
_CODE_PAGES = {"ansi 936": "gbk", "936": "gbk", "ansi 1252": "cp1252", "65001": "utf-8"}
_PARTS_OF = {"gb18030": ("gbk", "gb2312")}
_HIGH_BYTES = re.compile(rb"[\x80-\xff]+[0-9]?")  # a digit is the second of four in GB18030
_CJK = re.compile("[\u3400-\u9fff]")


def read(path: str | Path, *, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one layer of a vector file.

    Parameters
    ----------
    path : str or Path
        A GeoPackage, GeoJSON, GeoParquet, KML or KMZ file or the .shp of a Shapefile. Its texts may
        be UTF-8 or GBK/GB18030, whatever its .cpg says.
    layer : str, optional
        Layer of a GeoPackage with several, or a folder of KML.

    Returns
    -------
    GeoDataFrame
        In the CRS the file declares, None where it declares none (a GeoJSON without a crs member
        and KML too: in China such files are often GCJ-02). Geometries may be None, empty, invalid,
        or have Z; ``attrs["notes"]`` (list of Note) counts them. Texts are object columns.

    Raises
    ------
    InputError
        Not a vector file, damaged, incomplete, or several layers of which one must be named.
    """
    path = check_file(path)
    kind = sniff(path)
    if kind in kml.KINDS:
        frame = kml.read(path, layer=layer)
        frame.attrs["notes"] += _geometry_notes(frame.geometry.to_numpy())
        return frame
    if kind not in (*_DRIVERS, "parquet"):
        raise _not_vector(path, kind)
    if kind == "shp":
        _check_siblings(path)
    notes: list[Note] = []
    with _sentences(path, notes):
        frame = _read_parquet(path) if kind == "parquet" else _read_ogr(path, kind, layer)
        if kind == "shp":
            frame = _decoded(frame, path, notes)
        elif kind == "json" and not _declares_crs(path):
            frame = frame.set_crs(None, allow_override=True)
        for column in frame.columns.drop(frame.geometry.name):
            if isinstance(frame[column].dtype, pd.StringDtype):
                texts = frame[column].astype(object)
                frame[column] = texts.where(texts.notna(), None)
    if frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    frame.attrs["notes"] = notes + _geometry_notes(frame.geometry.to_numpy())
    return frame


def _not_vector(path: Path, kind: str) -> InputError:
    if kind.startswith("xml:"):
        return InputError(
            "{file} is XML ({root}), not a vector file this program opens: save it as GeoPackage"
            " or GeoJSON",
            file=path.name,
            root=kind.removeprefix("xml:"),
        )
    if kind in ("zip", "gz", "bz2"):
        return InputError("{file} is packed: unpack it and give the file inside", file=path.name)
    if path.suffix.lower() in (".dbf", ".shx", ".prj", ".cpg"):
        return InputError("{file} is one part of a Shapefile: give its .shp", file=path.name)
    return InputError(
        "{file} is not a vector file: expected GeoPackage, GeoJSON, GeoParquet, Shapefile or KML",
        file=path.name,
    )


def _check_siblings(path: Path) -> None:
    """Refuse a Shapefile whose index or table is missing."""
    present = {p.name.casefold() for p in path.parent.glob("*")}
    missing = [
        path.stem + end for end in (".shx", ".dbf") if (path.stem + end).casefold() not in present
    ]
    if missing:
        raise InputError(
            "{file} is one part of a Shapefile, and {missing} does not stand beside it: copy all"
            " of its files",
            file=path.name,
            missing=", ".join(missing),
        )


def _layer(path: Path, kind: str, source: Path | bytes, wanted: str | None) -> str:
    """Return the one layer to read, and make sure that no other driver opens the file."""
    if kind == "gpkg":
        layers = pyogrio.list_layers(source)
        names = [str(name) for name, geometry_type in layers if geometry_type is not None]
        driver = pyogrio.read_info(source, layer=names[0])["driver"] if names else "GPKG"
    else:
        info = pyogrio.read_info(source)
        names, driver = [info["layer_name"]], info["driver"]
    if driver != _DRIVERS[kind]:
        raise InputError(
            "{file} is {driver} data, not the {expected} it looks like: save it as GeoPackage",
            file=path.name,
            driver=driver,
            expected=_DRIVERS[kind],
        )
    if not names:
        raise InputError("{file} has no layer with geometries", file=path.name)
    if wanted is not None and wanted not in names:
        raise InputError(
            "{file} has no layer {layer}: its layers are {layers}",
            file=path.name,
            layer=wanted,
            layers=", ".join(names),
        )
    if wanted is None and len(names) > 1:
        raise InputError(
            "{file} has several layers: {layers}; choose one with --sheet",
            file=path.name,
            layers=", ".join(names),
        )
    name = wanted or names[0]
    if kind == "gpkg":
        _check_plain_table(path, name)
    return name


def _check_plain_table(path: Path, layer: str) -> None:
    """Refuse a GeoPackage layer that is not stored but computed: it could run what it names."""
    uri = f"{path.as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            found = database.execute(
                "SELECT type, sql FROM sqlite_master WHERE lower(name) = lower(?)", (layer,)
            ).fetchone()
    except sqlite3.Error as error:
        raise _damaged(path, error) from error
    if not found or found[0] != "table" or not str(found[1]).upper().startswith("CREATE TABLE"):
        raise InputError(
            "{file}: the layer {layer} is a view, not a table of its own: export it again",
            file=path.name,
            layer=layer,
        )


@contextmanager
def _sentences(path: Path, notes: list[Note]) -> Iterator[None]:
    """Turn what the readers raise into an InputError, and what they warn of into notes."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    except InputError:
        raise
    except _READ_ERRORS as error:
        raise _damaged(path, error) from error
    said = dict.fromkeys(str(warning.message) for warning in caught)
    notes += [Note(N_("while the file was read: {detail}"), {"detail": text}) for text in said]


def _damaged(path: Path, error: Exception) -> InputError:
    return InputError(
        "{file} is damaged or cannot be read ({detail}): export it again",
        file=path.name,
        detail=re.split(r"[;\n]", str(error))[0].replace(str(path), path.name),
    )


def _read_ogr(path: Path, kind: str, layer: str | None) -> gpd.GeoDataFrame:
    source = _as_utf8(path) if kind == "json" else path
    name = _layer(path, kind, source, layer)
    frame = pyogrio.read_dataframe(
        source,
        layer=name if kind == "gpkg" else None,
        encoding=_LATIN_1 if kind == "shp" else None,
        on_invalid="ignore",
    )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise InputError("{file} has no layer with geometries", file=path.name)
    return frame


def _as_utf8(path: Path) -> Path | bytes:
    """Return the path of JSON in UTF-8; of other JSON its bytes turned to UTF-8."""
    data = path.read_bytes()
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return decode(data, file=path.name).encode()
    return path


def _declares_crs(path: Path) -> bool:
    with (
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data,
    ):
        return _CRS_MEMBER.search(data) is not None


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    metadata = pq.read_metadata(path)
    if metadata.num_rows * metadata.num_columns > MAX_PARQUET_CELLS:
        raise InputError("{file} has more rows than this program reads", file=path.name)
    if b"geo" not in (metadata.metadata or {}):
        raise InputError(
            "{file} is Parquet without geometries: export it as GeoParquet", file=path.name
        )
    return gpd.read_parquet(path)


def _decoded(frame: gpd.GeoDataFrame, path: Path, notes: list[Note]) -> gpd.GeoDataFrame:
    """Decode the texts of a Shapefile, which were read as bytes, and note what is odd of them."""
    columns = [c for c in frame.columns if isinstance(frame[c].dtype, pd.StringDtype)]
    distinct = set(frame.columns[frame.columns != frame.geometry.name])
    for column in columns:
        distinct.update(frame[column].dropna().unique())
    raw = {text: text.encode(_LATIN_1) for text in distinct if not text.isascii()}
    declared = _declared_encoding(path)
    encoding, decoded = _best_encoding(raw, declared, file=path.with_suffix(".dbf").name)
    cut = sum(len(text.encode(encoding)) < len(raw[key]) for key, text in decoded.items())
    if cut:
        text = N_("{texts} texts end in a character that their field cut; it was left out")
        notes.append(Note(text, {"texts": cut}))
    if raw and declared not in (None, encoding, *_PARTS_OF.get(encoding, ())):
        text = N_("the .cpg says {declared}, the texts are {found}")
        notes.append(Note(text, {"declared": declared, "found": encoding}))
    for column in columns:
        frame[column] = frame[column].map(lambda t: decoded.get(t, t), na_action="ignore")
    return frame.rename(columns=decoded)


def _best_encoding(
    raw: Mapping[str, bytes], declared: str | None, *, file: str
) -> tuple[str, dict[str, str]]:
    """Return the encoding of texts, and the texts: valid UTF-8 is UTF-8, else GB18030.

    A declared encoding goes before UTF-8 where that gives not one Chinese character ("路" alone in
    GBK is "·" in UTF-8), and before GB18030 where bytes beyond ASCII mostly stand alone, as in
    "Straße". What is none of these is what is declared.
    """
    order = ["utf-8", "gb18030"]
    if declared:
        as_utf8 = _decode_all(raw, "utf-8")
        runs = _HIGH_BYTES.findall(b"\n".join(raw.values()))
        if as_utf8 and not _CJK.search("".join(as_utf8.values())):
            order.insert(0, declared)
        elif 2 * sum(len(run) == 1 for run in runs) > len(runs):
            order.insert(1, declared)
        else:
            order.append(declared)
    for encoding in order:
        decoded = _decode_all(raw, encoding)
        if decoded is not None:
            return encoding, decoded
    raise InputError(
        "{file}: its texts are neither UTF-8 nor GBK/GB18030; export it as UTF-8", file=file
    )


def _decode_all(raw: Mapping[str, bytes], encoding: str) -> dict[str, str] | None:
    decoded = {}
    for text, data in raw.items():
        try:
            decoded[text] = data.decode(encoding)
        except UnicodeDecodeError as error:
            if len(data) - error.start > _CUT_BYTES or error.start == 0:
                return None
            decoded[text] = data[: error.start].decode(encoding)
    return decoded


def _declared_encoding(path: Path) -> str | None:
    """Return the encoding that the .cpg beside a Shapefile names, as Python calls it."""
    name = f"{path.stem}.cpg".casefold()
    found = [p for p in path.parent.glob("*") if p.name.casefold() == name]
    if not found:
        return None
    name = found[0].read_bytes()[:40].decode("ascii", "ignore").strip().casefold()
    name = {"ansi 936": "gbk", "936": "gbk", "ansi 1252": "cp1252", "65001": "utf-8"}.get(
        name, name
    )
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return None


def _geometry_notes(geometry: Any) -> list[Note]:
    """Count what the pipeline will have to judge."""
    missing = shapely.is_missing(geometry)
    empty = shapely.is_empty(geometry)
    xy = shapely.get_coordinates(geometry, return_index=True)
    odd = np.unique(xy[1][~np.isfinite(xy[0]).all(axis=1)])
    usable = ~missing & ~empty
    usable[odd] = False
    invalid = usable.copy()
    invalid[usable] = ~shapely.is_valid(geometry[usable])
    counts = (
        (N_("{rows} rows have no geometry"), missing.sum()),
        (N_("{rows} geometries are empty"), empty.sum()),
        (N_("{rows} geometries have coordinates that are no numbers"), len(odd)),
        (
            N_("{rows} geometries are not valid (they cross themselves or do not close)"),
            invalid.sum(),
        ),
        (N_("{rows} geometries have heights (Z)"), shapely.has_z(geometry).sum()),
    )
    return [Note(text, {"rows": int(rows)}) for text, rows in counts if rows]


def write(path: str | Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Write layers to a vector file; what stands there is replaced at once, when it is complete.

    Parameters
    ----------
    path : str or Path
        .gpkg, .kml or .kmz (any number of layers), or .geojson, .parquet or .csv (one layer).
    layers : mapping of str to GeoDataFrame
        Layer name → frame with a CRS; for .geojson, .csv, .kml and .kmz in EPSG:4326.

    Raises
    ------
    CrsError
        A frame has no CRS, or the format wants degrees and has others.
    InputError
        The ending is unknown, or the format holds one layer only.
    """
    path = Path(path)
    ending = path.suffix.lower()
    if ending in (".kml", ".kmz"):
        kml_write.write(path, layers)
        return
    _check_layers(path, ending, layers)
    if ending == ".csv":
        write_csv(path, next(iter(layers.values())))
        return
    with replacing(path) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # GDAL's chatter on mixed geometry types
        temporary.unlink()
        if ending == ".parquet":
            next(iter(layers.values())).to_parquet(temporary)
        elif ending == ".gpkg":
            for number, (name, frame) in enumerate(layers.items()):
                _write_gpkg(temporary, name, frame, append=number > 0)
        else:
            pyogrio.write_dataframe(
                next(iter(layers.values())),
                temporary,
                driver="GeoJSON",
                layer_options={"RFC7946": "YES", "WRITE_NAME": "NO"},
            )


def _check_layers(path: Path, ending: str, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    if ending not in (".gpkg", ".geojson", ".json", ".parquet", ".csv"):
        raise InputError(
            "{file} has no ending this program writes: use .gpkg, .kml, .geojson, .parquet or .csv",
            file=path.name,
        )
    if ending != ".gpkg" and len(layers) != 1:
        raise InputError(
            "{file} can hold one layer, not {layers}: use .gpkg", file=path.name, layers=len(layers)
        )
    for name, frame in layers.items():
        if frame.crs is None:
            raise CrsError("the layer {layer} has no reference system: set its CRS", layer=name)
        if ending not in (".gpkg", ".parquet") and frame.crs != "EPSG:4326":
            raise CrsError("{file} must be in degrees: convert the layer to EPSG:4326", file=path)


def _write_gpkg(path: Path, name: str, frame: gpd.GeoDataFrame, *, append: bool) -> None:
    columns = {str(column).casefold() for column in frame.columns}
    fid = next(fid for fid in ("fid", "ogc_fid", "gpkg_fid") if fid not in columns)
    geometry_type = "Unknown" if frame.geometry.isna().all() else None
    pyogrio.write_dataframe(
        frame,
        path,
        layer=name,
        driver="GPKG",
        append=append,
        geometry_type=geometry_type,
        layer_options={"FID": fid},
    )
