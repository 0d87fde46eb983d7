"""What the steps use: the settings (tokens among them, never as a field) and the warehouse."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
from dagster_duckdb import DuckDBResource

from mews_pipeline.landing import create_tables
from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load
from mews_pipeline.warehouse import explained, warehouse_lock


class MewsResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The way to Mews. Without fields, since Dagster stores those in its run snapshots."""

    def settings(self) -> Settings:
        """Give the settings, read at this moment. Raises SettingsError."""
        return load(Settings)


class Warehouse(DuckDBResource):
    """The warehouse file; `open` is the way in, for holders of its `lock` `connection`."""

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.database)

    @contextmanager
    def lock(self, say: Callable[[str], object]) -> Iterator[None]:
        """Hold the warehouse lock, for those who open the file themselves (dbt)."""
        with warehouse_lock(self.path, say), explained(self.path):
            yield

    @contextmanager
    def open(self, say: Callable[[str], object]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection inside the lock. Raises WarehouseError."""
        with self.lock(say), self.connection() as connection:
            yield connection

    @contextmanager
    def connection(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection, with the raw tables there, to whoever holds the lock."""
        with self.get_connection() as connection:
            try:
                create_tables(connection)
                yield connection
            finally:
                # get_connection closes only when nothing was raised
                connection.close()


def warehouse() -> Warehouse:
    """The warehouse that MEWS_WAREHOUSE names."""
    try:
        path = load(LocalSettings).warehouse
    except SettingsError:
        path = LocalSettings.model_fields["warehouse"].default.absolute()
    # A page-by-page landing needs little; what needs more spills to disk beside the file.
    return Warehouse(database=str(path), connection_config={"memory_limit": "400MB"})
