"""Record in `raw.fetches` what a landing fetched."""

import hashlib
import uuid
from collections.abc import Mapping

import duckdb
import orjson

from mews_pipeline.extract.entities import Landing
from mews_pipeline.extract.spool import Fetched


def record(
    connection: duckdb.DuckDBPyConnection, fetched: Fetched, landed: Mapping[str, object]
) -> None:
    """Insert the row of a fetch; `landed` are the columns that its landing knows."""
    ahead = fetched.server_clock_ahead
    # A part of a listing covers no window of updates: those are of versions
    window = fetched.window if fetched.entity.landing is Landing.VERSIONS else None
    row = {
        "fetch_id": str(uuid.uuid4()),
        "operation": fetched.operation,
        "token_key": fetched.token_key,
        "window_start_utc": window and window.start,
        "window_end_utc": window and window.end,
        "started_utc": fetched.started,
        "finished_utc": fetched.finished,
        "fetched_through_utc": fetched.fetched_through,
        "pages": fetched.pages,
        "rows": fetched.rows,
        "refused": fetched.refused,
        "unknown_fields": orjson.dumps(fetched.drift.fields).decode(),
        "unknown_values": orjson.dumps(fetched.drift.values).decode(),
        "enterprise_ids": orjson.dumps(sorted(fetched.enterprise_ids)).decode(),
        "replaced_characters": fetched.replaced_characters,
        "service_ids": _json(sorted(fetched.service_ids)),
        "refused_services": _json(fetched.refused_services),
        "server_clock_ahead_seconds": None if ahead is None else ahead.total_seconds(),
        "stays_start_utc": fetched.stays and fetched.stays.start,
        "stays_end_utc": fetched.stays and fetched.stays.end,
        **landed,
    }
    hashed = orjson.dumps(row, default=str)
    row["_hash"] = hashlib.md5(hashed, usedforsecurity=False).hexdigest()
    names = ", ".join(row)
    places = ", ".join(f"${name}" for name in row)
    connection.execute(f"insert into raw.fetches ({names}) values ({places})", row)


def _json(found: object) -> str | None:
    """Return it as JSON text; None when it is empty."""
    return orjson.dumps(found).decode() if found else None
