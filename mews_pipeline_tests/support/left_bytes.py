"""Search everything that a process left in a folder: files as they are, unpacked and decoded."""

import gzip
import re
import sqlite3
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path

import duckdb

_SQLITE, _GZIP, _ZIP, _PARQUET, _DUCKDB = b"SQLite format 3\0", b"\x1f\x8b", b"PK", b"PAR1", b"DUCK"
_ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_DUCKDB_AT = 8


def places(folder: Path, values: Collection[str]) -> dict[str, set[str]]:
    """Return the files below a folder, by their relative paths, that hold each of the values.

    A file's name counts too. Links are not followed.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        held = _in_bytes(name.encode(), values)
        if path.is_file() and not path.is_symlink():
            held |= _in_file(path, values)
        for value in held:
            found[value].add(name)
    return dict(found)


def _in_file(path: Path, values: Collection[str]) -> set[str]:
    content = path.read_bytes()
    found = _in_bytes(content, values)
    if content.startswith(_SQLITE):
        found |= _in_sqlite(path, values)
    elif content.startswith(_PARQUET):
        with duckdb.connect() as connection:
            found |= _in_relation(connection, f"read_parquet('{path}')", values)
    elif content[_DUCKDB_AT:].startswith(_DUCKDB):
        found |= _in_duckdb(path, values)
    return found


def _in_bytes(content: bytes, values: Collection[str]) -> set[str]:
    """Search bytes, and what they are the compressed form of, however deep."""
    found = {value for value in values if value.encode() in content}
    for inner in _unpacked(content):
        found |= _in_bytes(inner, values)
    return found


def _unpacked(content: bytes) -> Iterator[bytes]:
    # What begins like one of these forms by chance is not of it
    with suppress(OSError, EOFError, zlib.error, zipfile.BadZipFile):
        if content.startswith(_GZIP):
            yield gzip.decompress(content)
        elif content.startswith(_ZLIB):
            yield zlib.decompress(content)
        elif content.startswith(_ZIP):
            with zipfile.ZipFile(BytesIO(content)) as archive:
                yield from map(archive.read, archive.namelist())


def _in_sqlite(path: Path, values: Collection[str]) -> set[str]:
    found: set[str] = set()
    address = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f'select * from "{table}"'):
                for value in row:
                    text = value if isinstance(value, bytes) else str(value).encode()
                    found |= _in_bytes(text, values)
    return found


def _in_duckdb(path: Path, values: Collection[str]) -> set[str]:
    """Search every column of every table: DuckDB compresses texts."""
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = current_database()"
        ).fetchall()
        assert tables
        searched = (
            _in_relation(connection, f'"{schema}"."{table}"', values) for schema, table in tables
        )
        return set().union(*searched)


def _in_relation(
    connection: duckdb.DuckDBPyConnection, relation: str, values: Collection[str]
) -> set[str]:
    pattern = "|".join(map(re.escape, values))
    found = connection.execute(
        f"select distinct unnest(regexp_extract_all(looked::varchar, ?)) from {relation} as looked",
        [pattern],
    ).fetchall()
    return {value for (value,) in found}
