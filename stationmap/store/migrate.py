"""Bring a register's tables to today's form."""

import sqlalchemy as sa

from stationmap.store import models
from stationmap.store.events import GENESIS


def up(engine: sa.Engine) -> None:
    """Make the tables where there are none."""
    with engine.begin() as connection:
        if sa.inspect(connection).has_table("head"):
            return
        models.metadata.create_all(connection)
        spatial = models.RTREE_SQL if engine.dialect.name == "sqlite" else models.GIST_SQL
        for statement in spatial:
            connection.exec_driver_sql(statement)
        connection.execute(sa.insert(models.head).values(id=1, seq=0, actions=0, hash=GENESIS))
