"""Amounts are exact, hash alike however they are written, and never stop a fetch."""

import json
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mews_pipeline.extract.decimals import decimals
from mews_pipeline.extract.entities import EXCHANGE_RATES, ORDER_ITEMS, Kind
from mews_pipeline.extract.flatten import Flat, flatten

ITEM: dict[str, Any] = {
    "Id": "i",
    "UpdatedUtc": "2026-01-02T03:04:05Z",
    "Notes": "vegan, room 12",
    "BillingName": "Jane Doe",
    "Amount": {
        "Currency": "EUR",
        "NetValue": 93.46,
        "GrossValue": 100,
        "TaxValues": [{"Code": "DE-L", "Value": 6.54}],
        "Breakdown": {"Items": [{"TaxRateCode": "DE-L", "NetValue": 93.46, "TaxValue": 6.54}]},
    },
}


def flat_of(amount: Any) -> Flat:
    """Return an item with this amount, flattened."""
    return flatten(ORDER_ITEMS, [ITEM | {"Amount": amount}])


def written(number: str) -> Flat:
    """Return an item whose amounts are written in JSON like this, parsed and flattened."""
    amount = {"NetValue": 0, "TaxValues": [{"Code": "1.0", "Value": 0}]}
    text = json.dumps(ITEM | {"Amount": amount}).replace(": 0", f": {number}")
    return flatten(ORDER_ITEMS, [orjson.loads(text)])


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.integers(0, 6))
def test_a_decimal_of_fifteen_digits_comes_back_exactly(digits: int, places: int) -> None:
    exact = Decimal(digits).scaleb(-places)
    parsed = orjson.loads(str(exact) if "E" not in str(exact) else f"{exact:f}")

    found = decimals("amount", Kind.DECIMAL, [parsed])

    is_too_large = abs(exact) >= 10**12
    assert found.series.to_list() == [None if is_too_large else exact]
    assert found.misfits == [0] * is_too_large


@given(st.lists(st.floats(-1e13, 1e13) | st.integers(-(10**13), 10**13) | st.none(), min_size=1))
def test_a_value_is_the_same_whatever_else_is_on_its_page(values: list[Any]) -> None:
    together = decimals("amount", Kind.DECIMAL, values)
    alone = [decimals("amount", Kind.DECIMAL, [value]) for value in values]

    assert together.units == [one.units[0] for one in alone]
    assert together.series.to_list() == [one.series[0] for one in alone]


@pytest.mark.parametrize("number", ["100.0", "1e2", "100.00", "1.0E+2"])
def test_equal_amounts_hash_equally(number: str) -> None:
    usual, other = written("100").rows, written(number).rows

    assert usual["amount_net_value"][0] == Decimal(100)
    assert usual.equals(other)
    assert other["amount_tax_values"][0] == '[{"Code":"1.0","Value":100}]'
    assert not usual["_hash"].equals(written("100.01").rows["_hash"])


@pytest.mark.parametrize(
    ("value", "kept"),
    [("12.50", "12.50"), (True, True), (1e12, 1e12), ([1], [1]), (float("inf"), "inf")],
)
def test_what_is_no_amount_is_null_kept_and_counted(value: Any, kept: Any) -> None:
    flat = flat_of({"Currency": "EUR", "NetValue": value, "GrossValue": 5})

    assert flat.rows["amount_net_value"].to_list() == [None]
    assert flat.rows["amount_gross_value"].to_list() == [Decimal(5)]
    assert orjson.loads(flat.rows["_extra"][0]) == {"Amount": {"NetValue": kept}}
    assert flat.drift.fields == {"Amount.NetValue": 1}


def test_unknown_fields_and_misfits_of_one_amount_are_kept_together() -> None:
    flat = flat_of({"NetValue": "?", "Mood": "sunny"})

    assert orjson.loads(flat.rows["_extra"][0]) == {"Amount": {"Mood": "sunny", "NetValue": "?"}}
    assert flat.drift.fields == {"Amount.Mood": 1, "Amount.NetValue": 1}


@pytest.mark.parametrize("amount", [None, {}])
def test_an_item_without_an_amount_lands_with_nulls(amount: Any) -> None:
    flat = flat_of(amount)

    assert flat.rows["amount_net_value"].to_list() == [None]
    assert flat.rows["_extra"].to_list() == [None]


def test_an_amount_that_is_no_object_is_kept_beside_its_item() -> None:
    flat = flat_of(100)

    assert flat.rows["amount_net_value"].to_list() == [None]
    assert flat.rows["_extra"].to_list() == ['{"Amount":100}']
    assert flat.drift.fields == {"Amount": 1}


def test_notes_and_billing_names_neither_land_nor_are_hashed() -> None:
    with_notes = flatten(ORDER_ITEMS, [ITEM]).rows
    without = flatten(ORDER_ITEMS, [ITEM | {"Notes": None, "BillingName": "Other"}]).rows

    assert with_notes["notes"].to_list() == with_notes["billing_name"].to_list() == [None]
    assert with_notes.equals(without)
    assert "Jane" not in str(with_notes.to_dicts())


def test_an_exchange_rate_keeps_the_digits_of_the_vendors_sample() -> None:
    rate = {"SnapshotUtc": "2026-01-02T03:04:05Z", "Value": 0.85053421}

    assert flatten(EXCHANGE_RATES, [rate]).rows["value"].to_list() == [Decimal("0.85053421")]
