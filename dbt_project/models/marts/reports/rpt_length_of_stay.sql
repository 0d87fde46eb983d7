{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_months() }}",
) }}

with

reservations as (

    select
        *,
        cast(date_trunc('month', arrival_date) as date) as arrival_month
    from {{ ref('fct_reservations') }}
    where bucket = 'definite' and is_placed and nights > 0

),

counts as (

    select
        arrival_month,
        enterprise_id,
        service_id,
        nights,
        count(*) as stays,
        cast(sum(nights) as bigint) as room_nights
    from reservations
    {{ of_touched_months('reservations') }}
    group by arrival_month, enterprise_id, service_id, nights

),

shares as (

    select
        *,
        stays / sum(stays) over (partition by arrival_month, enterprise_id, service_id)
            as share_of_stays
    from counts

)

select * from shares
