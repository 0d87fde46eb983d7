"""Fetch listings without pages as one page.

Source: docs/mews-api.md, "Reference operations of money", "Exchange rates".
"""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

import orjson

from mews_pipeline.mews.client import MewsClient
from mews_pipeline.mews.errors import UnreadableResponseError
from mews_pipeline.mews.operations import (
    CURRENCIES_GET_ALL,
    EXCHANGE_RATES_GET_ALL,
    Operation,
    R,
)
from mews_pipeline.mews.pages import Page, Record


async def currency_pages(client: MewsClient) -> AsyncGenerator[Page, None]:
    """Yield the currencies of Mews as one page; each has its code as Id. Raises MewsError."""
    records, at = await _whole(client, CURRENCIES_GET_ALL, CURRENCIES_GET_ALL.request())
    yield _page([record | {"Id": record.get("Code")} for record in records], at)


async def exchange_rate_pages(
    client: MewsClient, enterprise_ids: Sequence[UUID], opened: Sequence[UUID]
) -> AsyncGenerator[Page, None]:
    """Yield today's exchange rates as one page; each has the instant at which Mews gave it.

    `enterprise_ids` narrow what the token opens. A rate that names no enterprise is that of the
    only one in `opened`. Raises MewsError.
    """
    request = EXCHANGE_RATES_GET_ALL.request(enterprise_ids=list(enterprise_ids) or None)
    records, at = await _whole(client, EXCHANGE_RATES_GET_ALL, request)
    only = {"EnterpriseId": str(opened[0])} if len(opened) == 1 else {}
    instant = {"SnapshotUtc": at.server_time.isoformat()}
    yield _page([only | record | instant for record in records], at)


async def _whole(
    client: MewsClient, operation: Operation[R], request: R
) -> tuple[list[Record], Page]:
    """Return the records of an operation without pages, and an empty page with their instant."""
    answer = await client.call(operation, request)
    found = answer.record.get(str(operation.list_key))
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise UnreadableResponseError(
            "an answer could not be read: it has no list of objects", operation=operation.path
        )
    return found, Page(answer.content, [], None, answer.server_time)


def _page(records: list[Record], page: Page) -> Page:
    return Page(
        orjson.dumps({"Records": len(records)}),
        records,
        page.cursor,
        page.server_time,
        page.replaced_characters,
    )
