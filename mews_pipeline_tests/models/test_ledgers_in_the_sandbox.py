"""The ledgers of the sandbox's hotels against our revenue, in the world of the other marts."""

import shutil
from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import World
from mews_pipeline.sandbox.hotels.inventory import Property
from mews_pipeline.sandbox.hotels.ledger_balances import Ledgers
from mews_pipeline_tests.models.test_marts_in_the_sandbox import (
    FIRST_DAY,
    START,
    _rows,
    now,
    warehouse,
    world,
)
from mews_pipeline_tests.support.built_marts import LONG_AGO, Record, connect, land
from mews_pipeline_tests.support.dbt import built

__all__ = ["now", "warehouse", "world"]

DAY = timedelta(days=1)
# The first whole month with guests, and what is over of the next
DAYS = [date(2026, 8, 1) + DAY * number for number in range(52)]
DAYS_WITH_MONEY = 40
SHIFTED = Decimal(100)
Reconciled = list[tuple[Any, ...]]

pytestmark = pytest.mark.slow


def _with_ledgers(world: World) -> list[Property]:
    """Return the hotels with ledgers: all but the last."""
    return world.properties[:-1]


def _balances(world: World, at: datetime) -> list[Record]:
    ledgers = Ledgers(world.tables["order_items"])
    return [
        ledgers.record(prop, day, ledger, at) | {"SnapshotUtc": at.isoformat()}
        for prop in _with_ledgers(world)
        for day in DAYS
        for ledger in ("Revenue", "NonRevenue", "Tax")
    ]


def _reconciled(warehouse: Path, balances: list[Record], at: datetime) -> Reconciled:
    """Land a snapshot of balances, and compare it with our revenue."""
    (warehouse.parent / "pages").mkdir(exist_ok=True)
    with connect(warehouse) as connection:
        land(
            connection,
            warehouse.parent / "pages",
            "ledger_balances",
            balances,
            Window(LONG_AGO, at),
        )
    models = ("int_revenue_by_mews_date", "rpt_revenue_reconciliation")
    tests = ("warn_revenue_differs_from_mews", "--exclude-resource-type", "unit_test")
    built(warehouse, FIRST_DAY, "build", "--select", *models, *tests)
    return _rows(
        warehouse,
        "select period, enterprise_id, period_start, ledger_net, mews_net, difference, reason"
        " from marts.rpt_revenue_reconciliation order by all",
    )


@pytest.fixture(scope="module")
def copied(warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the warehouse, into which ledgers may land."""
    return Path(shutil.copy(warehouse, tmp_path_factory.mktemp("ledgers") / warehouse.name))


@pytest.fixture(scope="module")
def compared(copied: Path, world: World, now: datetime) -> Reconciled:
    """Return our revenue compared with the ledgers as they are."""
    return _reconciled(copied, _balances(world, now), now)


def test_a_hotel_without_ledgers_is_not_compared(
    warehouse: Path, compared: Reconciled, world: World
) -> None:
    assert _rows(warehouse, "from marts.rpt_revenue_reconciliation") == []
    assert {row[1] for row in compared} == {prop.id for prop in _with_ledgers(world)}


def test_every_month_ties_once_corrections_count_where_mews_books_them(
    compared: Reconciled, world: World
) -> None:
    months = [row for row in compared if row[0] == "month"]

    assert len(months) == 2 * len(_with_ledgers(world))
    assert {row[-1] for row in months} <= {"equal", "booked_in_other_months"}
    assert sum(row[4] for row in months) > SHIFTED * 1000


def test_every_day_that_differs_has_a_reason_and_most_are_wholly_explained(
    compared: Reconciled,
) -> None:
    days = [row for row in compared if row[0] == "day" and row[3] > 0]
    reasons = Counter(row[-1] for row in days)

    assert "unexplained" not in reasons
    assert {row[5] for row in days if row[-1] == "equal"} == {Decimal(0)}
    assert reasons["equal"] + reasons["booked_on_other_days"] > 0.7 * len(days) > DAYS_WITH_MONEY


def test_what_is_compared_is_the_revenue_of_the_reports(copied: Path, compared: Reconciled) -> None:
    found = _rows(
        copied,
        "select enterprise_id, stay_date, total_revenue from marts.rpt_performance_daily"
        " where definition = 'mews_manager' and is_default_currency and enterprise_id != 'all'",
    )
    reported = {(enterprise_id, day): revenue for enterprise_id, day, revenue in found}

    days = [row for row in compared if row[0] == "day" and row[2] >= START]
    assert days
    assert [row[3] for row in days] == [reported[row[1], row[2]] for row in days]


def test_a_day_of_a_ledger_that_was_shifted_is_listed_and_its_month_too_if_it_lost_money(
    copied: Path, compared: Reconciled, world: World, now: datetime
) -> None:
    """The revenue of one day is 100 too high in the ledger, and in one hotel never corrected."""
    equal = {row[1:3] for row in compared if row[0] == "day" and row[-1] == "equal"}
    shifted, lost = (
        next((prop.id, day) for day in DAYS if {(prop.id, day), (prop.id, day + DAY)} <= equal)
        for prop in _with_ledgers(world)
    )
    balances = _balances(world, now)
    for record in balances:
        key = record["EnterpriseId"], date.fromisoformat(record["Date"])
        if record["LedgerType"] == "Revenue":
            if key in {shifted, lost}:
                record["ClosingBalance"]["NetValue"] += float(SHIFTED)
            if key == (shifted[0], shifted[1] + DAY):
                record["OpeningBalance"]["NetValue"] += float(SHIFTED)

    again = _reconciled(copied, balances, now + timedelta(minutes=1))

    assert len(again) == len(compared)
    changed = {row for row in again if row not in compared}
    assert {(row[0], *row[1:3], row[5]) for row in changed if row[0] == "day"} == {
        ("day", *shifted, -SHIFTED),
        ("day", shifted[0], shifted[1] + DAY, SHIFTED),
        ("day", *lost, -SHIFTED),
    }
    assert {row[-1] for row in changed} == {"unexplained"}
    months = [row[1:3] for row in changed if row[0] == "month"]
    assert months == [(lost[0], lost[1].replace(day=1))]
