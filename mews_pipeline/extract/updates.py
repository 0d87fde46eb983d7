"""Fetch the versions of an entity by windows of UpdatedUtc."""

from collections.abc import AsyncGenerator, Mapping
from datetime import datetime
from uuid import UUID

from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import (
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    MewsClient,
    Page,
)
from mews_pipeline.mews.product_service_orders import OrderPages
from mews_pipeline.settings import Settings


class Updates:
    """The versions of one entity that one client can see, by window of UpdatedUtc.

    `refused` are the services whose orders Mews refused to earlier runs, and when.
    """

    def __init__(
        self,
        client: MewsClient,
        entity: Entity,
        settings: Settings,
        refused: Mapping[str, datetime] | None = None,
    ) -> None:
        self._client = client
        self._operation = entity.operation
        filters = entity.operation.request.model_fields
        self._scope = {name: ids for name, ids in settings.scope.items() if name in filters}
        self._orders = (
            OrderPages(
                client,
                settings.enterprise_ids,
                settings.service_ids,
                {UUID(service): at for service, at in (refused or {}).items()},
            )
            if entity.operation is PRODUCT_SERVICE_ORDERS_GET_ALL
            else None
        )

    @property
    def refused_services(self) -> dict[str, datetime]:
        """When Mews refused the orders of which services, those of earlier runs included."""
        found = self._orders.refused if self._orders else {}
        return {str(service): at for service, at in found.items()}

    def pages(self, window: Window) -> AsyncGenerator[Page, None]:
        """Request the window and a margin on both sides, so that no bounds lose a row of it."""
        if self._orders:
            return self._orders.pages(updated_utc=window.asked)
        filters = self._scope | {"updated_utc": window.asked}
        return self._client.all_pages(self._operation, filters)
