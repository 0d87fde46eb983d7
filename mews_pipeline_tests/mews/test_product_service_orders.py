"""Orders are asked for with the services that Mews takes, found out as cheaply as can be."""

import asyncio
import json
from collections.abc import Iterable
from uuid import UUID

import httpx
import pytest

from mews_pipeline.mews import MewsError, OrderPages, Page, product_service_orders
from mews_pipeline.mews.errors import BadRequestError
from mews_pipeline_tests.support.fake_mews import (
    NEW_YEARS_DAY,
    Body,
    FakeMews,
    collected,
    ids,
    refusal,
)

SPA, BAR, SHOP, STAY, PARKING = (f"00000000-0000-0000-0000-{i:012}" for i in range(5))
KINDS = {
    SPA: "Additional",
    BAR: "Additional",
    SHOP: "Additional",
    STAY: "Bookable",
    PARKING: "Bookable",
}
NOON = {"Date": "Wed, 01 Jan 2025 12:00:00 GMT"}
ORDERS, SERVICES = "productServiceOrders/getAll", "services/getAll"


@pytest.fixture(autouse=True)
def _nothing_was_noted_before() -> None:
    """Forget which services other tests had noted: each is noted once per process."""
    product_service_orders._note_left_out.cache_clear()


def hotel(
    refused: Iterable[str] = (), kinds: dict[str, str] = KINDS, services: int = 200
) -> FakeMews:
    """Return a Mews with one order per service, whose orders operation refuses some services."""
    records = [
        {"Id": i, "IsActive": i != SHOP, "Data": {"Discriminator": kind}}
        for i, kind in kinds.items()
    ]

    def answer(path: str, body: Body) -> httpx.Response:
        if path == SERVICES and services != 200:
            return refusal(services)
        if path == SERVICES:
            return httpx.Response(200, json={"Services": records, "Cursor": None}, headers=NOON)
        asked = body.get("ServiceIds", [*kinds])
        if set(asked) & set(refused):
            return refusal(400, "Invalid ServiceIds", **NOON)
        found = [{"Id": f"order of {service}"} for service in asked]
        return httpx.Response(
            200, json={"ProductServiceOrders": found, "Cursor": None}, headers=NOON
        )

    return FakeMews(by=answer)


def asked_services(mews: FakeMews) -> list[list[str] | None]:
    bodies = zip(mews.asked, mews.bodies, strict=True)
    return [body.get("ServiceIds") for path, body in bodies if path == ORDERS]


def fetched(
    mews: FakeMews, times: int = 1, configured: list[str] | None = None
) -> list[list[Page]]:
    async def fetch() -> list[list[Page]]:
        async with mews.client() as client:
            orders = OrderPages(client, service_ids=[UUID(i) for i in configured or []] or None)
            walks = [collected(orders.pages(updated_utc=NEW_YEARS_DAY)) for _ in range(times)]
            return await asyncio.gather(*walks)

    return asyncio.run(fetch())


def test_all_services_are_asked_for_in_one_request_inactive_ones_too() -> None:
    mews = hotel()

    pages = fetched(mews)[0]

    assert asked_services(mews) == [[SPA, BAR, SHOP, STAY, PARKING]]
    assert ids(pages) == [f"order of {service}" for service in KINDS]


def test_a_refused_list_is_cut_into_additional_and_bookable_services_first() -> None:
    mews = hotel(refused=[STAY, PARKING])

    fetched(mews)

    assert asked_services(mews)[1:] == [[SPA, BAR, SHOP], [STAY, PARKING], [STAY], [PARKING]]


def test_only_the_services_that_mews_refuses_are_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    mews = hotel(refused=[BAR, STAY, PARKING])

    pages = fetched(mews)[0]

    assert ids(pages) == [f"order of {SPA}", f"order of {SHOP}"]
    warned = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(warned) == 3
    assert all(any(service in text for text in warned) for service in (BAR, STAY, PARKING))


def test_what_was_refused_is_not_asked_for_again_by_the_same_client() -> None:
    mews = hotel(refused=[BAR, STAY, PARKING])

    fetched(mews, times=3)

    assert mews.asked.count(SERVICES) == 1
    assert asked_services(mews).count([BAR]) == 1
    assert asked_services(mews).count([SPA, SHOP]) == 2
    assert asked_services(mews).count([STAY, PARKING]) == 1


def test_more_than_a_thousand_services_are_asked_in_batches() -> None:
    many = {f"00000000-0000-0000-0001-{i:012}": "Additional" for i in range(1500)}
    mews = hotel(kinds=many)

    fetched(mews)

    assert [len(services or []) for services in asked_services(mews)] == [1000, 500]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_where_services_may_not_be_read_orders_are_asked_for_without_them(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    mews = hotel(services=status)

    pages = fetched(mews)[0]

    assert asked_services(mews) == [None]
    assert len(ids(pages)) == len(KINDS)
    assert "without ServiceIds" in caplog.text


def test_configured_services_are_asked_for_at_once_and_bisected_too() -> None:
    mews = hotel(refused=[STAY])

    pages = fetched(mews, configured=[SPA, STAY])[0]

    assert SERVICES not in mews.asked
    assert ids(pages) == [f"order of {SPA}"]


@pytest.mark.parametrize("configured", [None, [STAY]], ids=["found", "configured"])
def test_where_every_service_is_refused_there_is_an_empty_page_of_the_servers_time(
    configured: list[str] | None,
) -> None:
    pages = fetched(hotel(refused=KINDS), configured=configured)[0]

    assert ids(pages) == []
    assert [page.server_time.hour for page in pages] == [12]
    assert json.loads(pages[0].content) == {"ProductServiceOrders": [], "Cursor": None}


def test_a_service_refused_in_the_middle_of_paging_is_left_out_and_no_other_loses_an_order(
    caplog: pytest.LogCaptureFixture,
) -> None:
    closed: set[str] = set()

    def answer(path: str, body: Body) -> httpx.Response:
        if path == SERVICES:
            services = [
                {"Id": i, "Data": {"Discriminator": "Additional"}} for i in (SPA, BAR, SHOP)
            ]
            return httpx.Response(200, json={"Services": services, "Cursor": None})
        asked, cursor = body["ServiceIds"], body["Limitation"].get("Cursor")
        if closed & set(asked):
            return refusal(400, "Invalid ServiceIds")
        orders = [f"{n} of {service}" for n in range(2) for service in asked]
        first = orders.index(cursor) + 1 if cursor else 0
        if first == 2:
            closed.add(BAR)
        found = [{"Id": order} for order in orders[first : first + 2]]
        return httpx.Response(
            200, json={"ProductServiceOrders": found, "Cursor": found[-1]["Id"] if found else None}
        )

    pages = fetched(FakeMews(by=answer))[0]

    assert {f"{n} of {service}" for n in range(2) for service in (SPA, SHOP)} <= set(ids(pages))
    assert BAR in caplog.text
    assert SPA not in caplog.text


def test_another_400_is_not_taken_for_a_refused_service() -> None:
    def answer(path: str, _: Body) -> httpx.Response:
        if path == ORDERS:
            return refusal(400, "Invalid UpdatedUtc")
        services = [{"Id": SPA, "Data": None}]
        return httpx.Response(200, json={"Services": services, "Cursor": None})

    with pytest.raises(BadRequestError, match="Invalid UpdatedUtc"):
        fetched(FakeMews(by=answer))


def test_a_portfolio_is_narrowed_to_the_enterprises_that_are_wanted() -> None:
    enterprise = UUID("3fa85f64-5717-4562-b3fc-2c963f66afa6")
    mews = hotel()

    async def fetch() -> None:
        async with mews.client() as client:
            await collected(OrderPages(client, enterprise_ids=[enterprise]).pages())

    asyncio.run(fetch())

    assert [body["EnterpriseIds"] for body in mews.bodies] == [[str(enterprise)]] * 2


def test_a_service_without_an_id_is_an_error_of_ours() -> None:
    mews = FakeMews(by=lambda *_: httpx.Response(200, json={"Services": [{}], "Cursor": None}))

    with pytest.raises(MewsError, match=r"services/getAll: .*Id"):
        fetched(mews)
