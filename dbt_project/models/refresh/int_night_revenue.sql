{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_stays() }}",
) }}
{% set is_kept = is_money_kept(with_rooms=true) %}

with

known_reservations as (

    select * from {{ ref('fct_reservations') }}

),

reservations as (

    select known_reservations.* from known_reservations
    {{ of_touched_stays('known_reservations.reservation_id', is_kept) }}

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where
        bucket = 'definite'
        and item_type in ('SpaceOrder', 'NightRebate')
        and revenue_date is not null

),

postings as (

    select ledger.* from ledger
    {{ of_touched_stays('ledger.service_order_id', is_kept) }}

),

order_items as (

    select * from {{ ref('int_order_items') }}
    where
        item_type = 'SpaceOrder' and accounting_state != 'Canceled' and revenue_date is not null

),

items as (

    select order_items.* from order_items
    {{ of_touched_stays('order_items.service_order_id', is_kept) }}

),

nights as (

    select
        reservations.reservation_id,
        {{ dates_between(
            'greatest(reservations.first_night, ledger_window.first_night)',
            'least(reservations.last_night, ledger_window.last_night)'
        ) }} as stay_date
    from reservations
    cross join ledger_window
    where reservations.bucket = 'definite' and reservations.first_night is not null

),

-- Currencies are not added: a night is sold if any of them stays above zero after rebates
money as (

    select
        service_order_id as reservation_id,
        revenue_date as stay_date,
        currency,
        sum(net) as net
    from postings
    group by service_order_id, revenue_date, currency
    having sum(net) != 0

),

posted_nights as (

    select
        reservation_id,
        stay_date,
        bool_or(net > 0) as is_above_zero
    from money
    group by reservation_id, stay_date

),

-- The item of a complimentary night has no amount, so nothing of it is posted
item_nights as (

    select
        service_order_id as reservation_id,
        revenue_date as stay_date
    from items
    group by service_order_id, revenue_date

),

compared as (

    select
        reservation_id,
        stay_date,
        nights.reservation_id is not null as is_definite,
        item_nights.reservation_id is not null as has_item
    from nights
    full join item_nights using (reservation_id, stay_date)

),

night_revenue as (

    select
        compared.reservation_id,
        compared.stay_date,
        reservations.enterprise_id,
        reservations.service_id,
        compared.is_definite,
        compared.has_item,
        posted_nights.reservation_id is not null as has_amount,
        coalesce(posted_nights.is_above_zero, false) as is_above_zero
    from compared
    left join reservations on compared.reservation_id = reservations.reservation_id
    left join posted_nights
        on
            compared.reservation_id = posted_nights.reservation_id
            and compared.stay_date = posted_nights.stay_date

)

-- Sums by night go through storage once, night by night
select * from night_revenue
order by stay_date
