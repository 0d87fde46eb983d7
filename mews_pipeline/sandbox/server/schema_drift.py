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
