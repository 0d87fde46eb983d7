"""Put undocumented fields and values into some records."""

from typing import Any

from mews_pipeline.sandbox.server.options import SchemaDrift


def apply_drift(payloads: list[dict[str, Any]], drift: SchemaDrift) -> list[dict[str, Any]]:
    """Apply the configured drift to one of `drift.every` records each, chosen by id."""
    if drift == SchemaDrift(every=drift.every):
        return payloads
    for payload in payloads:
        remainder = int(payload["Id"][-6:], 16) % drift.every
        _EFFECTS.get(remainder, _no_change)(payload, drift)
    return payloads


def apply_odd_money(payloads: list[dict[str, Any]], drift: SchemaDrift) -> list[dict[str, Any]]:
    """Make one of `drift.every` order items odd in each way, chosen by id."""
    if drift.odd_money:
        for payload in payloads:
            remainder = int(payload["Id"][-6:], 16) % drift.every
            payload.update(_ODD_MONEY.get(remainder, _not_odd)(payload))
    return payloads


def _not_a_number(payload: dict[str, Any]) -> dict[str, Any]:
    return {"Amount": {**payload["Amount"], "NetValue": "n/a", "GrossValue": None}}


def _no_currency(payload: dict[str, Any]) -> dict[str, Any]:
    return {"Amount": {**payload["Amount"], "Currency": None}}


def _unknown_type(payload: dict[str, Any]) -> dict[str, Any]:
    del payload
    return {"Type": "Donation", "TippedBy": "the guest"}


def _unknown_service(payload: dict[str, Any]) -> dict[str, Any]:
    del payload
    return {"ServiceId": _UNKNOWN_ID, "AccountingCategoryId": _UNKNOWN_ID}


def _no_date(payload: dict[str, Any]) -> dict[str, Any]:
    del payload
    return {"ConsumedUtc": None, "StartUtc": None}


def _rebate_of_nothing(payload: dict[str, Any]) -> dict[str, Any]:
    del payload
    rebate = {"ProductId": None, "RebatedItemId": _UNKNOWN_ID}
    return {"Type": "NightRebate", "Data": {"Discriminator": "Rebate", "Rebate": rebate}}


def _not_odd(payload: dict[str, Any]) -> dict[str, Any]:
    del payload
    return {}


_UNKNOWN_ID = "00000000-0000-4000-a000-00000000dead"
_ODD_MONEY = {
    1: _not_a_number,
    2: _no_currency,
    3: _unknown_type,
    4: _unknown_service,
    5: _no_date,
    6: _rebate_of_nothing,
}


def _extra_fields(payload: dict[str, Any], drift: SchemaDrift) -> None:
    if drift.extra_fields:
        payload["LoyaltyTier"] = "Gold"
        payload["Sustainability"] = {"SkipCleaning": True, "Score": 0.5}
        payload["Options"] = {**payload["Options"], "DigitalKeyIssued": True}


def _unknown_values(payload: dict[str, Any], drift: SchemaDrift) -> None:
    if drift.unknown_values:
        payload["CommanderOrigin"] = "Telegram"
        if payload.get("CancellationReason"):
            payload["CancellationReason"] = "Covid19"


def _null_person_counts(payload: dict[str, Any], drift: SchemaDrift) -> None:
    if drift.null_person_counts and "PersonCounts" in payload:
        payload["PersonCounts"] = None


def _empty_person_counts(payload: dict[str, Any], drift: SchemaDrift) -> None:
    if drift.empty_person_counts and "PersonCounts" in payload:
        payload["PersonCounts"] = []


def _unknown_state(payload: dict[str, Any], drift: SchemaDrift) -> None:
    if drift.unknown_states:
        payload["State"] = "Waitlisted"


def _no_change(payload: dict[str, Any], drift: SchemaDrift) -> None:
    del payload, drift


_EFFECTS = {
    0: _extra_fields,
    1: _unknown_values,
    2: _null_person_counts,
    3: _empty_person_counts,
    4: _unknown_state,
}
