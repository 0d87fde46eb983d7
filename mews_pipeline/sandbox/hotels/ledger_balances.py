"""The hotels' ledgers: what the items posted to them, day by day.

An item posts once it is consumed and its guest has checked in, a night not before its own day.
Afterwards nothing is changed: a correction is another posting, on the day on which it is made. City
tax, corrections of taxes and exchange differences go to the ledger of what is no revenue, a deposit
to the ledger of deposits, everything else to that of revenue, a rebate where what it takes back
went; the taxes of all go to the ledger of taxes. Source: docs/mews-api.md, "Ledger balances".
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate
from typing import Any

from mews_pipeline.sandbox.hotels.inventory import Property
from mews_pipeline.sandbox.hotels.order_items import OrderItem
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.hotels.service_orders import CHECKED_IN_STATES
from mews_pipeline.sandbox.hotels.table import Table

LEDGER_TYPES = ("Revenue", "Tax", "Payment", "Deposit", "Guest", "City", "NonRevenue")
_LEDGERS = {
    "CityTax": "NonRevenue",
    "TaxCorrection": "NonRevenue",
    "ExchangeRateDifference": "NonRevenue",
    "Deposit": "Deposit",
}
_COUNTED = frozenset({"Open", "Closed"})
_NOTHING = Decimal(0)
_DAY = timedelta(days=1)

Account = tuple[str, str]


class Ledgers:
    """The ledgers of all hotels, in the default currency of each."""

    def __init__(self, items: Table[Any]) -> None:
        found: defaultdict[Account, list[tuple[datetime, Decimal]]] = defaultdict(list)
        for item in items.records:
            for account, at, amount in _postings(item):
                found[account].append((at, amount))
        self._instants: dict[Account, list[datetime]] = {}
        self._balances: dict[Account, list[Decimal]] = {}
        for account, postings in found.items():
            postings.sort()
            self._instants[account] = [at for at, _ in postings]
            self._balances[account] = list(
                accumulate((amount for _, amount in postings), initial=_NOTHING)
            )

    def record(self, prop: Property, day: date, ledger: str, now: datetime) -> dict[str, Any]:
        """Return the balances of a ledger on a local day, as known at an instant."""
        opens, closes = (min(prop.at(midnight), now) for midnight in (day, day + _DAY))
        return {
            "EnterpriseId": prop.id,
            "Date": day.isoformat(),
            "LedgerType": ledger,
            "OpeningBalance": _amount(prop, self.balance(prop, ledger, opens)),
            "ClosingBalance": _amount(prop, self.balance(prop, ledger, closes)),
        }

    def balance(self, prop: Property, ledger: str, before: datetime) -> Decimal:
        """Return the sum of what was posted before an instant."""
        account = prop.id, ledger
        if account not in self._instants:
            return _NOTHING
        return self._balances[account][bisect_left(self._instants[account], before)]


def _postings(item: OrderItem) -> Iterator[tuple[Account, datetime, Decimal]]:
    """Yield what an item posts to which ledger, and when."""
    opened = _opened(item)
    if opened is None or item.last.price.currency != item.catalogue.currency:
        return
    ledger = _LEDGERS.get(item.origin.type, "Revenue")
    net = tax = _NOTHING
    for version in item.versions:
        at = max(version.at, opened)
        if version.superseded is not None and version.superseded <= at:
            continue
        amount = version.amount
        is_counted = version.state in _COUNTED
        new_net = amount.net if is_counted else _NOTHING
        new_tax = amount.gross - amount.net if is_counted else _NOTHING
        if new_net != net:
            yield (item.enterprise_id, ledger), at, new_net - net
        if new_tax != tax:
            yield (item.enterprise_id, "Tax"), at, new_tax - tax
        net, tax = new_net, new_tax


def _opened(item: OrderItem) -> datetime | None:
    """Return from when on an item posts; None if its guest never checked in."""
    # West of UTC a night is consumed on the local day before it
    consumed: datetime = max(item.consumed, item.start or item.consumed)
    needs_check_in = isinstance(item.order, Reservation) and item.origin.type != "CancellationFee"
    if not needs_check_in:
        return consumed
    for version in item.order.versions:
        if version.state in CHECKED_IN_STATES:
            checked_in: datetime = version.at
            return max(consumed, checked_in)
    return None


def _amount(prop: Property, balance: Decimal) -> dict[str, Any]:
    value = float(balance)
    return {
        "Currency": prop.plan.currency,
        "NetValue": value,
        "GrossValue": value,
        "TaxValues": [],
        "Breakdown": {"Items": [{"TaxRateCode": None, "NetValue": value, "TaxValue": 0}]},
    }
