"""Read what earlier fetches recorded in `raw.fetches`: finished windows, and how far they reach."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import duckdb
import orjson

from mews_pipeline.extract.reference import Blocks
from mews_pipeline.extract.windows import Window
from mews_pipeline.warehouse.refusals import Refusals

# A service that was refused is tried again after this, and resource blocks are listed whole again
_REMEMBERED = timedelta(days=1)


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


def known_blocks(connection: duckdb.DuckDBPyConnection, overlap: timedelta) -> dict[str, Blocks]:
    """Return what is known of the resource blocks of each token that listed them at least once.

    They are known up to the last listing, whole or by update, less the overlap, where a whole one
    landed within the last day.
    """
    found = connection.execute(
        "select token_key, max(_landed_at) filter (where operation = 'resource_blocks'),"
        " max(least(fetched_through_utc, finished_utc)) from raw.fetches where operation in"
        " ('resource_blocks', 'resource_blocks_by_update') and refused is null group by token_key"
    ).fetchall()
    opened = _listed_enterprises(connection)
    recently = datetime.now(UTC) - _REMEMBERED
    return {
        token_key: Blocks(
            known_through=through.astimezone(UTC) - overlap if whole and whole > recently else None,
            enterprise_ids=opened.get(token_key, frozenset()),
        )
        for token_key, whole, through in found
    }


def landed_stays(
    connection: duckdb.DuckDBPyConnection, service_ids: Iterable[str]
) -> dict[str, list[Window]]:
    """Return the windows of stays that were fetched of each enterprise, by its id.

    Of fetches that were restricted to services, those count that include all `service_ids`.
    """
    wanted = set(service_ids)
    found = connection.execute(
        "select unnest(cast(enterprise_ids as varchar[])), stays_start_utc, stays_end_utc,"
        " service_ids from raw.fetches where stays_start_utc is not null and refused is null"
    ).fetchall()
    landed: defaultdict[str, list[Window]] = defaultdict(list)
    for enterprise, start, end, restricted in found:
        if restricted is None or (wanted and wanted <= set(orjson.loads(restricted))):
            landed[enterprise].append(Window(start.astimezone(UTC), end.astimezone(UTC)))
    return dict(landed)


def known_through(
    connection: duckdb.DuckDBPyConnection, operation: str, token_key: str, window: Window
) -> datetime:
    """Return the instant up to which a token's updates are known, from the window's start on.

    That is the window's start when nothing of it was fetched. A fetch knows nothing after it ended:
    earlier releases recorded the server's clock although it was ahead.
    """
    fetches = connection.execute(
        "select window_start_utc, least(fetched_through_utc, finished_utc) from raw.fetches"
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


@dataclass(frozen=True)
class Known:
    """What earlier fetches learned with a token.

    `enterprise_ids` are those that its last listing had, none when it was never listed;
    `refused_services` those whose orders Mews refused within the last day, and when; `refusals`
    what was refused of one operation.
    """

    enterprise_ids: frozenset[str] = frozenset()
    refused_services: Mapping[str, datetime] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=Refusals)


def known(connection: duckdb.DuckDBPyConnection, scope: frozenset[str]) -> defaultdict[str, Known]:
    """Return what is known with each token; of its enterprises those in a `scope` not empty."""
    opened = _listed_enterprises(connection)
    refused = _refused_services(connection, datetime.now(UTC))
    found = defaultdict(Known)
    for token in opened.keys() | refused.keys():
        enterprises = opened.get(token, frozenset())
        in_scope = enterprises & scope if scope else enterprises
        found[token] = Known(in_scope, refused.get(token, {}))
    return found


def _listed_enterprises(connection: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Return the enterprises of each token's last listing."""
    found = connection.execute(
        "select token_key, arg_max(enterprise_ids, _landed_at) from raw.fetches"
        " where operation = 'enterprises' and refused is null group by token_key"
    ).fetchall()
    return {token_key: frozenset(orjson.loads(ids or "[]")) for token_key, ids in found}


def _refused_services(
    connection: duckdb.DuckDBPyConnection, now: datetime
) -> dict[str, dict[str, datetime]]:
    """Return the services that each token was refused within the last day, and when.

    Older refusals are left out, so that those services are tried again.
    """
    found = connection.execute(
        "select token_key, arg_max(refused_services, _landed_at) from raw.fetches"
        " where operation = 'product_service_orders' and refused_services is not null"
        " group by token_key"
    ).fetchall()
    return {
        token_key: {
            service: instant
            for service, at in orjson.loads(refusals).items()
            if now - _REMEMBERED < (instant := datetime.fromisoformat(at)) <= now
        }
        for token_key, refusals in found
    }
