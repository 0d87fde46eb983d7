"""What is earned: order items, exchange rates and ledger balances.

Source: docs/mews-api.md, "Order items", "Exchange rates", "Ledger balances".
"""

from mews_pipeline.extract.entities.entity import (
    BOOLEAN,
    DECIMAL,
    GUEST_ID,
    HARMLESS_JSON,
    HARMLESS_TEXT,
    INSTANT,
    INTEGER,
    PERSONAL_TEXT,
    RATE,
    STAFF_ID,
    Entity,
    Field,
    Landing,
)
from mews_pipeline.mews import (
    EXCHANGE_RATES_GET_ALL,
    LEDGER_BALANCES_GET_ALL,
    ORDER_ITEMS_GET_ALL,
)


def _amount(path: str) -> dict[str, Field]:
    """Return the fields of an amount: currency, value without and with tax, taxes by code."""
    return {
        f"{path}.Currency": HARMLESS_TEXT,
        f"{path}.NetValue": DECIMAL,
        f"{path}.GrossValue": DECIMAL,
        f"{path}.TaxValues": HARMLESS_JSON,
        f"{path}.Breakdown": HARMLESS_JSON,
    }


ORDER_ITEMS = Entity(
    table="order_items",
    operation=ORDER_ITEMS_GET_ALL,
    landing=Landing.VERSIONS,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "ServiceOrderId": HARMLESS_TEXT,
        "AccountId": GUEST_ID,
        "AccountType": HARMLESS_TEXT,
        "BillId": HARMLESS_TEXT,
        "AccountingCategoryId": HARMLESS_TEXT,
        "ExternalIdentifier": PERSONAL_TEXT,
        "Notes": PERSONAL_TEXT,
        "BillingName": PERSONAL_TEXT,
        "Type": HARMLESS_TEXT,
        "RevenueType": HARMLESS_TEXT,
        "AccountingState": HARMLESS_TEXT,
        "UnitCount": INTEGER,
        **_amount("Amount"),
        **_amount("UnitAmount"),
        **_amount("OriginalAmount"),
        "CreatorProfileId": STAFF_ID,
        "UpdaterProfileId": STAFF_ID,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
        "ConsumedUtc": INSTANT,
        "CanceledUtc": INSTANT,
        "ClosedUtc": INSTANT,
        "StartUtc": INSTANT,
        "ClaimedUtc": INSTANT,
        "Options.CanceledWithReservation": BOOLEAN,
        "Data": HARMLESS_JSON,
        "TaxExemptionReason": HARMLESS_TEXT,
        "TaxExemptionLegalReference": PERSONAL_TEXT,
    },
    required=frozenset({"Id", "UpdatedUtc"}),
    withheld=frozenset({"Notes", "BillingName"}),
    enums={
        "AccountType": frozenset({"Company", "Customer"}),
        "Type": frozenset(
            {
                "SpaceOrder", "ProductOrder", "NightRebate", "ProductOrderRebate",
                "AdditionalExpenseRebate", "CancellationFee", "ResourceUpgradeFee", "CustomItem",
                "ServiceCharge", "CityTax", "CityTaxDiscount", "Surcharge", "TaxCorrection",
                "Deposit", "ExchangeRateDifference", "MulticurrencyFee", "InvoiceFee",
                "AllowanceDiscount", "AllowanceBreakage", "AllowanceContraBreakage",
            }
        ),
        "RevenueType": frozenset({"Service", "Product", "Additional"}),
        "AccountingState": frozenset({"Open", "Closed", "Inactive", "Canceled"}),
    },
    may_be_refused=True,
)  # fmt: skip

EXCHANGE_RATES = Entity(
    table="exchange_rates",
    operation=EXCHANGE_RATES_GET_ALL,
    landing=Landing.SNAPSHOTS,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "SourceCurrency": HARMLESS_TEXT,
        "TargetCurrency": HARMLESS_TEXT,
        "Value": RATE,
        "SnapshotUtc": INSTANT,
    },
    required=frozenset({"SnapshotUtc"}),
    may_be_refused=True,
)

LEDGER_BALANCES = Entity(
    table="ledger_balances",
    operation=LEDGER_BALANCES_GET_ALL,
    landing=Landing.SNAPSHOTS,
    fields={
        "EnterpriseId": HARMLESS_TEXT,
        "Date": HARMLESS_TEXT,
        "LedgerType": HARMLESS_TEXT,
        **_amount("OpeningBalance"),
        **_amount("ClosingBalance"),
        "SnapshotUtc": INSTANT,
    },
    required=frozenset({"SnapshotUtc"}),
    enums={
        "LedgerType": frozenset(
            {"Revenue", "Tax", "Payment", "Deposit", "Guest", "City", "NonRevenue"}
        ),
    },
    may_be_refused=True,
)
