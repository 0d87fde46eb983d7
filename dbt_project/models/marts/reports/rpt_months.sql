with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and stay_date is not null

),

latest as (

    select * from {{ ref('int_now') }}

),

services as (

    select
        services.service_id,
        services.enterprise_id,
        latest.now_utc,
        cast(
            (latest.now_utc at time zone services.time_zone) - interval 1 year as timestamp
        ) at time zone services.time_zone as year_before_utc
    from {{ ref('dim_service') }} as services
    inner join latest on services.enterprise_id = latest.enterprise_id
    where services.is_lodging and services.time_zone is not null

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

-- The last day of a month is found faster than its first
counts as (

    select
        services.enterprise_id,
        last_day(ledger.stay_date) as month_end,
        sum(ledger.rooms) filter (where ledger.posted_at <= services.now_utc) as room_nights,
        coalesce(
            sum(ledger.rooms) filter (where ledger.posted_at <= services.year_before_utc), 0
        ) as room_nights_year_before
    from ledger
    inner join services on ledger.service_id = services.service_id
    group by services.enterprise_id, month_end

),

months as (

    select
        enterprise_id,
        cast(date_trunc('month', month_end) as date) as stay_month,
        room_nights,
        room_nights_year_before
    from counts

),

compared as (

    select
        coalesce(months.enterprise_id, last_year.enterprise_id) as enterprise_id,
        coalesce(
            months.stay_month, cast(last_year.stay_month + interval 1 year as date)
        ) as stay_month,
        coalesce(months.room_nights, 0) as room_nights,
        last_year.room_nights_year_before as room_nights_same_time_last_year,
        last_year.room_nights as room_nights_last_year
    from months
    full join months as last_year
        on
            months.enterprise_id = last_year.enterprise_id
            and months.stay_month = last_year.stay_month + interval 1 year

),

-- A month of last year that is not known of one property is not known of all
compared_and_total as (

    select * from compared
    union all
    select
        'all' as enterprise_id,
        stay_month,
        sum(room_nights) as room_nights,
        case
            when count(room_nights_same_time_last_year) = count(*)
                then sum(room_nights_same_time_last_year)
        end as room_nights_same_time_last_year,
        case
            when count(room_nights_last_year) = count(*)
                then sum(room_nights_last_year)
        end as room_nights_last_year
    from compared
    group by stay_month

),

month_totals as (

    select
        enterprise_id,
        stay_month,
        cast(room_nights as bigint) as room_nights,
        cast(room_nights_same_time_last_year as bigint) as room_nights_same_time_last_year,
        cast(room_nights_last_year as bigint) as room_nights_last_year
    from compared_and_total
    cross join horizon
    where stay_month between date_trunc('month', first_date) and last_date

)

select * from month_totals
