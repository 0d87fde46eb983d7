"""Make the warehouse that the settings name, whichever kind it is."""

from pathlib import Path

import duckdb

from mews_pipeline.environment import PREFIX
from mews_pipeline.settings import (
    LAKE,
    POSTGRES_LAKE,
    LakeFilesSettings,
    LakeSettings,
    LocalSettings,
    load,
)
from mews_pipeline.warehouse.base import Opens, Warehouse
from mews_pipeline.warehouse.extensions import not_installed
from mews_pipeline.warehouse.file import DuckDBFile, FileLocks
from mews_pipeline.warehouse.lake import DuckLake, PostgresLake


def warehouse_of(address: str, opens: Opens = duckdb.connect, prefix: str = PREFIX) -> Warehouse:
    """Return the warehouse of that address, a lake with the settings of that prefix.

    Raises SettingsError, and WarehouseError.
    """
    if not address.startswith(LAKE):
        return DuckDBFile(Path(address), opens)
    if address == POSTGRES_LAKE:
        known = load(LakeSettings, prefix)
        name = f"{address}{known.lake_database} on {known.lake_host}:{known.lake_port}"
        try:
            # Imported here because a file needs no PostgreSQL driver
            from mews_pipeline.warehouse.postgres_locks import PostgresLocks  # noqa: PLC0415
        except ModuleNotFoundError:
            raise not_installed("psycopg", "A DuckLake") from None
        return PostgresLake(known, name, PostgresLocks(known, name), opens)
    locks = FileLocks(Path(address.removeprefix(LAKE)))
    return DuckLake(address, load(LakeFilesSettings, prefix), locks, opens)


def the_warehouse() -> Warehouse:
    """Return the warehouse of the settings. Raises SettingsError."""
    return warehouse_of(load(LocalSettings).warehouse)
