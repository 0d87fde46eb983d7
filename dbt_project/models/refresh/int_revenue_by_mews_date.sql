-- Mews' own ledger books a posting on the date that it is for, or later: when it is made, and when
-- the guest has checked in. Reservations without a check-in are not booked, but for their fees
with

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where bucket = 'definite' and revenue_date is not null

),

definitions as (

    select * from {{ ref('dim_revenue_definition') }}
    where definition = 'mews_manager' and in_total_revenue

),

properties as (

    select * from {{ ref('int_revenue_properties') }}

),

reservations as (

    select * from {{ ref('fct_reservations') }}

),

balances as (

    select
        enterprise_id,
        max(balance_date) as last_date
    from {{ ref('stg_mews__ledger_balances') }}
    group by enterprise_id

),

postings as (

    select
        ledger.enterprise_id,
        ledger.currency,
        ledger.revenue_date,
        ledger.net,
        case
            when {{ is_posted_late('ledger.posted_at', 'ledger.revenue_date') }}
                then cast({{ local_time('ledger.posted_at', 'properties.time_zone') }} as date)
        end as late_date,
        cast({{ local_time('reservations.actual_start_utc', 'properties.time_zone') }} as date)
            as check_in_date,
        reservations.reservation_id is null
        or ledger.item_type = 'CancellationFee'
        or reservations.actual_start_utc is not null
        or reservations.reservation_state in ('Started', 'Processed') as is_booked
    from ledger
    inner join balances
        on
            ledger.enterprise_id = balances.enterprise_id
            and ledger.revenue_date <= balances.last_date
    inner join definitions
        on
            ledger.enterprise_id = definitions.enterprise_id
            and ledger.item_type = definitions.item_type
            and ledger.classification = definitions.classification
    inner join properties on ledger.enterprise_id = properties.enterprise_id
    left join reservations on ledger.service_order_id = reservations.reservation_id

),

dated as (

    select
        enterprise_id,
        currency,
        revenue_date,
        case
            when is_booked then greatest(revenue_date, late_date, check_in_date)
            else date 'infinity'
        end as mews_date,
        net
    from postings

)

select
    enterprise_id,
    currency,
    revenue_date,
    mews_date,
    sum(net) as net
from dated
group by enterprise_id, currency, revenue_date, mews_date
