"""Amounts of money: exact decimals with their taxes, for prices set with tax or without.

Source: docs/mews-api.md, "Order items".
"""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, NamedTuple

_CENT = Decimal("0.01")
_ONE = Decimal(1)


class TaxPart(NamedTuple):
    """A tax rate, and the share of the price that it applies to. An untaxed part has no code."""

    code: str | None
    rate: Decimal
    share: Decimal = _ONE


class Taxation(NamedTuple):
    """How a price is taxed. With tax included, the shares of the parts add up to one."""

    is_gross: bool
    parts: tuple[TaxPart, ...]


class Tax(NamedTuple):
    """The tax of one rate, with the net value that it applies to."""

    code: str | None
    net: Decimal
    value: Decimal


class Price:
    """An amount in one currency. Equal prices are often one object."""

    __slots__ = ("_multiples", "_payload", "currency", "gross", "net", "taxes")

    def __init__(self, currency: str, net: Decimal, gross: Decimal, taxes: tuple[Tax, ...]) -> None:
        self.currency, self.net, self.gross, self.taxes = currency, net, gross, taxes
        self._payload: dict[str, Any] | None = None
        self._multiples: dict[int, Price] = {1: self}

    def __repr__(self) -> str:
        """Show the gross value and the currency."""
        return f"Price({self.gross} {self.currency})"

    def times(self, count: int) -> "Price":
        """Return a multiple of the price; its taxes are not rounded again."""
        found = self._multiples.get(count)
        if found is None:
            taxes = tuple(Tax(t.code, t.net * count, t.value * count) for t in self.taxes)
            found = Price(self.currency, self.net * count, self.gross * count, taxes)
            self._multiples[count] = found
        return found

    def payload(self) -> dict[str, Any]:
        """Return the price as the API shows it. JSON has numbers, no decimals."""
        if self._payload is None:
            self._payload = {
                "Currency": self.currency,
                "NetValue": _number(self.net),
                "GrossValue": _number(self.gross),
                "TaxValues": [
                    {"Code": tax.code, "Value": _number(tax.value)}
                    for tax in self.taxes
                    if tax.code is not None
                ],
                "Breakdown": {
                    "Items": [
                        {
                            "TaxRateCode": tax.code,
                            "NetValue": _number(tax.net),
                            "TaxValue": _number(tax.value),
                        }
                        for tax in self.taxes
                    ]
                },
            }
        return self._payload


@cache
def price(cents: int, currency: str, taxation: Taxation) -> Price:
    """Return the price of so many cents, which include the taxes if the taxation says so."""
    amount = Decimal(cents).scaleb(-2)
    if taxation.is_gross:
        return _gross_price(amount, currency, taxation.parts)
    taxes = tuple(
        Tax(part.code, net := _rounded(amount * part.share), _rounded(net * part.rate))
        for part in taxation.parts
    )
    return Price(currency, amount, amount + sum(tax.value for tax in taxes), taxes)


def _gross_price(amount: Decimal, currency: str, parts: tuple[TaxPart, ...]) -> Price:
    taxes, left = [], amount
    for part in parts:
        is_last = part is parts[-1]
        portion = left if is_last else _rounded(amount * part.share)
        left -= portion
        net = _rounded(portion / (_ONE + part.rate))
        taxes.append(Tax(part.code, net, portion - net))
    net = sum((tax.net for tax in taxes), Decimal(0))
    return Price(currency, net, amount, tuple(taxes))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_HALF_UP)


def _number(value: Decimal) -> int | float:
    """Return a JSON number: whole ones without a fraction, as in the vendor's examples."""
    return int(value) if value == int(value) else float(value)
