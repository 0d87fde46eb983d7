"""Fetch product service orders, and find the services that the request must name.

The vendor's newer docs require ServiceIds, refuse a list with 400 `Invalid ServiceIds` when one of
it sells no orders, and do not say whether bookable services do (docs/mews-api.md, "Product service
orders"). So a refused list is cut into additional and bookable services, then bisected.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import orjson

from mews_pipeline.mews.booking_requests import ProductServiceOrdersRequest
from mews_pipeline.mews.client import MewsClient
from mews_pipeline.mews.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnreadableResponseError,
)
from mews_pipeline.mews.operations import PRODUCT_SERVICE_ORDERS_GET_ALL, SERVICES_GET_ALL
from mews_pipeline.mews.pages import Page, Record
from mews_pipeline.mews.reference_requests import ServiceType
from mews_pipeline.mews.splitting import split

OPERATION = PRODUCT_SERVICE_ORDERS_GET_ALL

logger = logging.getLogger(__name__)


@dataclass
class _Group:
    """Services that are asked for together. `service_ids` None: the filter is left out.

    Until Mews has taken the list once, `lock` lets one asker at a time find out what it refuses.
    """

    service_ids: Sequence[UUID] | None
    is_settled: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass
class _Walk:
    """Pages that Mews has begun to give: the first is here, the rest is still to be asked for."""

    request: ProductServiceOrdersRequest
    first: Page
    rest: AsyncGenerator[Page, None]


class OrderPages:
    """The product service orders that one client can see. Make one per client, and keep it.

    `service_ids`, where given, are asked for instead of those that services/getAll lists (inactive
    ones included). `refused` holds when Mews refused which services; they are left out from then
    on. Give what an earlier client found, so that those services are not tried again.
    """

    def __init__(
        self,
        client: MewsClient,
        enterprise_ids: Sequence[UUID] | None = None,
        service_ids: Sequence[UUID] | None = None,
        refused: Mapping[UUID, datetime] | None = None,
    ) -> None:
        self.refused: dict[UUID, datetime] = dict(refused or {})
        self._client = client
        self._scope = {"enterprise_ids": list(enterprise_ids)} if enterprise_ids else {}
        self._group = _Group(service_ids) if service_ids else None
        self._additional: set[UUID] = set()
        self._finding = asyncio.Lock()
        self._names: dict[UUID, str] = {}
        self._server_time: datetime | None = None

    async def pages(self, **filters: Any) -> AsyncGenerator[Page, None]:
        """Ask for orders with the filters of ProductServiceOrdersRequest, of any length.

        At least one page; an order may come twice, as with `MewsClient.pages`. Raises MewsError.
        """
        is_answered = False
        for walk in await self._walks(await self._services(), filters):
            is_answered = True
            async with aclosing(self._all_of(walk)) as pages:
                async for page in pages:
                    yield page
        if not is_answered:
            content = orjson.dumps({OPERATION.list_key: [], "Cursor": None})
            yield Page(content, [], None, self._server_time or datetime.now(UTC))

    async def _services(self) -> _Group:
        async with self._finding:
            if self._group is None:
                self._group = await self._find_services()
            return self._group

    async def _find_services(self) -> _Group:
        additional: list[UUID] = []
        bookable: list[UUID] = []
        try:
            async for page in self._client.all_pages(SERVICES_GET_ALL, self._scope):
                self._server_time = self._server_time or page.server_time
                for service in page.records:
                    kind = (service.get("Data") or {}).get("Discriminator")
                    services = bookable if kind == ServiceType.BOOKABLE else additional
                    services.append(_id_of(service))
                    self._names[services[-1]] = str(service.get("Name") or "")
        except (UnauthorizedError, ForbiddenError, NotFoundError) as error:
            logger.warning("Orders are asked for without ServiceIds: %s", error)
            return _Group(None)
        self._additional = set(additional)
        return _Group([*additional, *bookable])

    async def _walks(self, group: _Group, filters: dict[str, Any]) -> list[_Walk]:
        async with group.lock:
            if not group.is_settled:
                walks = await self._begin(group, filters)
                group.is_settled = True
                return walks
        return await self._begin(group, filters)

    async def _begin(self, group: _Group, filters: dict[str, Any]) -> list[_Walk]:
        requests = self._requests(group, filters)
        return [walk for request in requests for walk in await self._bisected(request)]

    def _requests(
        self, group: _Group, filters: dict[str, Any]
    ) -> list[ProductServiceOrdersRequest]:
        if group.service_ids is None:
            return split(OPERATION, self._scope | filters)
        wanted = [service for service in group.service_ids if service not in self.refused]
        if not wanted:
            return []
        return split(OPERATION, self._scope | filters | {"service_ids": wanted})

    async def _all_of(self, walk: _Walk) -> AsyncGenerator[Page, None]:
        """Give the pages of a walk, by parts where a service becomes refused on the way."""
        yield walk.first
        try:
            async with aclosing(walk.rest) as rest:
                async for page in rest:
                    yield page
        except BadRequestError as error:
            refused = error
        else:
            return
        for part in await self._without_refused(walk.request, refused):
            async with aclosing(self._all_of(part)) as pages:
                async for page in pages:
                    yield page

    async def _bisected(self, request: ProductServiceOrdersRequest) -> list[_Walk]:
        pages = self._client.pages(OPERATION, request)
        try:
            return [_Walk(request, await anext(pages), pages)]
        except BadRequestError as error:
            refused = error
        return await self._without_refused(request, refused)

    async def _without_refused(
        self, request: ProductServiceOrdersRequest, error: BadRequestError
    ) -> list[_Walk]:
        """Ask again by kind or halves, without a service that is alone. Raises any other 400."""
        services = request.service_ids
        if error.invalid_parameter != "ServiceIds" or not services:
            raise error
        self._server_time = self._server_time or error.server_time
        if len(services) == 1:
            self.refused[services[0]] = datetime.now(UTC)
            _note_left_out(services[0], self._names.get(services[0], ""))
            return []
        # Additional services come first
        additional = len(self._additional.intersection(services))
        middle = additional if 0 < additional < len(services) else len(services) // 2
        halves = (services[:middle], services[middle:])
        parts = [request.model_copy(update={"service_ids": half}) for half in halves]
        return [walk for part in parts for walk in await self._bisected(part)]


@cache
def _note_left_out(service: UUID, name: str) -> None:
    """Log once per process that a service is not asked for, whichever token opens it."""
    logger.warning(
        "Mews takes no orders of service %s: it is left out.", f"{name} {service}".strip()
    )


def _id_of(service: Record) -> UUID:
    try:
        return UUID(service.get("Id"))
    except (AttributeError, TypeError, ValueError):
        found = service.get("Id")
    raise UnreadableResponseError(
        f"a service has no valid Id ({found!r})", operation=SERVICES_GET_ALL.path
    )
