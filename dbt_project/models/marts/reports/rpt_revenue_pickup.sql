with

latest as (

    select * from {{ ref('int_now') }}

),

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where
        bucket = 'definite'
        and revenue_date is not null
        -- Before the join, so that few postings of the past are joined
        and posted_at > (select min(latest.now_utc) - to_days(30) from latest)

),

windows as (

    select
        enterprise_id,
        now_utc,
        unnest([1, 7, 30]) as days_back
    from latest
    where enterprise_id != 'all'

),

recent as (

    select
        windows.days_back,
        ledger.*
    from ledger
    inner join windows
        on
            ledger.enterprise_id = windows.enterprise_id
            and ledger.posted_at > windows.now_utc - to_days(windows.days_back)
            and ledger.posted_at <= windows.now_utc

),

pickup as (

    select
        enterprise_id,
        revenue_date as stay_date,
        currency,
        days_back,
        stream,
        {{ revenue_pickup_parts('net', 'reason') }}
    from recent
    group by enterprise_id, revenue_date, currency, days_back, stream

)

select * from pickup
