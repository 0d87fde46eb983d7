"""Select the records that match a request as of the clock, and return one page of them.

Records come newest first by creation. Cursor is the id of the last item, null only on an empty page
(docs/mews-api.md, "Paging"). The order is by creation, not by update, so that an update between
two pages moves no other record.
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

_MAX_CACHED = 16
_NO_FILTER = frozenset({"ClientToken", "AccessToken", "Client", "Limitation"})


@dataclass(frozen=True, eq=False)
class Listing:
    """A paged operation; `own_ids` names the filter by the ids of the records themselves.

    Records of the chain are in the scope of every token. `requires_filter` lists filters of which
    a request must have one.
    """

    path: str
    table: str
    list_key: str
    filters: Mapping[str, Filter]
    own_ids: str
    required: str | None = None
    is_of_chain: bool = False
    requires_filter: tuple[str, ...] = ()


class Pages:
    """The pages of all listings over the tables of a world."""

    def __init__(self, tables: dict[str, Table[Any]]) -> None:
        self._tables = tables
        # All pages of one fetch share their filters: cache the matches until the data change
        self._cache: OrderedDict[object, list[Any]] = OrderedDict()

    def page(
        self, listing: Listing, body: Body, scope: frozenset[str], now: datetime,
        options: SandboxOptions,
    ) -> tuple[list[Any], str | None]:  # fmt: skip
        """Return the versions of one page and its cursor. Raises Refusal."""
        limitation = validation.limitation(body)
        predicates = [
            predicate
            for name, read in listing.filters.items()
            if (predicate := read(body, name, options.bounds)) is not None
        ]
        table = self._tables[listing.table]
        filters_given = {key: value for key, value in body.items() if key not in _NO_FILTER}
        key = (
            listing.path, scope, options.bounds, table.epoch(now),
            orjson.dumps(filters_given, option=orjson.OPT_SORT_KEYS),
        )  # fmt: skip
        found = self._cache.get(key)
        if found is None:
            found = _select(listing, table, body, scope, now, predicates)
            self._add_to_cache(key, found)
        return _cut_page(found, table, limitation, options)

    def _add_to_cache(self, key: object, found: list[Any]) -> None:
        self._cache[key] = found
        if len(self._cache) > _MAX_CACHED:
            self._cache.popitem(last=False)


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
        if (listing.is_of_chain or version.record.enterprise_id in scope)
        and all(predicate(version) for predicate in predicates)
    ]
    found.sort(key=_sort_key)
    found.reverse()
    return found


def _candidates(listing: Listing, table: Table[Any], body: Body, now: datetime) -> Iterator[Any]:
    """Yield a superset of the matches, from the index of the most selective filter."""
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


def _sort_key(version: Any) -> tuple[datetime, str]:
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
    """Return the index after a record, which itself may have left the list since the last page."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if _sort_key(found[middle]) < key:
            high = middle
        else:
            low = middle + 1
    return low


def encode_page(list_key: str, payloads: list[dict[str, Any]], cursor: str | None) -> bytes:
    """Encode the body of a page."""
    return orjson.dumps({list_key: payloads, "Cursor": cursor}, option=JSON_OPTIONS)
