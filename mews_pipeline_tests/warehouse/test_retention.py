"""Retention: personal fields of stays that ended long ago are nulled in all their versions."""

from pathlib import Path

from mews_pipeline.warehouse import retention
from mews_pipeline.warehouse.file import DuckDBFile


def test_versions_of_stays_that_ended_long_ago_lose_their_personal_fields(tmp_path: Path) -> None:
    with DuckDBFile(tmp_path / "warehouse.duckdb").open(lambda _: None) as connection:
        connection.execute(
            "insert into raw.reservations (id, account_id, scheduled_end_utc, updated_utc) values"
            " ('old', 'a', '2026-05-01', '2026-01-01'), ('old', 'a', '2026-01-05', '2026-01-02'),"
            " ('prolonged', 'b', '2026-01-05', '2026-01-01'),"
            " ('prolonged', 'b', '2026-04-30', '2026-01-02')"
        )
        connection.execute(
            "insert into raw.product_service_orders (id, account_id, linked_reservation_id,"
            " updated_utc) values ('linked', 'b', 'prolonged', '2026-01-01'),"
            " ('of old', 'a', 'old', '2026-04-30'), ('alone', 'c', null, '2026-01-01')"
        )
        connection.execute(
            "insert into raw.fetches (operation, fetched_through_utc, finished_utc)"
            " values ('reservations', '2026-05-01', '2026-05-02')"
        )
        changed = retention.erase_ended(connection, 30)
        again = retention.erase_ended(connection, 30)
        assert changed == {"reservations": 2, "product_service_orders": 2}
        assert set(again.values()) == {0}
        left = connection.execute(
            "select distinct id from raw.reservations where account_id is not null union all"
            " select id from raw.product_service_orders where account_id is not null order by 1"
        ).fetchall()
        assert left == [("linked",), ("prolonged",)]
        assert retention.is_unfinished(connection)
        retention.finish(connection)
        assert not retention.is_unfinished(connection)
