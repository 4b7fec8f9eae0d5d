"""Inspections: what was asked, found and shown; orders, draws and rounds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of inspections and of what follows from them."""
    op.create_table(
        "checklist",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("pack", sa.Text()),
        sa.Column("edition", sa.Text()),
        sa.Column("content", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_checklist"),
    )
    op.create_index("ix_checklist_created", "checklist", ["created"])
    op.create_table(
        "draw",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("at", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("seed", sa.Text()),
        sa.Column("size", sa.BigInteger()),
        sa.Column("weights", sa.Text()),
        sa.Column("pool", sa.Text()),
        sa.Column("drawn", sa.Text()),
        sa.Column("shares", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_draw"),
    )
    op.create_index("ix_draw_created", "draw", ["created"])
    op.create_table(
        "inspection",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("checklist", sa.Text()),
        sa.Column("visit", sa.Text()),
        sa.Column("inspector_id", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("received_at", sa.Text()),
        sa.Column("claimed_at", sa.Text()),
        sa.Column("found", sa.Text()),
        sa.Column("result", sa.Text()),
        sa.Column("clock", sa.Text()),
        sa.Column("details", sa.Text()),
        sa.Column("order_id", sa.Text()),
        sa.Column("atlas", sa.Text()),
        sa.Column("seq", sa.BigInteger()),
        sa.Column("adcode", sa.Text()),
        sa.Column("unit_id", sa.Text()),
        sa.Column("voided", sa.Text()),
        sa.Column("source", sa.Text()),
        sa.Column("brought", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_at", "inspection", ["at"])
    op.create_index("ix_inspection_created", "inspection", ["created"])
    op.create_index("ix_inspection_inspector", "inspection", ["inspector_id", "at"])
    op.create_index("ix_inspection_of_station", "inspection", ["station_id", "at"])
    op.create_index("ix_inspection_order_id", "inspection", ["order_id"])
    op.create_index("ix_inspection_source", "inspection", ["source"])
    op.create_table(
        "photo",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text()),
        sa.Column("bytes", sa.BigInteger()),
        sa.Column("width", sa.BigInteger()),
        sa.Column("height", sa.BigInteger()),
        sa.Column("taken_at", sa.Text()),
        sa.Column("station_id", sa.Text()),
        sa.Column("inspection_id", sa.Text()),
        sa.Column("order_id", sa.Text()),
        sa.Column("line", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
    )
    op.create_index("ix_photo_created", "photo", ["created"])
    op.create_index("ix_photo_inspection_id", "photo", ["inspection_id"])
    op.create_index("ix_photo_order_id", "photo", ["order_id"])
    op.create_index("ix_photo_sha256", "photo", ["sha256"])
    op.create_table(
        "rectification",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("station_id", sa.Text()),
        sa.Column("inspection_id", sa.Text()),
        sa.Column("checklist", sa.Text()),
        sa.Column("unit_id", sa.Text()),
        sa.Column("unit", sa.Text()),
        sa.Column("supervising_unit", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("lines", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("due", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("issued_at", sa.Text()),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_at", sa.Text()),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_at", sa.Text()),
        sa.Column("closed_by", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_rectification"),
    )
    op.create_index("ix_rectification_created", "rectification", ["created"])
    op.create_index("ix_rectification_due", "rectification", ["state", "due"])
    op.create_index("ix_rectification_inspection_id", "rectification", ["inspection_id"])
    op.create_index("ix_rectification_station_id", "rectification", ["station_id"])
    op.create_index("ix_rectification_unit_id", "rectification", ["unit_id"])
    op.create_table(
        "round",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("draw_id", sa.Text()),
        sa.Column("day", sa.Text()),
        sa.Column("inspector_id", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("stations", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
    )
    op.create_index("ix_round_created", "round", ["created"])
    op.create_index("ix_round_day", "round", ["day"])
    op.create_index("ix_round_draw_id", "round", ["draw_id"])
    op.create_index("ix_round_inspector_id", "round", ["inspector_id"])
