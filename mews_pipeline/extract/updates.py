"""Which operations bring an entity, with which requests: the windowed ones and the reference data.

Source of the requests: both seeds; MEWS.md 2.3 for the reference operations.
"""

from collections.abc import AsyncGenerator

from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import (
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    MewsClient,
    Page,
)
from mews_pipeline.mews.product_service_orders import Orders
from mews_pipeline.settings import Settings


class Updates:
    """The versions of one windowed entity that one client can see, by window of UpdatedUtc."""

    def __init__(self, client: MewsClient, entity: Entity, settings: Settings) -> None:
        self._client = client
        self._operation = entity.operation
        filters = entity.operation.request.model_fields
        self._scope = {name: ids for name, ids in settings.scope.items() if name in filters}
        self._orders = (
            Orders(client, settings.enterprise_ids, settings.service_ids)
            if entity.operation is PRODUCT_SERVICE_ORDERS_GET_ALL
            else None
        )

    def pages(self, window: Window) -> AsyncGenerator[Page, None]:
        """Ask for the window and its margins, so that no server's bounds lose a row of it."""
        if self._orders:
            return self._orders.pages(updated_utc=window.asked)
        filters = self._scope | {"updated_utc": window.asked}
        return self._client.all_pages(self._operation, filters)
