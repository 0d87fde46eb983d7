with

latest as (

    select * from {{ ref('int_now') }}

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where
        stay_date is not null
        -- Before the join, so that few postings of the past are joined
        and posted_at > (select min(latest.now_utc) - to_days(30) from latest)

),

services as (

    select * from {{ ref('dim_service') }}

),

lengths as (

    select
        services.service_id,
        services.enterprise_id,
        latest.now_utc,
        unnest([1, 7, 30]) as window_days
    from services
    inner join latest on services.enterprise_id = latest.enterprise_id

),

-- Once per window, because subtracting days from an instant is slow
windows as (

    select
        *,
        now_utc - to_days(window_days) as from_utc
    from lengths

),

recent as (

    select
        windows.window_days,
        windows.from_utc,
        windows.now_utc as to_utc,
        windows.enterprise_id,
        ledger.*
    from ledger
    inner join windows
        on
            ledger.service_id = windows.service_id
            and ledger.posted_at > windows.from_utc
            and ledger.posted_at <= windows.now_utc
    where ledger.bucket = 'definite'

),

pickup as (

    select
        window_days,
        from_utc,
        to_utc,
        enterprise_id,
        service_id,
        resource_category_id,
        stay_date,
        {{ pickup_parts('rooms', 'guests', 'bucket', 'reason') }}
    from recent
    group by
        window_days, from_utc, to_utc, enterprise_id, service_id, resource_category_id, stay_date

)

select * from pickup
