"""The money of the published copy: performance by a named definition, and the pickup of revenue.

A copy that was published before money was known, or of properties whose tokens may not read it,
has none: then everything here is empty, and nothing fails.
"""

import duckdb

from mews_pipeline.publish.published_copy import ReportError, sql

_MARTS = ("rpt_performance_daily", "rpt_revenue_pace", "rpt_revenue_pickup")


def make_money(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary views `performance`, `revenue_pace` and `revenue_pickup`."""
    found = connection.execute(
        "select count(distinct table_name) from duckdb_columns() "
        "where schema_name = 'marts' and list_contains($marts, table_name)",
        {"marts": list(_MARTS)},
    ).fetchall()
    connection.execute(sql("money" if found[0][0] == len(_MARTS) else "no_money"))


def definition(connection: duckdb.DuckDBPyConnection, asked: str | None = None) -> str | None:
    """Return the definition that was asked for, or the one that is shown where nobody asks.

    The connection must have the view `performance`; without money there is None. Raises
    ReportError for an unknown one.
    """
    found = connection.execute(
        "select distinct definition, is_shown from performance order by not is_shown, definition"
    ).fetchall()
    names = [name for name, _ in found]
    if not names or asked in {*names, None}:
        return asked or next(iter(names), None)
    raise ReportError(f"There is no definition {asked}. There are: {', '.join(sorted(names))}")
