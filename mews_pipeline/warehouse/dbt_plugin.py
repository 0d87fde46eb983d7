"""The lake for dbt: attached by the same code and settings as everywhere.

dbt's own `secrets` would bring passwords into its profile; so the plugin attaches first, and what
the profile says of the lake only names it.
"""

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from mews_pipeline.warehouse.factory import the_warehouse
from mews_pipeline.warehouse.lake import CATALOG, DuckLake, spill_folder


class Plugin(BasePlugin):  # type: ignore[misc, unused-ignore]
    """What dbt-duckdb calls for its connection and for each cursor of it."""

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Attach the lake. Raises WarehouseError."""
        lake = the_warehouse()
        assert isinstance(lake, DuckLake)  # noqa: S101 - the target `lake` is chosen by that
        conn.execute(f"set temp_directory = '{spill_folder()}'")
        with lake.translate_errors():
            lake.attach(conn, read_only=False)

    def configure_cursor(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Let names of two parts mean the lake's."""
        cursor.execute(f"use {CATALOG}")
