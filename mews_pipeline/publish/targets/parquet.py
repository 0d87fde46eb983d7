"""Bring the copy to a folder or a bucket as Parquet: a new snapshot, then one pointer to it.

An object store cannot rename a folder. So readers open `latest.json` and the files of the snapshot
that it names; an earlier snapshot stays for who reads it.
"""

import json
import os
import re
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.files import publish_file, published_folder
from mews_pipeline.publish.targets.copies import BEFORE, NEWEST, Copies, Table
from mews_pipeline.warehouse.quoting import literal

LATEST = "latest.json"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_SNAPSHOT = re.compile(r"snapshot=\d{8}T\d{12}Z")
# Who has read the pointer may take as long to read the files
_KEPT_SECONDS = 3600


def bring_to_folder(copies: Copies, folder: Path, group: str | None) -> str:
    """Write a snapshot of the newest copy and point to it; say what was written.

    Files of tables that have not changed are those of the last snapshot. Raises OSError,
    GroupError and duckdb.Error; then the pointer is as it was.
    """
    published_folder(folder, group)
    name, last = _snapshot(copies.published()), _pointed_at(folder)
    if name == last:
        return "it had this copy already"
    if copies.has_before and last != _snapshot(copies.published(BEFORE)):
        copies = Copies(copies.connection, has_before=False)
    snapshot = folder / name
    shutil.rmtree(snapshot, ignore_errors=True)  # of a publishing that was killed
    published_folder(snapshot, group)
    written = 0
    for table in copies.tables():
        file = snapshot / f"{table.name}.parquet"
        if last and copies.differing(table) == 0:
            os.link(folder / last / file.name, file)
        else:
            written += _write(copies.connection, table, str(file))
            publish_file(file, group)
    _point(copies, folder, group)
    _prune(folder, {name, last})
    return f"{written:,} rows in {name}"


def bring_to_bucket(copies: Copies, address: str) -> str:
    """Write a snapshot of the newest copy to `s3://bucket/folder/`, then point to it."""
    name, written = _snapshot(copies.published()), 0
    for table in copies.tables():
        written += _write(copies.connection, table, f"{address}{name}/{table.name}.parquet")
    _write_pointer(copies, f"{address}{LATEST}")
    return f"{written:,} rows in {name}"


def _snapshot(published: datetime) -> str:
    return f"snapshot={published.astimezone(UTC).strftime(_STAMP)}"


def _pointed_at(folder: Path) -> str | None:
    """Return the name of the snapshot that the pointer names, where there is one."""
    try:
        pointer: dict[str, Any] = json.loads((folder / LATEST).read_text(encoding="utf-8"))
        name = f"snapshot={pointer['snapshot']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return name if _SNAPSHOT.fullmatch(name) and (folder / name).is_dir() else None


def _write(connection: duckdb.DuckDBPyConnection, table: Table, file: str) -> int:
    # Readers of Parquet do not know intervals
    texts = ", ".join(
        f'cast("{name}" as varchar) as "{name}"'
        for name, kind in table.columns
        if kind == "INTERVAL"
    )
    chosen = f"* replace ({texts})" if texts else "*"
    copied = connection.execute(
        f"copy (select {chosen} from (select {table.expressions} from {table.of(NEWEST)}))"
        f" to {literal(file)} (format parquet, compression zstd)"
    ).fetchone()
    return int(copied[0]) if copied else 0


def _point(copies: Copies, folder: Path, group: str | None) -> None:
    partial = folder / f".{LATEST}.partial"
    partial.unlink(missing_ok=True)
    _write_pointer(copies, str(partial))
    publish_file(partial, group).replace(folder / LATEST)


def _write_pointer(copies: Copies, file: str) -> None:
    published = copies.published()
    names = ", ".join(literal(table.name) for table in copies.tables())
    copies.connection.execute(
        f"""
        copy (
            select {literal(_snapshot(published).partition("=")[2])} as snapshot,
                {literal(published.isoformat())} as published_utc,
                [{names}] as tables
        ) to {literal(file)} (format json)
        """
    )


def _prune(folder: Path, kept: set[str | None]) -> None:
    """Remove old snapshots, and those of publishings that were killed."""
    for old in folder.glob("snapshot=*"):
        is_ours = _SNAPSHOT.fullmatch(old.name) and old.name not in kept
        if is_ours and old.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)
