"""Retention nulls what is personal of stays that ended long ago, and changes nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import (
    ORDER_ITEMS,
    PRODUCT_SERVICE_ORDERS,
    personal_columns,
)
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.warehouse import retention
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline.warehouse.raw import SOURCES
from mews_pipeline.warehouse.retention import limit_personal
from mews_pipeline_tests.support.lakes import FILE, SLOW_LAKE
from mews_pipeline_tests.support.seeds import reservation
from mews_pipeline_tests.warehouse.conftest import fetch as fetch  # noqa: PLC0414 - a fixture

Fetch = Callable[..., Fetched]
NOW = datetime(2026, 1, 31, tzinfo=UTC)
OLD, NEW = "2025-12-01T10:00:00Z", "2026-01-20T10:00:00Z"


@pytest.fixture(params=[FILE, SLOW_LAKE])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    """Return a warehouse of each kind, whose updates were fetched through the day NOW."""
    made = warehouse_of(request.param.format(tmp_path / "data"))
    with made.open() as connection:
        connection.execute(
            "insert into raw.fetches (operation, fetched_through_utc, finished_utc)"
            " values ('reservations', $now, $now)",
            {"now": NOW},
        )
    return made


def limited(warehouse: Warehouse) -> int:
    """Null what ended more than 30 days ago; return how many versions changed."""
    return sum(limit_personal(warehouse, 30).values())


def stay(name: str, end: str | None, **changes: Any) -> dict[str, Any]:
    """Return a stay that names its guest and ends then."""
    ends = {"EndUtc": end, "ScheduledEndUtc": end, "ActualEndUtc": None}
    return reservation(Id=name, AccountId=f"guest of {name}", **ends | changes)


def order(name: str, stay: str | None) -> dict[str, Any]:
    given = reservation(Id=name, AccountId=f"guest of {name}", LinkedReservationId=stay)
    return {
        field: value for field, value in given.items() if field in PRODUCT_SERVICE_ORDERS.fields
    }


def landed(warehouse: Warehouse, fetched: Fetched) -> None:
    with warehouse.landings() as lock, lock(fetched.entity.table) as table:
        land(table.connection, fetched, Run("run", "run"), table.lock)


def named(warehouse: Warehouse, table: str = "reservations") -> set[str]:
    """Return the records of which some version still names its guest."""
    with warehouse.open() as connection:
        found = connection.execute(
            f"select id from raw.{table} where account_id is not null or number is not null"
        ).fetchall()
    return {name for (name,) in found}


def erasures(warehouse: Warehouse) -> list[Any]:
    with warehouse.open() as connection:
        return connection.execute(
            "select reason, versions, finished_utc is not null from raw.erasures"
        ).fetchall()


def others(warehouse: Warehouse) -> dict[str, Any]:
    """Return what models read: each raw table without its personal columns."""
    found = {}
    with warehouse.open() as connection:
        for table, columns in SOURCES.items():
            kept = ", ".join(f'"{name}"' for name in columns if name not in personal_columns())
            rows = connection.execute(f"select {kept} from raw.{table} order by all")
            found[table] = rows.fetchall()
    return found


def test_all_versions_of_stays_that_ended_before_lose_what_is_personal_and_nothing_else(
    warehouse: Warehouse, fetch: Fetch
) -> None:
    moved = stay("moved", OLD)
    shortened = stay("shortened", NEW)
    later = {"UpdatedUtc": "2023-04-22T18:00:00Z"}
    stays = [
        stay("old", OLD),
        stay("old", OLD, **later, OriginDetails="Jane"),
        stay("new", NEW),
        stay("left early", NEW, ActualEndUtc=OLD),
        moved,
        moved | later | {"EndUtc": NEW, "ScheduledEndUtc": NEW},
        shortened,
        shortened | later | {"EndUtc": OLD, "ScheduledEndUtc": OLD},
    ]
    landed(warehouse, fetch(stays))
    before = others(warehouse)
    assert limited(warehouse) == 5
    assert named(warehouse) == {"new", "moved"}
    assert others(warehouse) == before
    assert erasures(warehouse) == [("retention", 5, True)]


def test_an_order_ends_with_its_stay_or_with_its_last_update(
    warehouse: Warehouse, fetch: Fetch
) -> None:
    landed(warehouse, fetch([stay("old", OLD), stay("new", NEW)]))
    orders = [order("of old", "old"), order("of new", "new"), order("of none", None)]
    landed(warehouse, fetch(orders, entity=PRODUCT_SERVICE_ORDERS))
    # All were updated in 2023
    limited(warehouse)
    assert named(warehouse, "product_service_orders") == {"of new"}


def test_an_order_item_ends_with_its_stay_or_with_its_last_update(
    warehouse: Warehouse, fetch: Fetch
) -> None:
    landed(warehouse, fetch([stay("old", OLD), stay("new", NEW)]))
    item = {"UpdatedUtc": "2023-04-22T18:00:00Z", "AccountId": "a guest"}
    items = [item | {"Id": f"of {name}", "ServiceOrderId": name} for name in ("old", "new", "none")]
    landed(warehouse, fetch(items, entity=ORDER_ITEMS))
    limited(warehouse)
    with warehouse.open() as connection:
        named = connection.execute("select id from raw.order_items where account_id is not null")
        assert named.fetchall() == [("of new",)]


def test_nothing_to_null_changes_and_compacts_nothing(
    warehouse: Warehouse, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed(warehouse, fetch([stay("old", OLD), stay("new", NEW)]))
    assert limited(warehouse) == 1
    monkeypatch.delattr(retention, "compact")
    assert limited(warehouse) == 0
    assert erasures(warehouse) == [("retention", 1, True)]


def test_what_lands_later_of_an_old_stay_is_nulled_by_the_next_call(
    warehouse: Warehouse, fetch: Fetch
) -> None:
    landed(warehouse, fetch([stay("old", OLD)]))
    limited(warehouse)
    landed(
        warehouse, fetch([stay("old", OLD), stay("old", OLD, UpdatedUtc="2023-04-22T18:00:00Z")])
    )
    assert named(warehouse) == {"old"}
    assert limited(warehouse) == 1
    assert named(warehouse) == set()


def test_one_that_was_stopped_before_it_compacted_is_finished_by_the_next(
    warehouse: Warehouse, fetch: Fetch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetched = fetch([stay(f"old {number}", OLD, OriginDetails="Jane Doe") for number in range(40)])
    landed(warehouse, fetched)

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retention, "compact", stopped)
        with pytest.raises(KeyboardInterrupt):
            limited(warehouse)
    assert erasures(warehouse) == [("retention", 40, False)]
    assert limited(warehouse) == 0
    assert erasures(warehouse) == [("retention", 40, True)]
    found = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [path for path in found if b"Jane Doe" in path.read_bytes()]
    decoded = [duckdb.read_parquet(str(path)) for path in found if path.suffix == ".parquet"]
    assert not [frame for frame in decoded if "Jane Doe" in str(frame.fetchall())]
