"""The table `about` of the published copy: how fresh it is, what is in it, what made it."""

from datetime import datetime
from importlib.metadata import version

import duckdb

from mews_pipeline.warehouse.quoting import literal

_ABOUT = """
    create or replace table main.about as
    select
        *,
        $version as pipeline_version,
        current_timestamp as published_utc
    from marts.rpt_freshness
    order by enterprise_id = 'all' desc, enterprise_name
"""
_TABLE = (
    "How fresh this copy is and what is in it. One row per enterprise (property), and one for "
    "`all` of them."
)
_COLUMNS = {
    "pipeline_version": "Version of mews_pipeline that published this.",
    "published_utc": "When it was published, by this machine's clock (UTC).",
}


def create_about(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """Write `about` from the copied mart rpt_freshness, with the descriptions of its columns.

    Return the instant that the numbers stand for (UTC), or None when nothing was fetched yet.
    """
    connection.execute(_ABOUT, {"version": version("mews-pipeline")})
    described = connection.execute(
        """
        select column_name, comment from duckdb_columns()
        where schema_name = 'marts' and table_name = 'rpt_freshness'
            and database_name = current_database() and comment is not null
        """
    ).fetchall()
    connection.execute(f"comment on table main.about is {literal(_TABLE)}")
    for column, meaning in {**dict(described), **_COLUMNS}.items():
        connection.execute(f"comment on column main.about.{column} is {literal(meaning)}")
    found = connection.execute("select max(as_of_utc) from main.about").fetchone()
    return found[0] if found else None
