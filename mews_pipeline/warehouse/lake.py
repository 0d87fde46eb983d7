"""The warehouse as a DuckLake: its catalog in PostgreSQL (or a file), its tables as Parquet.

Measured behaviour: docs/lake.md.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb
import stamina
from pydantic import SecretStr

from mews_pipeline.files import private_folder
from mews_pipeline.settings import (
    LAKE,
    POSTGRES_LAKE,
    LakeFilesSettings,
    LakeSettings,
)
from mews_pipeline.temporary import folder_of_process
from mews_pipeline.warehouse import raw
from mews_pipeline.warehouse.base import (
    DEFAULT_TIMEOUT_SECONDS,
    Config,
    LandingConnection,
    Locks,
    LockTable,
    Log,
    Opens,
    Warehouse,
    WarehouseError,
)
from mews_pipeline.warehouse.extensions import load, secret
from mews_pipeline.warehouse.lake_statistics import repair_statistics
from mews_pipeline.warehouse.quoting import literal

CATALOG = "lake"
_NEEDED_BY = "A DuckLake"
_CATALOG_SECRET, _FILES_SECRET = "lake_catalog", "lake_files"


def spill_folder() -> str:
    """Return the folder that a DuckDB without a file spills to; DuckDB makes and removes it.

    It is in a folder that the next process removes if this one is killed.
    """
    return str(folder_of_process())


class DuckLake(Warehouse):
    """A DuckLake whose catalog is a file, which one process uses at a time."""

    database = ":memory:"

    def __init__(
        self,
        address: str,
        settings: LakeFilesSettings,
        locks: Locks,
        opens: Opens = duckdb.connect,
    ) -> None:
        self.address, self.settings, self.locks, self.opens = address, settings, locks, opens
        self._has_tables = False

    @property
    def name(self) -> str:
        """Its address."""
        return self.address

    @property
    def environment(self) -> Mapping[str, str]:
        """The address, by which dbt chooses its target, and the file of the other settings."""
        env_file = os.environ.get("MEWS_ENV_FILE", ".env")
        return {
            "MEWS_WAREHOUSE": self.address,
            # Absolute, because dbt runs in its own folder
            "MEWS_ENV_FILE": env_file and str(Path(env_file).absolute()),
        }

    @property
    def config(self) -> Config:
        """The file's config plus a spill directory; extensions are never downloaded."""
        return super().config | {
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "temp_directory": spill_folder(),
        }

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection as any warehouse does, with tables also where the catalog is new."""
        self._has_tables = self._has_tables and self._has_catalog()
        with super().connect() as connection:
            yield connection

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Attach the lake, and create the raw tables that are missing once, partitioned by month.

        Looking for them takes half of the time of opening the lake.
        """
        self.attach(connection, read_only=False)
        connection.execute(f"use {CATALOG}")
        if not self._has_tables:
            _create_tables(connection)
            self._has_tables = True

    def attach(self, connection: duckdb.DuckDBPyConnection, *, read_only: bool = True) -> str:
        """Attach the lake under its name, with secrets that only this connection has."""
        if "://" not in self._data_path():
            private_folder(Path(self._data_path()))
        for statement in self._prepared():
            connection.execute(statement)
        options = ", ".join([*self._options(), *(["read_only"] if read_only else [])])
        attach = f"attach {literal(self.address)} as {CATALOG} ({options})"
        for attempt in stamina.retry_context(on=_is_being_created, attempts=10):
            with attempt:
                connection.execute(attach)
        return CATALOG

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Raise DuckDB's errors as WarehouseError, without secrets."""
        try:
            yield
        except (duckdb.Error, OSError) as error:
            # DuckDB wraps an error while fetching rows in a ProgrammingError; the cause comes last
            cause = str(error).rpartition("\nError: ")[-1]
            if isinstance(error, duckdb.ProgrammingError) and not cause.startswith("IO Error"):
                raise
            message = self._without_secrets(cause.splitlines()[0])
            raise WarehouseError(
                f"The lake {self.name} with its files in {self._data_path()} cannot be used. What "
                "had landed before is untouched. Look whether PostgreSQL and the object store run, "
                f"and at MEWS_LAKE_* in the settings. DuckDB says: {message}",
                is_worth_retrying=True,
            ) from None

    def upkeep(self) -> dict[str, int]:
        """Merge small files, expire old snapshots, delete unused files. Call it inside `lock`.

        Returns how many files (or snapshots) each step changed. A file that no snapshot refers to
        is deleted after a day: until then a transaction may be about to commit it.
        """
        with self.connect() as connection:
            return maintain(connection, self.settings.lake_keep_days)

    def _has_catalog(self) -> bool:
        """Return whether the catalog that this object has prepared is certainly still there."""
        return Path(self.address.removeprefix(LAKE)).exists()

    def _options(self) -> list[str]:
        return [f"data_path {literal(self._data_path())}"]

    def _prepared(self) -> Iterator[str]:
        known = self.settings
        yield load("ducklake", _NEEDED_BY)
        if self._data_path().startswith("s3://"):
            yield load("httpfs", _NEEDED_BY)
            yield secret(
                _FILES_SECRET,
                type="s3",
                scope=self._data_path(),
                key_id=known.lake_s3_key_id,
                secret=known.lake_s3_secret.get_secret_value(),
                region=known.lake_s3_region,
                endpoint=known.lake_s3_endpoint,
                use_ssl=str(known.lake_s3_use_ssl),
                url_style=known.lake_s3_url_style,
            )

    def _data_path(self) -> str:
        return self.settings.lake_data_path or f"{self.address.removeprefix(LAKE)}.files/"

    def _without_secrets(self, text: str) -> str:
        for _, value in self.settings:
            if isinstance(value, SecretStr) and (secret := value.get_secret_value()):
                text = text.replace(secret, "***")
        return text


class PostgresLake(DuckLake):
    """A DuckLake whose catalog is in PostgreSQL, for many readers and writers at once."""

    settings: LakeSettings

    def __init__(
        self, settings: LakeSettings, name: str, locks: Locks, opens: Opens = duckdb.connect
    ) -> None:
        super().__init__(POSTGRES_LAKE, settings, locks, opens)
        self._name = name

    @property
    def name(self) -> str:
        """Its address, with the database and the server of its catalog."""
        return self._name

    @contextmanager
    def landings(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[LockTable]:
        """Yield a function that locks one raw table for landing.

        It reuses a connection unless its landing failed: connecting takes ten times as long as
        landing.
        """
        with ExitStack() as opened:
            idle: list[duckdb.DuckDBPyConnection] = []

            @contextmanager
            def lock_table(table: str) -> Iterator[LandingConnection]:
                with self.translate_errors():
                    connection = idle.pop() if idle else opened.enter_context(self.connect())
                    with self.locks.table_lock(table, log, timeout_seconds) as lock:
                        yield LandingConnection(connection, lock)
                    idle.append(connection)

            yield lock_table

    def _has_catalog(self) -> bool:
        # Not known without asking the server. Landings reuse their connections anyway
        return False

    def _options(self) -> list[str]:
        return [*super()._options(), f"meta_secret {literal(_CATALOG_SECRET)}"]

    def _prepared(self) -> Iterator[str]:
        known = self.settings
        yield from super()._prepared()
        yield load("postgres_scanner", _NEEDED_BY)
        yield secret(
            _CATALOG_SECRET,
            type="postgres",
            host=known.lake_host,
            port=str(known.lake_port),
            database=known.lake_database,
            user=known.lake_user,
            password=known.lake_password.get_secret_value(),
        )


def maintain(connection: duckdb.DuckDBPyConnection, keep_days: int) -> dict[str, int]:
    """Do the upkeep of the attached lake (`DuckLake.upkeep`)."""
    older = f"older_than => now() - interval {keep_days} day"
    steps = {
        "inlined_tables_written": f"ducklake_flush_inlined_data('{CATALOG}')",
        "files_written_without_their_deleted_rows": f"ducklake_rewrite_data_files('{CATALOG}')",
        "files_merged": f"ducklake_merge_adjacent_files('{CATALOG}')",
        "snapshots_expired": f"ducklake_expire_snapshots('{CATALOG}', {older})",
        "files_deleted": f"ducklake_cleanup_old_files('{CATALOG}', {older})",
        "orphans_deleted": f"ducklake_delete_orphaned_files('{CATALOG}',"
        " older_than => now() - interval 1 day)",
    }
    done = {
        name: len(connection.execute(f"call {step}").fetchall()) for name, step in steps.items()
    }
    return done | {"statistics_repaired": repair_statistics(connection)}


def _is_being_created(error: Exception) -> bool:
    """Return whether another process was just creating the new lake's catalog."""
    return isinstance(error, duckdb.Error) and "Failed to initialize DuckLake" in str(error)


@stamina.retry(on=(duckdb.TransactionException, duckdb.CatalogException), attempts=10)
def _create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the missing raw tables, partitioned by month; several processes may do so at once."""
    known = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = 'raw'",
        [CATALOG],
    ).fetchall()
    with raw.transaction(connection):
        raw.create_tables(connection)
        for table in raw.TABLES.keys() - {name for (name,) in known}:
            instant = raw.instant_of(table)
            connection.execute(
                f"alter table raw.{table} set partitioned by (year({instant}), month({instant}))"
            )
            connection.execute(f"alter table raw.{table} set sorted by ({instant} asc)")
