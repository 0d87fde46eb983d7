"""Attach the lake for dbt, by the same code and settings as everywhere else.

dbt's own `secrets` would put passwords into its profile, so this plugin attaches the lake first and
the profile only names it.
"""

import os

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from mews_pipeline.environment import PREFIX
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.lake import CATALOG, DuckLake, spill_folder
from mews_pipeline.warehouse.quoting import literal


class Plugin(BasePlugin):  # type: ignore[misc, unused-ignore]
    """The hooks that dbt-duckdb calls for its connection and for each cursor."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the lake. Raises WarehouseError."""
        # dbt is given the lake's address as MEWS_WAREHOUSE, whatever the prefix of the others
        address, prefix = load(LocalSettings).warehouse, os.environ.get("MEWS_ENV_PREFIX", PREFIX)
        lake = warehouse_of(address, prefix=prefix)
        assert isinstance(lake, DuckLake)  # noqa: S101 - the target `lake` is chosen only for a lake
        conn.execute(f"set temp_directory = {literal(spill_folder())}")
        with lake.translate_errors():
            lake.attach(conn, read_only=False)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Make the lake the current catalog, for names of two parts."""
        cursor.execute(f"use {CATALOG}")
