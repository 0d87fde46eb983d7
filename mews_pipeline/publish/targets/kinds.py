"""The targets that the settings name: how each is reached, and who brings the copy there."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.files import published_folder
from mews_pipeline.publish.targets.copies import Copies
from mews_pipeline.publish.targets.database import bring_to_database
from mews_pipeline.publish.targets.parquet import bring_to_bucket, bring_to_folder
from mews_pipeline.settings import (
    LAKE,
    POSTGRES_LAKE,
    LakeFilesSettings,
    LakeSettings,
    PublishSettings,
)
from mews_pipeline.settings.targets import MOTHERDUCK, POSTGRES, S3
from mews_pipeline.warehouse.extensions import load, secret
from mews_pipeline.warehouse.file import FileLocks
from mews_pipeline.warehouse.lake import DuckLake, PostgresLake, maintain
from mews_pipeline.warehouse.quoting import literal

_CATALOG = "target"
# Of the server: to connect, and until one that fell silent counts as gone
_PATIENCE = "connect_timeout=10 tcp_user_timeout=60000"
# What holds up deletes is not waited for longer than this
_LIMIT_WAITS = f"call postgres_execute('{_CATALOG}', 'set local lock_timeout = 60000')"
_LAKE_KEEPS_DAYS = 7


@dataclass(frozen=True)
class Target:
    """A place for the copy: its name, without credentials, and what brings the copy there.

    The function says what it wrote. When it raises, the place shows what it showed before.
    """

    name: str
    bring: Callable[[Copies], str]


def targets_of(settings: PublishSettings, group: str | None = None) -> list[Target]:
    """Return the targets of the settings; with a group, its members alone may read folders."""
    return [_target(address, settings, group) for address in settings.publish]


def _target(address: str, settings: PublishSettings, group: str | None) -> Target:
    if address == POSTGRES:
        return Target(_named(address, settings), lambda copies: _to_postgres(copies, settings))
    if address.startswith(MOTHERDUCK):
        return Target(address, lambda copies: _to_motherduck(copies, address, settings))
    if address.startswith(S3):
        return Target(address, lambda copies: _to_bucket(copies, address, settings))
    if address.startswith(LAKE):
        name = _named(address, settings) if address == POSTGRES_LAKE else address
        return Target(name, lambda copies: _to_lake(copies, address, settings, group))
    return Target(address, lambda copies: bring_to_folder(copies, Path(address), group))


def _named(address: str, settings: PublishSettings) -> str:
    server = f"{settings.publish_postgres_host}:{settings.publish_postgres_port}"
    return f"{address}{settings.publish_postgres_database} on {server}"


def _to_postgres(copies: Copies, settings: PublishSettings) -> str:
    connection, name = copies.connection, "target_postgres"
    connection.execute(load("postgres_scanner", "The target postgres:"))
    connection.execute(
        secret(
            name,
            type="postgres",
            host=settings.publish_postgres_host,
            port=str(settings.publish_postgres_port),
            database=settings.publish_postgres_database,
            user=settings.publish_postgres_user,
            password=settings.publish_postgres_password.get_secret_value(),
        )
    )
    connection.execute(f"attach '{_PATIENCE}' as {_CATALOG} (type postgres, secret {name})")
    return bring_to_database(copies, _CATALOG, settings.publish_schema, _LIMIT_WAITS)


def _to_motherduck(copies: Copies, address: str, settings: PublishSettings) -> str:
    """Attach MotherDuck as any database. This was never run against MotherDuck."""
    connection = copies.connection
    package = f"duckdb-extension-motherduck=={duckdb.__version__}"
    connection.execute(load("motherduck", "The target md:", package))
    token = settings.publish_motherduck_token.get_secret_value()
    connection.execute(f"set motherduck_token = {literal(token)}")
    # MotherDuck takes no alias: the catalog is called as the database
    connection.execute(f"attach {literal(address)}")
    return bring_to_database(copies, address.removeprefix(MOTHERDUCK), settings.publish_schema)


def _to_bucket(copies: Copies, address: str, settings: PublishSettings) -> str:
    _use_bucket(copies.connection, settings)
    return bring_to_bucket(copies, address)


def _use_bucket(connection: duckdb.DuckDBPyConnection, settings: PublishSettings) -> None:
    connection.execute(load("httpfs", "The target s3://"))
    connection.execute(
        secret(
            "target_bucket",
            type="s3",
            key_id=settings.publish_s3_key_id,
            secret=settings.publish_s3_secret.get_secret_value(),
            region=settings.publish_s3_region,
            endpoint=settings.publish_s3_endpoint,
            use_ssl=str(settings.publish_s3_use_ssl),
            url_style=settings.publish_s3_url_style,
        )
    )


def _to_lake(copies: Copies, address: str, settings: PublishSettings, group: str | None) -> str:
    lake = _lake(address, settings)
    if address != POSTGRES_LAKE:
        published_folder(Path(address.removeprefix(LAKE)).parent, group)
    catalog = lake.attach(copies.connection, read_only=False)
    written = bring_to_database(copies, catalog, settings.publish_schema)
    if not copies.has_before:
        maintain(copies.connection, _LAKE_KEEPS_DAYS)
    return written


def _lake(address: str, settings: PublishSettings) -> DuckLake:
    """Return the lake to attach; a catalog in PostgreSQL is reached as the target postgres: is."""
    known: dict[str, Any] = {
        "lake_data_path": settings.publish_lake_data_path,
        "lake_s3_endpoint": settings.publish_s3_endpoint,
        "lake_s3_region": settings.publish_s3_region,
        "lake_s3_key_id": settings.publish_s3_key_id,
        "lake_s3_secret": settings.publish_s3_secret,
        "lake_s3_use_ssl": settings.publish_s3_use_ssl,
        "lake_s3_url_style": settings.publish_s3_url_style,
        "lake_host": settings.publish_postgres_host,
        "lake_port": settings.publish_postgres_port,
        "lake_database": settings.publish_postgres_database,
        "lake_user": settings.publish_postgres_user,
        "lake_password": settings.publish_postgres_password,
    }
    # Never locked: bringing the copy there is one transaction
    locks = FileLocks(Path(address.removeprefix(LAKE)))
    # Constructed, so that no variable of the warehouse's own lake is read
    if address == POSTGRES_LAKE:
        return PostgresLake(LakeSettings.model_construct(**known), address, locks)
    return DuckLake(address, LakeFilesSettings.model_construct(**known), locks)
