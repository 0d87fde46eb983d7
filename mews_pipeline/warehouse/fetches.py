"""Read what earlier fetches recorded in `raw.fetches`: finished windows, and how far they reach."""

from datetime import UTC, datetime

import duckdb

from mews_pipeline.extract.windows import Window


def finished_windows(
    connection: duckdb.DuckDBPyConnection, operation: str, root_run_id: str
) -> set[tuple[str, Window]]:
    """Return the (token_key, window) pairs of a table that an earlier try of this run landed."""
    found = connection.execute(
        "select token_key, window_start_utc, window_end_utc from raw.fetches"
        " where operation = ? and root_run_id = ? and window_start_utc is not null",
        [operation, root_run_id],
    ).fetchall()
    return {
        (token_key, Window(start.astimezone(UTC), end.astimezone(UTC)))
        for token_key, start, end in found
    }


def listed_tokens(connection: duckdb.DuckDBPyConnection, operation: str) -> set[str]:
    """Return the tokens with which a reference table was listed at least once."""
    found = connection.execute(
        "select distinct token_key from raw.fetches where operation = ? and refused is null",
        [operation],
    ).fetchall()
    return {token_key for (token_key,) in found}


def known_through(
    connection: duckdb.DuckDBPyConnection, operation: str, token_key: str, window: Window
) -> datetime:
    """Return the instant up to which a token's updates are known, from the window's start on.

    That is the window's start when nothing of it was fetched.
    """
    fetches = connection.execute(
        "select window_start_utc, fetched_through_utc from raw.fetches"
        " where operation = ? and token_key = ? and refused is null"
        " and window_start_utc < ? and fetched_through_utc > ? order by window_start_utc",
        [operation, token_key, window.end, window.start],
    ).fetchall()
    known = window.start
    for start, through in fetches:
        if start <= known:
            known = max(known, through)
    # DuckDB returns instants in the session's time zone, which is another type to Polars
    return known.astimezone(UTC)
