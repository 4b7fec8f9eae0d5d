"""Migrations of the register's tables, one file each in ``versions``; run by ``migrate.up``."""
