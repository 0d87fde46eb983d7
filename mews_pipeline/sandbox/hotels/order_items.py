"""Order items and their versions: what is sold with a reservation or a product service order.

Records are compact: they build their API payloads on demand.
Source: docs/mews-api.md, "Order items".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mews_pipeline.sandbox.hotels.catalogue import Catalogue
from mews_pipeline.sandbox.hotels.prices import Price
from mews_pipeline.sandbox.hotels.service_orders import ServiceOrder
from mews_pipeline.sandbox.hotels.table import Version, VersionedRecord

REBATES = {"SpaceOrder": "NightRebate", "ProductOrder": "ProductOrderRebate"}
OTHER_REBATE = "AdditionalExpenseRebate"
_REVENUE_TYPES = {"SpaceOrder": "Service", "ProductOrder": "Product"}
_DEAD = frozenset({"Canceled"})


class OrderItem(VersionedRecord["OrderItemVersion"]):
    """The fields of an order item that never change.

    `category` is the name of its accounting category, `product` the key of its product, `root` the
    item that it rebates, and `data` what else the API's field Data shows.
    """

    __slots__ = (
        "catalogue", "category", "consumed", "data", "is_exempt", "order", "original", "product",
        "root", "start", "type",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913
        self,
        record_id: str,
        created: datetime,
        order: ServiceOrder,
        catalogue: Catalogue,
        *,
        type: str,  # noqa: A002
        category: str | None,
        consumed: datetime,
    ) -> None:
        super().__init__(record_id, created)
        self.order, self.catalogue = order, catalogue
        self.type, self.category, self.consumed = type, category, consumed
        self.start: datetime | None = None
        self.product: str | None = None
        self.root: OrderItem | None = None
        self.data: dict[str, Any] | None = None
        self.original: Price | None = None
        self.is_exempt = False

    @property
    def enterprise_id(self) -> str:
        """The hotel's id."""
        return self.order.prop.id

    @property
    def last(self) -> "OrderItemVersion":
        """The newest version."""
        return self.versions[-1]

    @property
    def is_live(self) -> bool:
        """Whether the item is not canceled, as of its newest version."""
        return self.versions[-1].state not in _DEAD

    @property
    def origin(self) -> "OrderItem":
        """The item at the end of the chain of rebates: itself, if it rebates nothing."""
        return self if self.root is None else self.root.origin

    def data_payload(self) -> dict[str, Any] | None:
        """Return the field Data: what the item rebates, or which product it is."""
        if self.data is not None:
            return self.data
        product_id = self.catalogue.product_id(self.product) if self.product else None
        if self.root is not None:
            rebate = {"ProductId": product_id, "RebatedItemId": self.root.id}
            return {"Discriminator": "Rebate", "Rebate": rebate, "Product": None}
        if product_id is None:
            return None
        kind = "Allowance" if self.product == "allowance" else "Product"
        product = {"ProductId": product_id, "AgeCategoryId": None, "ProductType": kind}
        return {"Discriminator": "Product", "Rebate": None, "Product": product}

    def fixed_fields(self) -> dict[str, Any]:
        """Return the fields that all versions share."""
        order, traits = self.order, self.order.traits
        prop = order.prop
        return {
            "Id": self.id,
            "EnterpriseId": prop.id,
            "AccountId": order.account_id,
            "AccountType": "Company" if traits % 41 == 0 else "Customer",
            "ServiceId": order.service.id,
            "ServiceOrderId": order.id,
            # What hotels write about guests, which the pipeline must never store
            "Notes": f"Guest {order.account} asked for a quiet table" if traits % 9 == 0 else None,
            "BillingName": f"Dinner of Ms Sample {order.account}" if traits % 10 == 0 else None,
            "AccountingCategoryId": self.catalogue.category_id(self.category),
            "ExternalIdentifier": f"POS-{traits % 9973}" if traits % 13 == 0 else None,
            "RevenueType": _REVENUE_TYPES.get(self.type, "Additional"),
            "CreatorProfileId": self.catalogue.profile_id(traits),
            "CreatedUtc": self.created,
            "ConsumedUtc": self.consumed,
            "StartUtc": self.start,
            "ClaimedUtc": None,
            "Type": self.type,
            "Data": self.data_payload(),
            "TaxExemptionReason": "Exempt" if self.is_exempt else None,
            "TaxExemptionLegalReference": "Article 9" if self.is_exempt else None,
        }


class OrderItemVersion(Version):
    """The changing fields of an order item. Its amount is `count` times the price of a unit."""

    __slots__ = ("bill", "canceled", "closed", "count", "is_canceled_with_order", "price", "state")

    def __init__(self, state: str, price: Price, count: int) -> None:
        self.state, self.price, self.count = state, price, count
        self.bill = 0
        self.canceled: datetime | None = None
        self.closed: datetime | None = None
        self.is_canceled_with_order = False

    @property
    def amount(self) -> Price:
        """The amount of the item."""
        return self.price.times(self.count)

    def following(self, changes: Mapping[str, object]) -> "OrderItemVersion":
        """Return a copy of this version with some fields changed."""
        new = OrderItemVersion(self.state, self.price, self.count)
        new.bill, new.canceled, new.closed = self.bill, self.canceled, self.closed
        new.is_canceled_with_order = self.is_canceled_with_order
        for name, value in changes.items():
            setattr(new, name, value)
        return new

    def payload(self) -> dict[str, Any]:
        """Return the version as the API shows it, with instants as datetimes."""
        item: OrderItem = self.record
        order, amount = item.order, self.amount.payload()
        prop = order.prop
        fields = item.fixed_fields()
        fields.update(
            BillId=prop.ids("bill", (order.account, self.bill)) if self.bill else None,
            UnitCount=self.count,
            UnitAmount=self.price.payload(),
            Amount=amount,
            OriginalAmount=amount if item.original is None else item.original.payload(),
            UpdaterProfileId=item.catalogue.profile_id(self.bill),
            UpdatedUtc=self.at,
            CanceledUtc=self.canceled,
            ClosedUtc=self.closed,
            AccountingState=self.state,
            Options={"CanceledWithReservation": self.is_canceled_with_order},
        )
        return fields
