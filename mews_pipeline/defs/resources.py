"""What the steps use: the settings (tokens among them, never as a field) and the warehouse."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource

from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load
from mews_pipeline.warehouse import factory
from mews_pipeline.warehouse.base import Config, Warehouse


class MewsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The way to Mews. Without fields, since Dagster stores those in its run snapshots."""

    def settings(self) -> Settings:
        """Give the settings, read at this moment. Raises SettingsError."""
        return load(Settings)


class WarehouseResource(DuckDBResource):
    """The DuckDB file or DuckLake that `database` names; secrets are read in a step, no fields."""

    def get(self) -> Warehouse:
        """Give it, with connections as dagster-duckdb opens them. Raises SettingsError."""
        return factory.warehouse_of(self.database, _opened)

    @contextmanager
    def get_connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection to read with, in a turn. Raises SettingsError, and WarehouseError."""
        with self.get().open(dg.get_dagster_logger().info) as connection:
            yield connection


def _opened(database: str, *, config: Config) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    return DuckDBResource(database=database, connection_config=config).get_connection()


def the_warehouse() -> WarehouseResource:
    """The warehouse that MEWS_WAREHOUSE names."""
    try:
        return WarehouseResource(database=load(LocalSettings).warehouse)
    except SettingsError:
        return WarehouseResource(database=str(LocalSettings.model_fields["warehouse"].default))
