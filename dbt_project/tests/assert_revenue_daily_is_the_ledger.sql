-- The revenue that is added up again as items change is the whole ledger, by service, date and
-- currency.
{{ config(tags=["history"]) }}

with

daily as (

    select * from {{ ref('fct_revenue_daily') }}

),

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}

),

signed as (

    select
        service_id,
        revenue_date,
        stream,
        bucket,
        currency,
        net,
        gross
    from daily
    union all
    select
        service_id,
        revenue_date,
        stream,
        bucket,
        currency,
        -net as net,
        -gross as gross
    from ledger

),

broken as (

    select
        service_id,
        revenue_date,
        stream,
        bucket,
        currency,
        sum(net) as net,
        sum(gross) as gross
    from signed
    group by service_id, revenue_date, stream, bucket, currency
    having sum(net) != 0 or sum(gross) != 0

)

select * from broken
