"""The register's tables, the same on SQLite and on PostGIS."""

import json
import struct
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, UserDefinedType

Place = tuple[float, float]

_WKB = struct.Struct("<BIdd")  # byte order, type, x, y
_EWKB = struct.Struct("<BIIdd")  # the same with a reference system
_POINT, _WITH_SRID, _WGS84 = 1, 0x20000000, 4326


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)


class Point(UserDefinedType[Place]):
    """Longitude and latitude in degrees (WGS-84): WKB in SQLite, a geometry in PostGIS."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name of the column's type in SQLite."""
        return "BLOB"

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Place | None], Any]:
        """Return what writes a place."""
        if dialect.name == "sqlite":
            return lambda at: None if at is None else _WKB.pack(1, _POINT, *at)
        return lambda at: (
            None if at is None else _EWKB.pack(1, _POINT | _WITH_SRID, _WGS84, *at).hex()
        )

    def result_processor(
        self, dialect: sa.Dialect, coltype: object
    ) -> Callable[[Any], Place | None]:
        """Return what reads a place."""
        del coltype
        if dialect.name == "sqlite":
            return lambda data: None if data is None else _WKB.unpack(data)[2:]
        return lambda data: None if data is None else _EWKB.unpack(bytes.fromhex(data))[3:]


@compiles(Point, "postgresql")
def _geometry(*_: Any, **__: Any) -> str:
    return "geometry(Point,4326)"


class Json(TypeDecorator[Any]):
    """A value as JSON text, always written the same way, so that it can be hashed."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:
        """Write a value; None stays NULL."""
        del dialect
        return None if value is None else canonical(value)

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Any:
        """Read a value."""
        del dialect
        return None if value is None else json.loads(value)


def canonical(value: Any) -> str:
    """Write JSON in the one way in which it is stored and hashed."""
    return _ENCODER.encode(value)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

# SQLite gives rowids of its own only to a plain INTEGER
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _entity(
    name: str, columns: Mapping[str, Any], *, imported: bool = False, keys: str = ""
) -> sa.Table:
    """One table of current state: `columns`, and what every one has; `keys` get an index."""
    own = [
        sa.Column(column, kind() if isinstance(kind, type) else kind, index=column in keys.split())
        for column, kind in columns.items()
    ]
    if imported:
        own += [sa.Column("source", sa.Text, index=True), sa.Column("brought", Json)]
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        *own,
        # numbers of the events that made the row, and that changed it last
        sa.Column("created", sa.BigInteger, nullable=False, index=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )


def _text_columns(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text) for name in names.split()]


def _texts(names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), sa.Text)


station = _entity(
    "station",
    {
        **_texts(
            "name type status unit_id unit supervising_unit address adcode parent_id hours "
            "hours_source supplies platform_id"
        ),
        "demonstration": sa.Boolean,
        "opened_on": sa.Text,
        "phone": sa.Text,
        "source_row": sa.BigInteger,
        "source_lon": sa.Double,
        "source_lat": sa.Double,
        "source_datum": sa.Text,
        "geometry": Point,
    },
    imported=True,
    keys="unit_id",
)
unit = _entity(
    "unit",
    {
        **_texts("name adcode platform_id"),
        "civilised": sa.Boolean,
        "organisation": sa.Boolean,
        "headcount": sa.Double,
    },
    imported=True,
)
project = _entity("project", _texts("station_id name service published"), imported=True)
activity = _entity(
    "activity",
    {
        **_texts("station_id unit_id name date place served content quality"),
        "hours": sa.Double,
        "reported": sa.Boolean,
        **_texts("post_in_charge post_recording"),
    },
    imported=True,
)
count = _entity(
    "count",
    {**_texts("subject subject_kind name period count"), "value": sa.Double},
    imported=True,
)
exemption = _entity(
    "exemption",
    {
        **_texts("rule_id subject_id"),
        "from_m": sa.Double,
        "to_m": sa.Double,
        **_texts("reason approver until"),
    },
    imported=True,
)
import_source = _entity("import_source", {"record": Json})
closure = _entity("closure", _texts("station_id from_date to_date reason at"), keys="station_id")
restock = _entity(
    "restock", _texts("station_id supply state note at done_at"), keys="station_id state"
)
application = _entity(
    "application",
    {
        **_texts("unit_id kind station_id state"),
        "station": Json,
        **_texts("reason decision at decided_at"),
    },
    keys="unit_id state",
)
remark = _entity(
    "remark", _texts("station_id kind text state answer at answered_at"), keys="station_id state"
)
contact = _entity("contact", _texts("person phone note"))
# the words of one edition of a pack's items; inspections name it
checklist = _entity("checklist", {**_texts("pack edition"), "content": Json})
inspection = _entity(
    "inspection",
    {
        **_texts("station_id checklist visit inspector_id at received_at claimed_at found result"),
        "clock": Json,
        "details": Json,
        **_texts("order_id atlas"),
        "seq": sa.BigInteger,
        **_texts("adcode unit_id voided"),
    },
    imported=True,
    keys="order_id",
)
photo = _entity(
    "photo",
    {
        "sha256": sa.Text,
        **dict.fromkeys(("bytes", "width", "height"), sa.BigInteger),
        **_texts("taken_at station_id inspection_id order_id line"),
    },
    keys="sha256 inspection_id order_id",
)
# an order to put right what an inspection found; `order` is a word of SQL
rectification = _entity(
    "rectification",
    {
        **_texts("station_id inspection_id checklist unit_id unit supervising_unit adcode"),
        "lines": Json,
        **_texts("note due state issued_at answer answered_at decision decided_at closed_by"),
    },
    keys="station_id inspection_id unit_id",
)
draw = _entity(
    "draw",
    {
        **_texts("at adcode seed"),
        "size": sa.BigInteger,
        "weights": Json,
        "pool": sa.Text,
        "drawn": Json,
        "shares": Json,
        "note": sa.Text,
    },
)
visit_round = _entity(
    "round",
    {**_texts("draw_id day inspector_id adcode"), "stations": Json, "note": sa.Text},
    keys="draw_id day inspector_id",
)
# stations as they would be, kept under a name to be compared and adopted (比选方案)
scenario = _entity(
    "scenario",
    {
        **_texts("name note rule_id"),
        "changes": Json,
        **_texts("adcode by_id at"),
        "published": sa.Boolean,
        "adopted": Json,
        "adopted_at": sa.Text,
    },
)
account = _entity("account", {**_texts("name role adcode unit_id"), "active": sa.Boolean})

sa.Index("ix_inspection_of_station", inspection.c.station_id, inspection.c.at)
sa.Index("ix_inspection_at", inspection.c.at)
sa.Index("ix_inspection_inspector", inspection.c.inspector_id, inspection.c.at)
sa.Index("ix_rectification_due", rectification.c.state, rectification.c.due)

ENTITIES: Mapping[str, sa.Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            station,
            unit,
            project,
            activity,
            count,
            exemption,
            import_source,
            closure,
            restock,
            application,
            remark,
            checklist,
            inspection,
            photo,
            rectification,
            draw,
            visit_round,
            scenario,
            contact,
            account,
        )
    }
)
"""What the register keeps, by name; everything that changes in them is an event."""

PRIVATE = frozenset(
    {
        "contact",
        "account",
        "application",
        "remark",
        "photo",
        "rectification",
        "draw",
        "round",
        "scenario",
    }
)
"""Entities that no public answer reads."""

PUBLIC = tuple(name for name in ENTITIES if name not in PRIVATE)

PARTLY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "inspection": (
            "id",
            "station_id",
            "checklist",
            "visit",
            "at",
            "found",
            "voided",
            "created",
            "version",
        )
    }
)
"""Public entities of which a public answer reads some columns only."""


def read_by_all(entity: str) -> list[sa.Column[Any]]:
    """Return the columns of a public entity that public answers may read."""
    columns = ENTITIES[entity].columns
    return [columns[name] for name in PARTLY.get(entity, columns.keys())]


action = sa.Table(
    "action",
    metadata,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("undoes", sa.Text, index=True),
    sa.Column("events", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
    sa.Column("action", sa.BigInteger, nullable=False, index=True),
    sa.Column("entity", sa.Text, nullable=False),
    sa.Column("entity_id", sa.Text, nullable=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Index("ix_event_subject", "entity", "entity_id", "seq"),
)
# one row: where the events stand; whoever writes holds it
head = sa.Table(
    "head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("actions", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)

# what is no event: it is secret, or passes
secret = sa.Table(
    "secret",
    metadata,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("changed_at", sa.Text, nullable=False),
)
session = sa.Table(
    "session",
    metadata,
    sa.Column("token_sha256", sa.Text, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("account_id", sa.Text, nullable=False, index=True),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("address", sa.Text),
    sa.Column("agent", sa.Text),
)
attempt = sa.Table(
    "attempt",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
    sa.Column("until", sa.Text),
)
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("at", sa.Text, nullable=False, index=True),
    *_text_columns("account_id role adcode unit_id action object outcome address"),
    sqlite_autoincrement=True,
)
setting = sa.Table(
    "setting",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# where the stations are, for views and neighbours: SQLite's own R-tree, kept by triggers (rows are
# replaced, never updated); and an index that alone tells which ones a list or a search shows
SQLITE_SQL = (
    "CREATE VIRTUAL TABLE station_rtree USING rtree(number, west, east, south, north)",
    """CREATE TRIGGER station_placed AFTER INSERT ON station WHEN NEW.geometry IS NOT NULL BEGIN
    INSERT INTO station_rtree VALUES (NEW.created, point_x(NEW.geometry), point_x(NEW.geometry),
    point_y(NEW.geometry), point_y(NEW.geometry)); END""",
    """CREATE TRIGGER station_removed AFTER DELETE ON station BEGIN
    DELETE FROM station_rtree WHERE number = OLD.created; END""",
    """CREATE INDEX ix_station_listed ON station
    (name, id, address, unit, status, type, adcode, unit_id)""",
    "CREATE INDEX ix_station_to_locate ON station (name, id) WHERE geometry IS NULL",
)
POSTGIS_SQL = (
    "CREATE INDEX ix_station_geometry ON station USING gist (geometry)",
    """CREATE INDEX ix_station_listed ON station
    ("left"(name, 100) COLLATE "C" NULLS FIRST, id COLLATE "C")""",
)
