"""The register: what it keeps, the events that it came by, and where the stations are."""

import sqlalchemy as sa
from alembic import op

from stationmap.store.models import Point

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SQLITE = (
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
_POSTGIS = (
    "CREATE INDEX ix_station_geometry ON station USING gist (geometry)",
    """CREATE INDEX ix_station_listed ON station
    ("left"(name, 100) COLLATE "C" NULLS FIRST, id COLLATE "C")""",
)


def upgrade() -> None:
    """Make the tables of a new register."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("unit_id", sa.Text()),
        sa.Column("active", sa.Boolean()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_index("ix_account_created", "account", ["created"])
    op.create_table(
        "action",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undoes", sa.Text()),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_action"),
        sa.UniqueConstraint("id", name="uq_action_id"),
    )
    op.create_index("ix_action_by", "action", ["by"])
    op.create_index("ix_action_undoes", "action", ["undoes"])
    op.create_table(
        "activity",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("unit_id", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("date", sa.Text()),
        sa.Column("place", sa.Text()),
        sa.Column("served", sa.Text()),
        sa.Column("content", sa.Text()),
        sa.Column("quality", sa.Text()),
        sa.Column("hours", sa.Double()),
        sa.Column("reported", sa.Boolean()),
        sa.Column("post_in_charge", sa.Text()),
        sa.Column("post_recording", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    op.create_index("ix_activity_created", "activity", ["created"])
    op.create_index("ix_activity_source", "activity", ["source"])
    op.create_table(
        "application",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("station_id", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("station", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("decided_at", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_application"),
    )
    op.create_index("ix_application_created", "application", ["created"])
    op.create_index("ix_application_state", "application", ["state"])
    op.create_index("ix_application_unit_id", "application", ["unit_id"])
    op.create_table(
        "closure",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("from_date", sa.Text()),
        sa.Column("to_date", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_closure"),
    )
    op.create_index("ix_closure_created", "closure", ["created"])
    op.create_index("ix_closure_station_id", "closure", ["station_id"])
    op.create_table(
        "contact",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_created", "contact", ["created"])
    op.create_table(
        "count",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text()),
        sa.Column("subject_kind", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("period", sa.Text()),
        sa.Column("count", sa.Text()),
        sa.Column("value", sa.Double()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_count"),
    )
    op.create_index("ix_count_created", "count", ["created"])
    op.create_index("ix_count_source", "count", ["source"])
    op.create_table(
        "event",
        sa.Column("seq", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("action", sa.BigInteger(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("before", sa.Text()),
        sa.Column("after", sa.Text()),
        sa.PrimaryKeyConstraint("seq", name="pk_event"),
    )
    op.create_index("ix_event_action", "event", ["action"])
    op.create_index("ix_event_subject", "event", ["entity", "entity_id", "seq"])
    op.create_table(
        "exemption",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rule_id", sa.Text()),
        sa.Column("subject_id", sa.Text()),
        sa.Column("from_m", sa.Double()),
        sa.Column("to_m", sa.Double()),
        sa.Column("reason", sa.Text()),
        sa.Column("approver", sa.Text()),
        sa.Column("until", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_exemption"),
    )
    op.create_index("ix_exemption_created", "exemption", ["created"])
    op.create_index("ix_exemption_source", "exemption", ["source"])
    op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("actions", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_head"),
    )
    op.create_table(
        "import_source",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("record", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_import_source"),
    )
    op.create_index("ix_import_source_created", "import_source", ["created"])
    op.create_table(
        "project",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("name", sa.Text()),
        sa.Column("service", sa.Text()),
        sa.Column("published", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
    )
    op.create_index("ix_project_created", "project", ["created"])
    op.create_index("ix_project_source", "project", ["source"])
    op.create_table(
        "remark",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("kind", sa.Text()),
        sa.Column("text", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("answered_at", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_remark"),
    )
    op.create_index("ix_remark_created", "remark", ["created"])
    op.create_index("ix_remark_state", "remark", ["state"])
    op.create_index("ix_remark_station_id", "remark", ["station_id"])
    op.create_table(
        "restock",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("supply", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("done_at", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_restock"),
    )
    op.create_index("ix_restock_created", "restock", ["created"])
    op.create_index("ix_restock_state", "restock", ["state"])
    op.create_index("ix_restock_station_id", "restock", ["station_id"])
    op.create_table(
        "station",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("type", sa.Text()),
        sa.Column("status", sa.Text()),
        sa.Column("unit_id", sa.Text()),
        sa.Column("unit", sa.Text()),
        sa.Column("supervising_unit", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("parent_id", sa.Text()),
        sa.Column("hours", sa.Text()),
        sa.Column("hours_source", sa.Text()),
        sa.Column("supplies", sa.Text()),
        sa.Column("platform_id", sa.Text()),
        sa.Column("demonstration", sa.Boolean()),
        sa.Column("opened_on", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("source_row", sa.BigInteger()),
        sa.Column("source_lon", sa.Double()),
        sa.Column("source_lat", sa.Double()),
        sa.Column("source_datum", sa.Text()),
        sa.Column("geometry", Point()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_station"),
    )
    op.create_index("ix_station_created", "station", ["created"])
    op.create_index("ix_station_source", "station", ["source"])
    op.create_index("ix_station_unit_id", "station", ["unit_id"])
    op.create_table(
        "unit",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("platform_id", sa.Text()),
        sa.Column("civilised", sa.Boolean()),
        sa.Column("organisation", sa.Boolean()),
        sa.Column("headcount", sa.Double()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_unit"),
    )
    op.create_index("ix_unit_created", "unit", ["created"])
    op.create_index("ix_unit_source", "unit", ["source"])
    for statement in _SQLITE if sqlite else _POSTGIS:
        op.execute(statement)
    op.execute(
        sa.insert(sa.table("head", *map(sa.column, ("id", "seq", "actions", "hash")))).values(
            id=1, seq=0, actions=0, hash="0" * 64
        )
    )
