"""Split filters that are too much for one request into several requests.

A record may then come twice: it lies where two windows overlap, collides with both, or was updated
in between. Use `each_once` to get each record once.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from datetime import timedelta
from itertools import product
from typing import Any

import orjson
from annotated_types import MaxLen
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from mews_pipeline.mews import intervals
from mews_pipeline.mews.errors import BadRequestError, InvalidRequestError
from mews_pipeline.mews.intervals import Interval
from mews_pipeline.mews.operations import Operation, R
from mews_pipeline.mews.pages import Page
from mews_pipeline.mews.requests import PagedRequest, describe

# A list this long is halved when Mews finds a request too heavy; no enum has as many values.
LONG_LIST = 20

_INTERVAL = TypeAdapter(Interval)


def split(operation: Operation[R], filters: Mapping[str, Any]) -> list[R]:
    """Return the requests that together match these filters; usually one.

    `filters` are by Python's or the API's names, lists and intervals of any length: lists beyond
    their maximum become batches, closed intervals beyond three months windows, oldest first.
    Raises InvalidRequestError where splitting does not help.
    """
    fields = operation.request.model_fields
    aliases = {str(field.alias): name for name, field in fields.items()}
    names, choices = [], []
    for given, value in filters.items():
        name = aliases.get(given, given)
        names.append(name)
        choices.append(_parts(operation, fields[name], value) if name in fields else [value])
    return [
        operation.request.model_validate(dict(zip(names, parts, strict=True)))
        for parts in product(*choices)
    ]


def _parts(operation: Operation[Any], field: FieldInfo, value: Any) -> list[Any]:
    most = next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), None)
    if most and isinstance(value, list | tuple | set | frozenset) and len(value) > most:
        items = list(dict.fromkeys(value))
        return [items[i : i + most] for i in range(0, len(items), most)]
    if value is not None and field.annotation == Interval | None:
        try:
            interval = _INTERVAL.validate_python(value)
        except ValidationError as error:
            refusal = f"not sent. {field.alias}: {describe(error)}"
        else:
            return list(intervals.windows(interval, overlap=intervals.OVERLAP))
        raise InvalidRequestError(refusal, operation=operation.path)
    return [value]


def lighter(request: PagedRequest) -> list[PagedRequest]:
    """Return two requests for the halves of the window, oldest first, or of the longest list.

    The window is UpdatedUtc, else the longest closed interval of the request; a list is halved
    where no window can be. Returns nothing without either. A Cursor is left out: it
    is a position in the whole request, not in a half.
    """
    for name, parts in _halved(request):
        limitation = request.limitation and request.limitation.model_copy(update={"cursor": None})
        return [request.model_copy(update={name: part, "limitation": limitation}) for part in parts]
    return []


def shorter(request: PagedRequest, error: BadRequestError) -> list[PagedRequest]:
    """Return halves of a request whose interval Mews may just have refused as too long, else none.

    Only an interval beyond the three months of the docs, by its margins, comes into question.
    """
    intervals_given = (getattr(request, name) for name in type(request).model_fields)
    is_beyond_the_docs = any(
        isinstance(value, Interval) and intervals.is_too_long(value, timedelta(0))
        for value in intervals_given
    )
    is_about_a_list = (error.invalid_parameter or "").endswith("s")
    return lighter(request) if is_beyond_the_docs and not is_about_a_list else []


def _halved(request: PagedRequest) -> Iterator[tuple[str, list[Any]]]:
    """Yield the fields that can be halved, the best one first, each with its halves."""
    values = {name: getattr(request, name) for name in type(request).model_fields}
    closed = {
        name: value
        for name, value in values.items()
        if isinstance(value, Interval) and value.start and value.end
    }
    for name in sorted(closed, key=lambda name: _weight(name, closed[name]), reverse=True):
        if parts := intervals.halves(closed[name]):
            yield name, parts
    lists = {name: value for name, value in values.items() if isinstance(value, list)}
    for name in sorted(lists, key=lambda name: len(lists[name]), reverse=True):
        if len(lists[name]) >= LONG_LIST:
            middle = len(lists[name]) // 2
            yield name, [lists[name][:middle], lists[name][middle:]]


def _weight(name: str, interval: Interval) -> tuple[bool, float]:
    length = interval.end - interval.start if interval.start and interval.end else None
    return name == "updated_utc", length.total_seconds() if length else 0.0


async def each_once(
    operation: Operation[Any], pages: AsyncIterator[Page]
) -> AsyncGenerator[Page, None]:
    """Yield the pages without records whose Id came before.

    Keeps all Ids in memory: for live look-ups, not for backfills.
    """
    seen: set[str] = set()
    async for page in pages:
        fresh = []
        for record in page.records:
            key = str(record.get("Id"))
            if key not in seen:
                seen.add(key)
                fresh.append(record)
        if len(fresh) < len(page.records):
            content = orjson.dumps({operation.list_key: fresh, "Cursor": page.cursor})
            yield Page(content, fresh, page.cursor, page.server_time)
        else:
            yield page
