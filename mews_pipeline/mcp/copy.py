"""The published copy for one question: opened read-only, locked, with limits of rows and time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Timer
from typing import Any

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.mcp.judge import ABOUT, judge
from mews_pipeline.publish.marts import MARTS
from mews_pipeline.publish.published_copy import opened

ROWS, SECONDS = 500, 10.0
_CHARACTERS = 200_000
# DuckDB shares one instance, and its settings, among a process's connections to a file
_one_at_a_time = Lock()
_LOCKED = (
    "set memory_limit = '512MB'",
    "set threads = 1",
    # It would spill into a folder that is next to the copy
    "set temp_directory = ''",
    "set python_enable_replacements = false",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


class QueryError(PipelineError):
    """The copy does not answer the question; the message says why."""


@dataclass(frozen=True)
class Answer:
    """The rows of an answer; `is_cut` says that there are more."""

    names: list[str]
    rows: list[tuple[Any, ...]]
    is_cut: bool = False


@contextmanager
def locked(analytics: Path, seconds: float = SECONDS) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the copy as it is published now, for one question of limited time.

    Raises ReportError, QueryError.
    """
    with _one_at_a_time, opened(analytics) as connection:
        for statement in _LOCKED:
            connection.execute(statement)
        _refuse_personal(connection)
        clock = Timer(seconds, connection.interrupt)
        clock.start()
        try:
            yield connection
        except duckdb.InterruptException:
            raise QueryError(
                f"It took longer than {seconds:g} seconds and was stopped: ask for less."
            ) from None
        except duckdb.OutOfMemoryException:
            raise QueryError("It needs more than 512 MB of memory: ask for less.") from None
        except duckdb.Error as error:
            raise QueryError(str(error).splitlines()[0]) from None
        finally:
            clock.cancel()


def select(analytics: Path, sql: str, rows: int = ROWS, seconds: float = SECONDS) -> Answer:
    """Answer one SELECT over what is served. Raises RefusedError, ReportError, QueryError."""
    with locked(analytics, seconds) as connection:
        judge(connection, sql)
        found = connection.execute(sql)
        names = [name for name, *_ in found.description or ()]
        return cut(names, found.fetchmany(rows + 1), rows)


def cut(names: list[str], found: list[tuple[Any, ...]], rows: int = ROWS) -> Answer:
    """Keep the first rows. Raises QueryError where their text is too long for an answer."""
    kept = found[:rows]
    if sum(len(str(value)) for row in kept for value in row) > _CHARACTERS:
        raise QueryError(f"The answer has more than {_CHARACTERS:,} characters: ask for less.")
    return Answer(names, kept, len(found) > rows)


def tables(analytics: Path) -> Answer:
    """List the served tables and macros with their meanings."""
    sql = """
        select schema_name || '.' || table_name as name, comment as meaning from duckdb_tables()
        where schema_name = $marts
        union all
        select schema_name || '.' || view_name, comment from duckdb_views()
        where schema_name = $marts and not internal
        union all
        select table_name, comment from duckdb_tables() where table_name = $about
        union all
        select function_name || '(' || array_to_string(parameters, ', ') || ')', comment
        from duckdb_functions() where function_type = 'table_macro' and not internal
        order by name
    """
    with locked(analytics) as connection:
        found = connection.execute(sql, {"marts": MARTS, "about": ABOUT})
        return Answer(["name", "meaning"], found.fetchall())


def columns(analytics: Path, table: str) -> Answer:
    """List the columns of a served table with their types and meanings. Raises QueryError."""
    name = table.removeprefix(f"{MARTS}.").removeprefix("main.")
    with locked(analytics) as connection:
        found = connection.execute(
            "select column_name, if(data_type like 'ENUM%', 'ENUM', data_type), comment "
            "from duckdb_columns() where table_name = $name and database_name = current_database()"
            " and schema_name = if($name = $about, 'main', $marts) order by column_index",
            {"name": name, "marts": MARTS, "about": ABOUT},
        ).fetchall()
    if not found:
        raise QueryError(f"There is no table {table}: list_tables names them.")
    return Answer(["name", "type", "meaning"], found)


def _refuse_personal(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a copy that has a column about people: no release publishes one."""
    found = connection.execute(
        "select distinct column_name from duckdb_columns() where not internal"
    )
    personal = {name for (name,) in found.fetchall()} & personal_columns()
    if personal:
        raise QueryError(
            f"The copy has personal columns ({', '.join(sorted(personal))}), which are not served: "
            "publish it again with this release."
        )
