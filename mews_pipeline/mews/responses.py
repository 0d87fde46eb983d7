"""Read a response once: a page of records, one object, or an exception.

Source: docs/mews-api.md, "Responses and errors", "Instants and durations".
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import orjson

from mews_pipeline.mews import json_text
from mews_pipeline.mews.credentials import without_secrets
from mews_pipeline.mews.errors import (
    MESSAGE_LIMIT,
    ResponseError,
    TooManyRequestsError,
    UnreadableRecordError,
    UnreadableResponseError,
    for_status,
)
from mews_pipeline.mews.json_text import Unreadable
from mews_pipeline.mews.operations import Operation
from mews_pipeline.mews.pages import Decode, Page, ParsedLater, Record

NO_CONTENT = 204


@dataclass(frozen=True, repr=False)
class ObjectResponse:
    """The response of an unpaged operation: its body, the body parsed, Mews' clock."""

    content: bytes
    record: Record
    server_time: datetime

    def __repr__(self) -> str:
        """Return the size only."""
        return f"ObjectResponse({len(self.content)} bytes)"


def server_time(response: httpx.Response) -> datetime:
    """Return the server's clock when it responded, in whole seconds, UTC; else this machine's."""
    # The last one: a proxy in between may put its own before it
    for value in reversed(response.headers.get_list("Date")):
        instant = _http_date(value)
        if instant is not None:
            return instant
    return datetime.now(UTC)


def page(operation: Operation[Any], response: httpx.Response, decode: Decode | None = None) -> Page:
    """Read a response with status 200 or 204 as a page. Raises UnreadableResponseError.

    What `decode` decodes is not parsed unless its `records` are wanted; it need not be right.
    """
    key = str(operation.list_key)
    if response.status_code == NO_CONTENT:
        content = orjson.dumps({key: [], "Cursor": None})
        return Page(content, [], None, server_time(response))
    if decode and _is_json(response) and (found := decode(response.content)):
        records = ParsedLater(response.content, key, len(found.records))
        at = server_time(response)
        return Page(response.content, records, found.cursor, at, decoded=found.records)
    read = _page(operation, response)
    if not isinstance(read, Page):
        raise _unreadable(operation, response, read)
    return read


def whole(operation: Operation[Any], response: httpx.Response) -> ObjectResponse:
    """Read a response with status 200 as one JSON object. Raises UnreadableResponseError."""
    read = _whole(response)
    if not isinstance(read, ObjectResponse):
        raise _unreadable(operation, response, read)
    return read


# These return what is wrong, for their callers to raise: an exception keeps the variables of the
# functions that it was raised in, and these hold records.
def _page(operation: Operation[Any], response: httpx.Response) -> Page | Unreadable | str:
    key = str(operation.list_key)
    parsed = _json_object(response, key)
    if isinstance(parsed, str | Unreadable):
        return parsed
    read = _list(key, parsed.value)
    if isinstance(read, str):
        return read
    records, cursor = read
    records += _more(records, parsed.value.get(operation.more_key))
    at = server_time(response)
    return Page(response.content, records, cursor, at, parsed.replaced_characters)


def _more(records: list[Record], others: Any) -> list[Record]:
    """Return the records of the second list that the first one lacks."""
    listed = {record.get("Id") for record in records} if others else set()
    return [one for one in others or [] if isinstance(one, dict) and one.get("Id") not in listed]


def _whole(response: httpx.Response) -> ObjectResponse | Unreadable | str:
    parsed = _json_object(response)
    if isinstance(parsed, str | Unreadable):
        return parsed
    return ObjectResponse(response.content, parsed.value, server_time(response))


def _list(key: str, answer: Record) -> tuple[list[Record], str | None] | str:
    records, cursor = answer.get(key), answer.get("Cursor")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        return f"it has no list of objects {key}"
    if cursor is not None and not (isinstance(cursor, str) and cursor):
        return "its Cursor is neither null nor a text"
    return records, cursor


def _json_object(
    response: httpx.Response, list_key: str | None = None
) -> json_text.Parsed | Unreadable | str:
    if not _is_json(response):
        return "it is no JSON"
    parsed = json_text.parse(response.content, list_key)
    if isinstance(parsed, Unreadable):
        return "it is cut off, or no JSON object" if parsed.is_cut_off else parsed
    return parsed if isinstance(parsed.value, dict) else "it is cut off, or no JSON object"


def _is_json(response: httpx.Response) -> bool:
    return "json" in response.headers.get("Content-Type", "application/json").lower()


def failure(
    operation: Operation[Any], response: httpx.Response, secrets: Iterable[str]
) -> ResponseError:
    """Return the exception of a response with an error status, with `secrets` blotted out."""
    body = _error_body(response)
    error = for_status(response.status_code)(
        f"refused with status {response.status_code}",
        operation=operation.path,
        status=response.status_code,
        message=_short(body.get("Message"), secrets),
        request_id=_short(body.get("RequestId") or response.headers.get("Request-Id"), secrets),
    )
    error.server_time = server_time(response)
    if isinstance(error, TooManyRequestsError):
        error.retry_after = retry_after(response)
    return error


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date; None without one."""
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    instant = _http_date(value)
    if instant is None:
        return None
    return max(0.0, (instant - server_time(response)).total_seconds())


def _http_date(value: str) -> datetime | None:
    """Return an instant of a header; None for what is no date, or beyond the years 1 to 9999."""
    try:
        instant = parsedate_to_datetime(value)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _error_body(response: httpx.Response) -> Record:
    parsed = json_text.parse(response.content)
    answer = parsed.value if isinstance(parsed, json_text.Parsed) else None
    return answer if isinstance(answer, dict) else {}


def _short(value: object, secrets: Iterable[str]) -> str | None:
    if not value:
        return None
    text = without_secrets(" ".join(str(value)[: 4 * MESSAGE_LIMIT].split()), secrets)
    return text if len(text) <= MESSAGE_LIMIT else text[:MESSAGE_LIMIT] + "…"


def _unreadable(
    operation: Operation[Any], response: httpx.Response, why: str | Unreadable
) -> UnreadableResponseError:
    content_type = response.headers.get("Content-Type", "without content type")
    kind: type[UnreadableResponseError] = UnreadableResponseError
    if isinstance(why, Unreadable):
        where = f"character {why.character:,}"
        if why.record is not None:
            kind, where = UnreadableRecordError, f"{where}, in record {why.record:,} of its list"
        why = f"it is no JSON from {where} on"
    return kind(
        f"an answer could not be read: {why} ({content_type}, {len(response.content)} bytes)",
        operation=operation.path,
        status=response.status_code,
        request_id=_short(response.headers.get("Request-Id"), ()),
    )
