with

availability as (

    select * from {{ ref('stg_mews__availability') }}

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket in ('definite', 'optional')

),

services as (

    select * from {{ ref('dim_service') }}
    where time_zone is not null

),

latest_snapshots as (

    select
        service_id,
        max(snapshot_utc) as snapshot_utc
    from availability
    group by service_id

),

local_metrics as (

    select
        services.enterprise_id,
        availability.service_id,
        availability.resource_category_id,
        cast({{ local_time('availability.time_unit_start_utc', 'services.time_zone') }} as date)
            as stay_date,
        cast({{ local_time('availability.snapshot_utc', 'services.time_zone') }} as date)
            as snapshot_date,
        availability.snapshot_utc,
        availability.metric,
        availability.metric_value
    from availability
    inner join services on availability.service_id = services.service_id
    inner join latest_snapshots
        on
            availability.service_id = latest_snapshots.service_id
            and availability.snapshot_utc > latest_snapshots.snapshot_utc - interval 60 minute

),

mews as (

    select
        enterprise_id,
        service_id,
        resource_category_id,
        stay_date,
        max(snapshot_utc) as snapshot_utc,
        arg_max(metric_value, snapshot_utc) filter (where metric = 'ConfirmedReservations')
            as mews_confirmed,
        arg_max(metric_value, snapshot_utc) filter (where metric = 'OptionalReservations')
            as mews_optional,
        arg_max(metric_value, snapshot_utc) filter (where metric = 'Occupied') as mews_occupied
    from local_metrics
    where stay_date >= snapshot_date
    group by enterprise_id, service_id, resource_category_id, stay_date

),

-- Our books at the instant of the snapshot
books as (

    select
        mews.service_id,
        mews.resource_category_id,
        mews.stay_date,
        cast(sum(ledger.rooms) filter (where ledger.bucket = 'definite') as bigint)
            as rooms_occupied,
        cast(sum(ledger.rooms) filter (where ledger.bucket = 'optional') as bigint)
            as rooms_optional
    from mews
    inner join ledger
        on
            mews.service_id = ledger.service_id
            and mews.resource_category_id = ledger.resource_category_id
            and mews.stay_date = ledger.stay_date
            and mews.snapshot_utc >= ledger.posted_at
    group by mews.service_id, mews.resource_category_id, mews.stay_date

),

reconciliation as (

    select
        mews.*,
        coalesce(books.rooms_occupied, 0) as rooms_occupied,
        coalesce(books.rooms_optional, 0) as rooms_optional,
        coalesce(books.rooms_occupied, 0) - mews.mews_confirmed as definite_difference,
        coalesce(books.rooms_optional, 0) - mews.mews_optional as optional_difference
    from mews
    left join books
        on
            mews.service_id = books.service_id
            and mews.resource_category_id = books.resource_category_id
            and mews.stay_date = books.stay_date

)

select * from reconciliation
