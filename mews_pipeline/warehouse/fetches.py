"""What earlier fetches recorded in `raw.fetches`: which windows are done, how far is known."""

from datetime import UTC, datetime

import duckdb

from mews_pipeline.extract.windows import Window


def finished_windows(
    connection: duckdb.DuckDBPyConnection, operation: str, root_run_id: str
) -> set[tuple[str, Window]]:
    """The (token_key, window) pairs of an operation that an earlier try of this run landed."""
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
    """The tokens with which a reference operation was listed at least once."""
    found = connection.execute(
        "select distinct token_key from raw.fetches where operation = ? and refused is null",
        [operation],
    ).fetchall()
    return {token_key for (token_key,) in found}


def known_through(
    connection: duckdb.DuckDBPyConnection, operation: str, token_key: str, window: Window
) -> datetime:
    """The instant up to which a token's updates are known without a gap from the window's start.

    The window's start itself when nothing of it was fetched.
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
    # DuckDB gives instants in the session's time zone, which Polars holds for another type
    return known.astimezone(UTC)
