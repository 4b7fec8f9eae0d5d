"""Scenarios: stations as they would be, kept under a name."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of scenarios."""
    op.create_table(
        "scenario",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text()),
        sa.Column("note", sa.Text()),
        sa.Column("rule_id", sa.Text()),
        sa.Column("changes", sa.Text()),
        sa.Column("adcode", sa.Text()),
        sa.Column("by_id", sa.Text()),
        sa.Column("at", sa.Text()),
        sa.Column("published", sa.Boolean()),
        sa.Column("adopted", sa.Text()),
        sa.Column("adopted_at", sa.Text()),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scenario"),
    )
    op.create_index("ix_scenario_created", "scenario", ["created"])
