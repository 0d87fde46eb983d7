"""What the reports say of the ledger of revenue: pickup and restatements."""

from collections import defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.expected_money import revenue_ledger
from mews_pipeline_tests.models.brute_force.facts import ZONES, Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import DAY, duration

PICKUP = ("enterprise_id", "stay_date", "currency", "days_back", "stream")
PARTS = {
    "net_new": {"new", "converted", "reinstated"},
    "net_cancelled": {"cancelled"},
    "net_rate_change": {"price_changed"},
    "net_rebate": {"rebate"},
    "net_moved": {"moved"},
}
RESTATED = (
    "enterprise_id", "revenue_date", "currency", "order_item_id", "service_order_id", "item_type",
    "stream", "posted_at",
)  # fmt: skip


def _dated(facts: Facts) -> list[Row]:
    """Return the definite postings that have a date."""
    rows = revenue_ledger(facts)
    return [row for row in rows if row["bucket"] == "definite" and row["revenue_date"]]


def revenue_pickup(facts: Facts) -> list[Row]:
    """Expect rpt_revenue_pickup."""
    found: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    nows = {key: facts.now_of(key) for key in (*facts.latest("enterprises"), "unknown")}
    for row in _dated(facts):
        now = nows.get(row["enterprise_id"])
        for days in (1, 7, 30):
            if now and now - timedelta(days=days) < row["posted_at"] <= now:
                key = row["enterprise_id"], row["revenue_date"], row["currency"], days
                found[*key, row["stream"]].append(row)
    return [
        {
            **dict(zip(PICKUP, key, strict=True)),
            **{
                name: sum((r["net"] for r in rows if r["reason"] in reasons), Decimal(0))
                for name, reasons in PARTS.items()
            },
            "net": sum(row["net"] for row in rows),
        }
        for key, rows in found.items()
    ]


def _closed_at(enterprise: Row, row: Row) -> datetime | None:
    """Return from when on a date's money should not change any more; None without a zone."""
    zone = enterprise.get("time_zone_identifier")
    if zone not in ZONES:
        return None
    closing, *editable = (
        duration(enterprise.get(name)) or timedelta()
        for name in (
            "business_day_closing_offset",
            "operational_editable_history_interval",
            "accounting_editable_history_interval",
        )
    )
    wall = datetime.combine(row["revenue_date"] + DAY, time()) + closing + max(editable)
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


def revenue_restatements(facts: Facts) -> list[Row]:
    """Expect rpt_revenue_restatements."""
    enterprises = facts.latest("enterprises")
    found: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in _dated(facts):
        closed = _closed_at(enterprises.get(row["enterprise_id"], {}), row)
        if closed and row["posted_at"] > closed:
            found[(*(row[name] for name in RESTATED), closed)].append(row)
    expected = []
    for key, rows in found.items():
        net = sum(row["net"] for row in rows)
        if net:
            last = max(rows, key=lambda row: (row["basis"], row["known_at"]))
            cell = dict(zip((*RESTATED, "closed_at"), key, strict=True))
            expected.append({**cell, "reason": last["reason"], "net": net})
    return expected
