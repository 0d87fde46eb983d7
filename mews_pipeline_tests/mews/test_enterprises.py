"""Enterprises come from whichever operation the token may ask."""

import asyncio
import json
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from mews_pipeline.mews import Page, enterprise_pages
from mews_pipeline.mews.enterprises import currency_pages
from mews_pipeline.mews.errors import ForbiddenError, UnauthorizedError, UnreadableResponseError
from mews_pipeline_tests.support.fake_mews import FakeMews, collected, refusal

HOTEL = "851df8c8-90f2-4c4a-8e01-a4fc46b25178"
SHARED = {
    "Id": HOTEL,
    "Name": "Connector API Hotel",
    "TimeZoneIdentifier": "Europe/Budapest",
    "BusinessDayClosingOffset": None,
    "OperationalEditableHistoryInterval": "P0M5DT0H0M0S",
    "Pricing": "Gross",
    "TaxPrecision": 2,
    "AccountingEditableHistoryInterval": "P0M7DT0H0M0S",
}
CONFIGURATION = {
    "NowUtc": "2025-01-01T12:00:00Z",
    "Enterprise": {**SHARED, "AccountingConfiguration": {"Iban": "CZ72"}, "IsPortfolio": False},
}
NOON = {"Date": "Wed, 01 Jan 2025 12:00:00 GMT"}


def fetched(mews: FakeMews, enterprise_ids: list[UUID] | None = None) -> list[Page]:
    async def fetch() -> list[Page]:
        async with mews.client() as client:
            return await collected(enterprise_pages(client, enterprise_ids))

    return asyncio.run(fetch())


def test_enterprises_are_listed_where_they_may_be() -> None:
    mews = FakeMews(httpx.Response(200, json={"Enterprises": [SHARED], "Cursor": None}))

    assert fetched(mews)[0].records == [SHARED]
    assert mews.asked == ["enterprises/getAll"]


def test_after_a_401_the_configuration_gives_the_same_record_and_nothing_more() -> None:
    mews = FakeMews(refusal(401), httpx.Response(200, json=CONFIGURATION, headers=NOON))

    (page,) = fetched(mews)

    assert mews.asked == ["enterprises/getAll", "configuration/get"]
    assert page.records == [SHARED]
    assert json.loads(page.content) == {"Enterprises": [SHARED], "Cursor": None}
    assert page.server_time == datetime(2025, 1, 1, 12, tzinfo=UTC)


def test_of_a_portfolio_each_wanted_enterprise_is_asked_for() -> None:
    wanted = [UUID(HOTEL), UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")]
    answers = [httpx.Response(200, json=CONFIGURATION) for _ in wanted]
    mews = FakeMews(refusal(401), *answers)

    assert len(fetched(mews, wanted)[0].records) == 2
    assert [body.get("EnterpriseId") for body in mews.bodies[1:]] == [str(i) for i in wanted]


def test_a_401_of_both_is_told() -> None:
    with pytest.raises(UnauthorizedError, match="configuration/get"):
        fetched(FakeMews(refusal(401), refusal(401)))


def test_another_refusal_is_not_got_round() -> None:
    mews = FakeMews(refusal(403))

    with pytest.raises(ForbiddenError):
        fetched(mews)
    assert mews.asked == ["enterprises/getAll"]


def test_a_configuration_without_enterprise_is_unreadable() -> None:
    with pytest.raises(UnreadableResponseError, match="no object Enterprise"):
        fetched(FakeMews(refusal(401), httpx.Response(200, json={"NowUtc": "x"})))


def test_the_currencies_of_a_configuration_are_records_and_nothing_else_is_read() -> None:
    euro = {"Currency": "EUR", "IsDefault": True, "IsEnabled": True}
    answer = httpx.Response(200, json={**CONFIGURATION, "Currencies": [euro]}, headers=NOON)
    mews = FakeMews(answer)

    async def fetch() -> list[Page]:
        async with mews.client() as client:
            return await collected(currency_pages(client, [UUID(HOTEL)]))

    (page,) = asyncio.run(fetch())
    assert page.records == [{**euro, "Id": f"{HOTEL}/EUR", "EnterpriseId": HOTEL}]
    assert json.loads(page.content) == {"Currencies": page.records}
    assert mews.bodies[0]["EnterpriseId"] == HOTEL
