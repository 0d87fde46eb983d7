"""Read which windows Mews refused to a token, and which of them are still to be fetched."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb

from mews_pipeline.extract.windows import Window, lies_in

# Begins the reason of what was recorded without a request; the first: the refusal was fresh
NOT_ASKED, _NO_REQUEST = "not asked again yet: ", "not asked"
# A refused operation is asked for again after this
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class Refusals:
    """What Mews refused to a token of one operation.

    `reason` is why, where the last request was refused within the last day. `windows` are those
    that were refused, `owed` the days of them that are over and were never fetched since.
    """

    reason: str | None = None
    windows: Sequence[Window] = ()
    owed: Sequence[date] = ()

    def has(self, window: Window) -> bool:
        """Return whether it is recorded that this window was refused."""
        return lies_in(window, self.windows)


def refusals(connection: duckdb.DuckDBPyConnection, operation: str) -> Mapping[str, Refusals]:
    """Return what was refused of an operation, by token; nothing of tokens without refusals."""
    refused: defaultdict[str, list[Window]] = defaultdict(list)
    fetched: defaultdict[str, list[Window]] = defaultdict(list)
    for token, start, end, is_refused in connection.execute(
        "select token_key, window_start_utc,"
        " if(refused is null, least(fetched_through_utc, finished_utc), window_end_utc),"
        " refused is not null from raw.fetches where operation = $operation"
        " and window_start_utc is not null and token_key in (select token_key from raw.fetches"
        " where operation = $operation and refused is not null)",
        {"operation": operation},
    ).fetchall():
        found = refused if is_refused else fetched
        found[token].append(Window(start.astimezone(UTC), end.astimezone(UTC)))
    fresh = reasons(connection, [operation])
    return {
        token: Refusals(
            fresh.get(token, {}).get(operation), windows, _owed(windows, fetched[token])
        )
        for token, windows in refused.items()
    }


def reasons(
    connection: duckdb.DuckDBPyConnection, operations: Iterable[str]
) -> Mapping[str, Mapping[str, str]]:
    """Return why the last request of an operation was refused, by token and operation.

    Only of those to which it was within the last day. What was not asked for is no request.
    """
    found = connection.execute(
        "select token_key, operation, arg_max(refused, _landed_at), max(_landed_at)"
        " from raw.fetches where operation in (select unnest(?))"
        " and not starts_with(coalesce(refused, ''), ?) group by token_key, operation"
        " having arg_max(coalesce(refused, ''), _landed_at) != ''",
        [list(operations), _NO_REQUEST],
    ).fetchall()
    now = datetime.now(UTC)
    by_token: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for token, operation, reason, at in found:
        if now - at < _REMEMBERED:
            by_token[token][operation] = reason
    return by_token


def _owed(refused: Iterable[Window], fetched: Iterable[Window]) -> list[date]:
    """Return the days that are over, lie in a refused window and in no joined fetched ones."""
    known = _joined(fetched)
    days = {day for window in refused for day in window.days if day.end <= datetime.now(UTC)}
    return sorted(day.start.date() for day in days if not lies_in(day, known))


def _joined(windows: Iterable[Window]) -> list[Window]:
    """Return the windows with those that overlap or touch as one."""
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.start <= joined[-1].end:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, window.end))
        else:
            joined.append(window)
    return joined
