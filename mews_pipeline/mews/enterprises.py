"""Fetch the enterprises in scope of a token, by whichever operation it may call."""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from uuid import UUID

import orjson

from mews_pipeline.mews.client import MewsClient
from mews_pipeline.mews.errors import UnauthorizedError, UnreadableResponseError
from mews_pipeline.mews.operations import CONFIGURATION_GET, ENTERPRISES_GET_ALL
from mews_pipeline.mews.pages import Page, Record

# The fields that configuration/get shares with enterprises/getAll (docs/mews-api.md, "Tokens and
# scope"). We do not read the rest of its Enterprise, which has bank accounts.
SHARED_FIELDS = (
    "Id",
    "ChainId",
    "Name",
    "ShortName",
    "TimeZoneIdentifier",
    "BusinessDayClosingOffset",
    "OperationalEditableHistoryInterval",
    "GroupNames",
    "CreatedUtc",
    "UpdatedUtc",
    "Pricing",
    "TaxPrecision",
    "AccountingEditableHistoryInterval",
)

logger = logging.getLogger(__name__)


async def enterprise_pages(
    client: MewsClient, enterprise_ids: Sequence[UUID] | None = None
) -> AsyncGenerator[Page, None]:
    """Yield the pages of enterprises/getAll, or one page of the same shape from configuration/get.

    The latter where the former responds 401, as it may to single-property tokens (docs/mews-api.md,
    "Tokens and scope"); its records have only SHARED_FIELDS. Raises MewsError.
    """
    filters = {"enterprise_ids": list(enterprise_ids)} if enterprise_ids else {}
    try:
        async with aclosing(client.all_pages(ENTERPRISES_GET_ALL, filters)) as pages:
            async for page in pages:
                yield page
    except UnauthorizedError as error:
        logger.info("configuration/get is asked instead of enterprises/getAll: %s", error)
    else:
        return
    yield await _configured(client, enterprise_ids or [None])


async def _configured(client: MewsClient, enterprise_ids: Sequence[UUID | None]) -> Page:
    records: list[Record] = []
    for enterprise_id in enterprise_ids:
        request = CONFIGURATION_GET.request(enterprise_id=enterprise_id)
        answer = await client.call(CONFIGURATION_GET, request)
        enterprise = answer.record.get("Enterprise")
        if not isinstance(enterprise, dict):
            raise UnreadableResponseError(
                "an answer could not be read: it has no object Enterprise",
                operation=CONFIGURATION_GET.path,
            )
        records.append({name: enterprise[name] for name in SHARED_FIELDS if name in enterprise})
    content = orjson.dumps({ENTERPRISES_GET_ALL.list_key: records, "Cursor": None})
    return Page(content, records, None, answer.server_time)


async def currency_pages(
    client: MewsClient, enterprise_ids: Sequence[UUID]
) -> AsyncGenerator[Page, None]:
    """Yield the currencies of each enterprise, one page per enterprise, from configuration/get.

    Each record has an Id made of the enterprise and the currency. Raises MewsError.
    """
    for enterprise_id in enterprise_ids:
        request = CONFIGURATION_GET.request(enterprise_id=enterprise_id)
        answer = await client.call(CONFIGURATION_GET, request)
        records: list[Record] = [
            {
                **currency,
                "Id": f"{enterprise_id}/{currency['Currency']}",
                "EnterpriseId": str(enterprise_id),
            }
            for currency in answer.record.get("Currencies") or []
            if isinstance(currency, dict) and currency.get("Currency")
        ]
        # Only the currencies: the rest of the answer has bank accounts
        yield Page(orjson.dumps({"Currencies": records}), records, None, answer.server_time)
