{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_revenue_dates() }}",
    post_hook="{{ create_revenue_macros() }}",
) }}

with

-- Not materialized, so that each of the two that read it reads what it needs
ledger as not materialized (

    select * from {{ ref('fct_revenue_ledger') }}

),

-- The few items without a date apart, so that touched dates are sought by an equality
postings as (

    select * from ledger
    {{ of_touched_revenue_dates('ledger', is_never_null=true) }}
    where revenue_date is not null
    union all
    select * from ledger
    {{ of_touched_revenue_dates('ledger') }}
    where revenue_date is null

),

daily as (

    select
        enterprise_id,
        service_id,
        revenue_date,
        accounting_category_id,
        classification,
        item_type,
        stream,
        bucket,
        currency,
        sum(net) as net,
        sum(gross) as gross,
        sum(tax) as tax
    from postings
    group by
        enterprise_id, service_id, revenue_date, accounting_category_id, classification, item_type,
        stream, bucket, currency
    having sum(net) != 0 or sum(gross) != 0 or sum(tax) != 0

)

select * from daily
