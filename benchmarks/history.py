"""Fill `raw.*` with years of plausible hotel life in seconds, made by DuckDB itself.

100 hotels have 100 rooms each in five categories. A reservation is made; some are options first,
some are changed, a fifth is cancelled, and the others check in and out. Each step is a version,
landed within half an hour after it happened, in the order of time, as refreshes land them. Each
night has an item for the room, for breakfast and for city tax.
"""

from datetime import datetime
from pathlib import Path

import duckdb

from mews_pipeline.warehouse.file import create_private_database
from mews_pipeline.warehouse.raw import create_tables

FIRST_ARRIVAL = "2023-03-01"
NOW = "2026-03-01 00:00:00+00"
VERSIONS_PER_RESERVATION = 3.27
# Versions in a raw table per reservation
PER_RESERVATION = {"reservations": VERSIONS_PER_RESERVATION, "order_items": 14.3}

_IDS = """
    create temp macro uid(kind, number) as cast(cast(md5(kind || number) as uuid) as varchar)
"""
_REFERENCE = {
    "enterprises": """
        select uid('hotel', n) as id, 'Hotel ' || n as name, 'Europe/Prague' as time_zone_identifier
        from range(100) t(n)""",
    "services": """
        select uid('stay', n) as id, uid('hotel', n) as enterprise_id, true as is_active,
            'Stay' as name, 'Bookable' as data_discriminator, 'Day' as data_value_time_unit_period,
            'P0M0DT15H0M0S' as data_value_occupancy_start_offset,
            'P0M1DT11H0M0S' as data_value_occupancy_end_offset
        from range(100) t(n)""",
    "age_categories": """
        select uid('adult', n) as id, uid('stay', n) as service_id,
            uid('hotel', n) as enterprise_id,
            'Adult' as classification, true as is_active
        from range(100) t(n)""",
    "enterprise_currencies": """
        select uid('currency', n) as id, uid('hotel', n) as enterprise_id, 'EUR' as currency,
            true as is_default, true as is_enabled
        from range(100) t(n)""",
    "accounting_categories": """
        select uid(kind, n) as id, uid('hotel', n) as enterprise_id, true as is_active,
            kind as name, kind as classification
        from range(100) t(n), (values ('Accommodation'), ('FoodAndBeverage'), ('Taxes')) k(kind)""",
    "resource_categories": """
        select uid('category', n) as id, uid('stay', n // 5) as service_id,
            uid('hotel', n // 5) as enterprise_id, true as is_active, 'Room' as type
        from range(500) t(n)""",
    "resources": """
        select uid('room', n) as id, uid('hotel', n // 100) as enterprise_id, true as is_active,
            'Clean' as state, n as name
        from range(10000) t(n)""",
    "resource_category_assignments": """
        select uid('assignment', n) as id, uid('room', n) as resource_id,
            uid('category', n // 20) as category_id, true as is_active
        from range(10000) t(n)""",
}
# One row per reservation: what its versions have in common, and what happens to it
_LIVES = """
    create temp table lives as
    with drawn as (
        select n, hash(n) as a, hash(n, 1) as b, hash(n, 2) as c from range($reservations) t(n)
    ),
    placed as (
        select *, a % 100 as hotel, a % 100 * 5 + a // 100 % 5 as category,
            cast($first_arrival as timestamptz) + to_days(cast(b % 1200 as int)) as arrival,
            1 + (b >> 20) % 4 as nights, cast((b >> 32) % 120 as int) as lead_days,
            c % 100 as fate, (c >> 16) % 100 as change, (c >> 24) % 20000 as seconds
        from drawn
    )
    select *, uid('reservation', n) as id, uid('account', n) as account_id,
        uid('group', n // 2) as group_id, uid('stay', hotel) as service_id,
        uid('category', category) as category_id,
        uid('room', category * 20 + a // 500 % 20) as room_id,
        uid('rate', (a >> 40) % 40) as rate_id,
        arrival - to_days(lead_days) - to_seconds(seconds * 4 + 3600) as created
    from placed
"""
# A fifth is cancelled, a tenth was optional first, six in ten are changed on the way
_STEPS = """
    create temp table steps as
    with happened as (
        select n, unnest(
            [{'moment': created, 'state': if(change < 10, 'Optional', 'Confirmed'), 'step': 1}]
            || if(change < 10 or change >= 40, [{
                'moment': created + (arrival - created) * 0.3, 'state': 'Confirmed', 'step': 2
            }], [])
            || if(fate < 20, [{
                'moment': created + (arrival - created) * 0.7, 'state': 'Canceled', 'step': 3
            }], [{
                'moment': arrival + to_seconds(seconds), 'state': 'Started', 'step': 4
            }, {
                'moment': arrival + to_days(cast(nights as int)) - to_seconds(seconds + 14400),
                'state': 'Processed', 'step': 5
            }]), recursive := true)
        from lives
    ),
    dated as (
        select n, date_trunc('second', moment) as moment, state, step from happened
    )
    select *, time_bucket(interval 30 minute, moment) + interval 30 minute as _landed_at,
        md5(n || '-' || step) as _hash
    from dated where moment < cast($now as timestamptz) order by moment
"""
_VERSIONS = """
    insert into raw.reservations by name
    select id, service_id, account_id, 'Customer' as account_type, account_id as booker_id,
        n::varchar as number, state, 'ChannelManager' as origin,
        date_trunc('second', created) as created_utc, moment as updated_utc,
        if(state = 'Canceled', moment, null) as cancelled_utc,
        state = 'Started' as options_owner_checked_in, rate_id, group_id,
        category_id as requested_resource_category_id, room_id as assigned_resource_id,
        'CM-' || n as channel_number,
        if(state = 'Canceled', 'RequestedByGuest', null) as cancellation_reason,
        arrival as start_utc, arrival as scheduled_start_utc,
        arrival + to_days(cast(nights + if(step > 1 and change > 70, 1, 0) as int))
            - interval 4 hour as scheduled_end_utc,
        scheduled_end_utc as end_utc,
        if(state in ('Started', 'Processed'), arrival, null) as actual_start_utc,
        if(state = 'Processed', moment, null) as actual_end_utc, 'Leisure' as purpose,
        moment as _fetched_utc, _landed_at, 'history' as _run_id, _hash
    from steps inner join lives using (n)
"""
_PEOPLE = """
    insert into raw.reservation_person_counts by name
    select id as reservation_id, moment as updated_utc, uid('adult', hotel) as age_category_id,
        1 + n % 2 as count, _landed_at, 'history' as _run_id, _hash
    from steps inner join lives using (n)
"""
# An item is made with its reservation, then canceled with it, or closed at check-out
_ITEMS = """
    insert into raw.order_items by name
    select uid('item', n || '-' || night || '-' || type) as id,
        uid('hotel', hotel) as enterprise_id, service_id,
        id as service_order_id, account_id, 'Customer' as account_type,
        uid(classification, hotel) as accounting_category_id, type, revenue_type,
        case step when 1 then if(state = 'Optional', 'Inactive', 'Open') when 3 then 'Canceled'
            else 'Closed' end as accounting_state,
        1 as unit_count, 'EUR' as amount_currency, net as amount_net_value,
        net * 1.1 as amount_gross_value,
        date_trunc('second', created) as created_utc, moment as updated_utc,
        time_bucket(interval 1 day, arrival) + to_days(cast(night as int)) as consumed_utc,
        consumed_utc as start_utc,
        if(step = 3, moment, null) as canceled_utc, if(step = 5, moment, null) as closed_utc,
        step = 3 as options_canceled_with_reservation,
        moment as _fetched_utc, _landed_at, 'history' as _run_id,
        md5(_hash || night || type) as _hash
    from steps inner join lives using (n),
        unnest(range(cast(nights as int))) as stay(night),
        (values ('SpaceOrder', 'Service', 'Accommodation', 80.0 + n % 40),
            ('ProductOrder', 'Product', 'FoodAndBeverage', 15.0),
            ('CityTax', 'Additional', 'Taxes', 3.0)
        ) as kinds(type, revenue_type, classification, net)
    where step in (1, 3, 5)
    order by _landed_at
"""
# Every day as one fetch, of every entity
_FETCHES = """
    insert into raw.fetches by name
    select uid(operation, day) as fetch_id, operation, 'history' as token_key,
        day as window_start_utc, day + interval 1 day as window_end_utc, day as started_utc,
        day + interval 1 day as finished_utc, day + interval 1 day as fetched_through_utc,
        1 as pages, 1 as rows, 1 as new_versions, 'history' as root_run_id,
        day + interval 1 day as _landed_at, 'history' as _run_id, uid(operation, day) as _hash
    from generate_series(
        timestamptz '2022-11-01', cast($now as timestamptz) - interval 1 day, interval 1 day
    ) t(day), (values ('reservations'), ('product_service_orders'), ('order_items')) o(operation)
"""


def make_history(warehouse: Path, table: str, versions: int) -> int:
    """Fill a new warehouse until that raw table has about so many versions; return how many.

    Without order items, unless they are that table.
    """
    reservations = round(versions / PER_RESERVATION[table])
    create_private_database(warehouse)  # in the storage format of a pipeline's own warehouse
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        create_tables(connection)
        connection.execute(_IDS)
        for name, records in _REFERENCE.items():
            _insert_records(connection, name, records)
        connection.execute(_LIVES, {"reservations": reservations, "first_arrival": FIRST_ARRIVAL})
        connection.execute(_STEPS, {"now": NOW})
        connection.execute(_VERSIONS)
        connection.execute(_PEOPLE)
        if table == "order_items":
            connection.execute(_ITEMS)
        connection.execute(_FETCHES, {"now": NOW})
        found = connection.execute(f"select count(*) from raw.{table}").fetchone()
    return int(found[0]) if found else 0


def now() -> datetime:
    """Return the instant up to which the history is known."""
    return datetime.fromisoformat(NOW)


def _insert_records(connection: duckdb.DuckDBPyConnection, table: str, records: str) -> None:
    connection.execute(
        f"""
        insert into raw.{table} by name
        select *, _landed_at as _fetched_utc, 'history' as _run_id, md5(id) as _hash
        from (select *, timestamptz '2022-10-01' as _landed_at from ({records}))
        """
    )
