"""Which records answer a request, as of the clock, and one page of them.

Paging: newest first by creation, Cursor the id of the last item, null only on an empty page
(MEWS.md 4). Creation, not update, orders: an update between two pages then moves no other record.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from mews_pipeline.sandbox.hotels.table import JSON_OPTIONS, Table
from mews_pipeline.sandbox.server import validation
from mews_pipeline.sandbox.server.filters import Filter, Predicate
from mews_pipeline.sandbox.server.options import SandboxOptions
from mews_pipeline.sandbox.server.refusals import invalid
from mews_pipeline.sandbox.server.validation import Body, PageRequest

_REMEMBERED = 16
_NO_FILTER = frozenset({"ClientToken", "AccessToken", "Client", "Limitation"})


@dataclass(frozen=True, eq=False)
class Listing:
    """A paged operation: its table, the key of its list, its filters, which one holds own ids."""

    path: str
    table: str
    list_key: str
    filters: Mapping[str, Filter]
    own_ids: str
    required: str | None = None


class Pages:
    """Answers listings over the tables of a world."""

    def __init__(self, tables: dict[str, Table[Any]]) -> None:
        self._tables = tables
        # Every page of a fetch asks the same again: what was found is kept while nothing happens.
        self._found: OrderedDict[object, list[Any]] = OrderedDict()

    def page(
        self, listing: Listing, body: Body, scope: frozenset[str], now: datetime,
        options: SandboxOptions,
    ) -> tuple[list[Any], str | None]:  # fmt: skip
        """Give the versions of one page and its cursor. Raises Refusal."""
        limitation = validation.limitation(body)
        predicates = [
            predicate
            for name, read in listing.filters.items()
            if (predicate := read(body, name, options.bounds)) is not None
        ]
        table = self._tables[listing.table]
        asked = {key: value for key, value in body.items() if key not in _NO_FILTER}
        key = (
            listing.path, scope, options.bounds, table.epoch(now),
            orjson.dumps(asked, option=orjson.OPT_SORT_KEYS),
        )  # fmt: skip
        found = self._found.get(key)
        if found is None:
            found = _select(listing, table, body, scope, now, predicates)
            self._remember(key, found)
        return _cut_page(found, table, limitation, options)

    def _remember(self, key: object, found: list[Any]) -> None:
        self._found[key] = found
        if len(self._found) > _REMEMBERED:
            self._found.popitem(last=False)


def _select(  # noqa: PLR0913, PLR0917
    listing: Listing,
    table: Table[Any],
    body: Body,
    scope: frozenset[str],
    now: datetime,
    predicates: list[Predicate],
) -> list[Any]:
    found = [
        version
        for version in _candidates(listing, table, body, now)
        if version.record.enterprise_id in scope
        and all(predicate(version) for predicate in predicates)
    ]
    found.sort(key=_newest)
    found.reverse()
    return found


def _candidates(listing: Listing, table: Table[Any], body: Body, now: datetime) -> Iterator[Any]:
    """Give at least what the filters let through, by the filter that leaves fewest."""
    wanted = validation.ids(body, listing.own_ids)
    if wanted is not None:
        records = (table.by_id.get(record_id) for record_id in wanted)
        held = (record.current(now) for record in records if record is not None)
        return (version for version in held if version is not None)
    for name, within in (
        ("UpdatedUtc", table.updated_within),
        ("CreatedUtc", table.created_within),
    ):
        interval = validation.interval(body, name) if name in listing.filters else None
        if interval is not None:
            return within(interval.start, interval.end, now)
    return table.current(now)


def _newest(version: Any) -> tuple[datetime, str]:
    return version.record.created, version.record.id


def _cut_page(
    found: list[Any], table: Table[Any], request: PageRequest, options: SandboxOptions
) -> tuple[list[Any], str | None]:
    first = 0
    if request.cursor is not None:
        last = table.by_id.get(request.cursor)
        if last is None:
            raise invalid("Cursor")
        first = _after(found, (last.created, last.id))
    count = request.count
    if options.short_pages:
        count = max(1, count * 2 // 3)
    page = found[first : first + count]
    return page, page[-1].record.id if page else None


def _after(found: list[Any], key: tuple[datetime, str]) -> int:
    """Give the place after a record, which itself may have left the list meanwhile."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if _newest(found[middle]) < key:
            high = middle
        else:
            low = middle + 1
    return low


def encode_page(list_key: str, payloads: list[dict[str, Any]], cursor: str | None) -> bytes:
    """Give a page's body."""
    return orjson.dumps({list_key: payloads, "Cursor": cursor}, option=JSON_OPTIONS)
