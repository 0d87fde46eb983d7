with

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where bucket = 'definite' and {{ is_posted_late('posted_at', 'revenue_date') }}

),

properties as (

    select * from {{ ref('int_revenue_properties') }}

),

dates as (

    select distinct
        enterprise_id,
        revenue_date
    from ledger

),

closings as (

    select
        dates.enterprise_id,
        dates.revenue_date,
        {{ first_instant(
            'cast(dates.revenue_date + 1 as timestamp) + properties.closes_after',
            'properties.time_zone'
        ) }} as closed_at
    from dates
    inner join properties on dates.enterprise_id = properties.enterprise_id

),

restatements as (

    select
        ledger.enterprise_id,
        ledger.revenue_date,
        ledger.currency,
        ledger.order_item_id,
        ledger.service_order_id,
        ledger.item_type,
        ledger.stream,
        -- Postings of one instant may have landed apart: the last one has the reason
        arg_max(ledger.reason, row(ledger.basis, ledger.known_at)) as reason,
        ledger.posted_at,
        sum(ledger.net) as net,
        closings.closed_at
    from ledger
    inner join closings
        on
            ledger.enterprise_id = closings.enterprise_id
            and ledger.revenue_date = closings.revenue_date
            and ledger.posted_at > closings.closed_at
    group by
        ledger.enterprise_id, ledger.revenue_date, ledger.currency, ledger.order_item_id,
        ledger.service_order_id, ledger.item_type, ledger.stream, ledger.posted_at,
        closings.closed_at
    having sum(ledger.net) != 0

)

select * from restatements
