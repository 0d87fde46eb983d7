"""The copy to bring, the one that a target was brought last, and the rows that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.publish.books import INTERNAL
from mews_pipeline.publish.touched import POSTED

NEWEST, BEFORE = "newest", "before"
ABOUT = "about"
# Types that other programs do not know, or that DuckDB hashes by their place in a list
_CASTS = {"HUGEINT": "bigint", "UHUGEINT": "bigint", "TIMESTAMP_NS": "timestamp"}
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")


class TargetError(PipelineError):
    """A target was not brought up to date and is as it was; the message says why."""


@dataclass(frozen=True)
class Table:
    """A table of the copy, with an expression for each column in types that any program knows."""

    schema: str
    name: str
    columns: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str | None:
        """The column by which its rows are replaced: an id, or a date; None: only all at once."""
        dates = (name for name, kind in self.columns if kind == "DATE")
        return POSTED[self.name][1] if self.name in POSTED else next(dates, None)

    @property
    def expressions(self) -> str:
        """What to select for its columns."""
        return ", ".join(f'{_portable(name, kind)} as "{name}"' for name, kind in self.columns)

    def of(self, catalog: str) -> str:
        """Name it in one of the attached copies."""
        return f'{catalog}.{self.schema}."{self.name}"'


@dataclass(frozen=True)
class Copies:
    """A connection with the newest copy, and perhaps the one before, attached read-only."""

    connection: duckdb.DuckDBPyConnection
    has_before: bool

    def tables(self, catalog: str = NEWEST) -> Sequence[Table]:
        """List what is published, views included."""
        found = self.connection.execute(
            """
            select schema_name, table_name,
                list(
                    (column_name, if(data_type like 'ENUM(%', 'ENUM', data_type))
                    order by column_index
                )
            from duckdb_columns()
            where database_name = ? and schema_name != ? and not internal
            group by all order by all
            """,
            [catalog, INTERNAL],
        ).fetchall()
        return [Table(schema, name, tuple(columns)) for schema, name, columns in found]

    def published(self, catalog: str = NEWEST) -> datetime:
        """Return when a copy was published, which no other copy has."""
        return published_utc(self.connection, f"{catalog}.main.{ABOUT}")

    def differing(self, table: Table) -> int | None:
        """List in the temporary table `differing` the keys of rows that differ; return how many.

        Returns None if it is not known which, so that all rows are to be replaced.
        """
        if not self.has_before or table not in self.tables(BEFORE):
            return None
        key = f'"{table.key}"' if table.key else "true"
        columns = ", ".join(f'"{name}"' for name, _ in table.columns)
        for each in (NEWEST, BEFORE):
            self.connection.execute(
                f"""
                create or replace temp table {each}_rows as
                select {key} as key, sum(hash({columns})) as hashed, count(*) as number
                from (select {table.expressions} from {table.of(each)}) group by all
                """
            )
        self.connection.execute(
            f"""
            create or replace temp table differing as
            select distinct key from (
                (from {NEWEST}_rows except from {BEFORE}_rows)
                union all (from {BEFORE}_rows except from {NEWEST}_rows)
            )
            """
        )
        return count(self.connection, "from differing")


def published_utc(connection: duckdb.DuckDBPyConnection, about: str) -> datetime:
    """Read from a table `about` when it was published. Raises TargetError if it does not say."""
    found = connection.execute(f"select max(published_utc) from {about}").fetchone()
    if not found or found[0] is None:
        raise TargetError("The published copy does not say when it was published.")
    instant: datetime = found[0]
    return instant.astimezone(UTC)


def count(connection: duckdb.DuckDBPyConnection, rows: str) -> int:
    """Count the rows of a query without its select."""
    found = connection.execute(f"select count(*) {rows}").fetchone()
    return int(found[0]) if found else 0


def _portable(name: str, kind: str) -> str:
    column = f'"{name}"'
    if kind == "ENUM":
        return f"cast({column} as varchar)"
    if kind.startswith(_NESTED):
        return f"cast(to_json({column}) as varchar)"
    if kind in _CASTS:
        return f"cast({column} as {_CASTS[kind]})"
    # PostgreSQL keeps no text with a null character
    return f"replace({column}, chr(0), '')" if kind == "VARCHAR" else column
