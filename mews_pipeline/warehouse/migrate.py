"""Copy a DuckDB warehouse's raw tables into another warehouse: by month, verified by day.

Only `raw` is copied: the models are built from it. The source is opened read-only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import duckdb

from mews_pipeline.warehouse.base import Log, Warehouse, WarehouseError
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.quoting import literal
from mews_pipeline.warehouse.raw import TABLES, instant_of, transaction

_SOURCE = "migrated"

Days = dict[date, tuple[int, int]]


@dataclass(frozen=True)
class _Table:
    """A raw table as the source has it; its days are those of `instant`."""

    name: str
    columns: str
    instant: str

    def rows(self, catalog: str, month: date) -> str:
        return f"select {self.columns} from {catalog}raw.{self.name} where {self._of(month)}"

    def days(
        self, connection: duckdb.DuckDBPyConnection, catalog: str = "", month: date | None = None
    ) -> Days:
        """Return the number of rows of each UTC day (of that month) and their hash sum."""
        found = connection.execute(
            f"select cast({self.instant} as date) as day, count(*),"
            f" sum(cast(hash({self.columns}) as hugeint)) from {catalog}raw.{self.name}"
            f" where {self._of(month) if month else 'true'} group by day"
        ).fetchall()
        return {day: (rows, hashes) for day, rows, hashes in found}

    def _of(self, month: date) -> str:
        start = f"timestamptz '{month}'"
        return f"{self.instant} >= {start} and {self.instant} < {start} + interval 1 month"


def migrate(source: DuckDBFile, target: Warehouse, log: Log) -> dict[str, int]:
    """Copy what the target lacks of every raw table; returns the rows that each then holds.

    A month is copied in one transaction, which is committed only when both hold the same rows of
    each of its days, by count and hash: a migration that was stopped resumes where it stopped.
    Raises WarehouseError, also when the target holds rows that the source lacks.
    """
    if not source.path.exists():
        raise WarehouseError(f"There is no warehouse {source.path} to migrate from.")
    with source.lock(log), target.lock(log), target.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach {literal(str(source.path))} as {_SOURCE} (read_only)")
        return {table.name: _copy(connection, table, log) for table in _tables(connection)}


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    found = connection.execute(
        "select table_name, list(column_name order by column_index) from duckdb_columns()"
        " where database_name = ? and schema_name = 'raw' group by table_name order by table_name",
        [_SOURCE],
    ).fetchall()
    return [
        _Table(
            name,
            ", ".join(f'"{column}"' for column in columns),
            instant_of(name),
        )
        for name, columns in found
        if name in TABLES
    ]


def _copy(connection: duckdb.DuckDBPyConnection, table: _Table, log: Log) -> int:
    wanted, known = table.days(connection, f"{_SOURCE}."), table.days(connection)
    differing = {day for day in wanted | known if wanted.get(day) != known.get(day)}
    for month in sorted({day.replace(day=1) for day in differing}):
        rows = table.rows(f"{_SOURCE}.", month)
        if _days_of(month, known):
            rows = f"{rows} except all {table.rows('', month)}"
        with transaction(connection):
            connection.execute(f"insert into raw.{table.name} by name {rows}")
            copied = table.days(connection, month=month)
            _verify(table, copied.keys() | _days_of(month, wanted), wanted, copied)
        log(f"raw.{table.name}: {month:%Y-%m} copied")
    copied = table.days(connection)
    _verify(table, wanted | copied, wanted, copied)
    return sum(rows for rows, _ in copied.values())


def _days_of(month: date, days: Days) -> set[date]:
    return {day for day in days if day.replace(day=1) == month}


def _verify(table: _Table, days: Iterable[date], wanted: Days, copied: Days) -> None:
    for day in sorted(days):
        if wanted.get(day) != copied.get(day):
            rows, others = ((of.get(day) or (0, 0))[0] for of in (wanted, copied))
            raise WarehouseError(
                f"raw.{table.name} of {day} would hold {others} rows there, other than the {rows} "
                "here: this month was left as it was. Something else has landed there: migrate "
                "into a lake that holds nothing but this warehouse's rows."
            )
