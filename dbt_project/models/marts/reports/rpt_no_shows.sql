{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_nights('arrival_date') }}",
) }}

with

placed as (

    select * from {{ ref('fct_reservations') }}
    where is_placed

),

reservations as (

    select * from placed
    {{ of_touched_nights('placed', 'arrival_date') }}

),

arrival_counts as (

    select
        arrival_date,
        enterprise_id,
        service_id,
        count(*) filter (where bucket = 'definite') as arrivals,
        count(*) filter (
            where reservation_state = 'Canceled' and cancellation_reason = 'NoShow'
        ) as no_shows
    from reservations
    group by arrival_date, enterprise_id, service_id
    having no_shows > 0 or arrivals > 0

),

no_show_rates as (

    select
        *,
        no_shows / (arrivals + no_shows) as no_show_rate
    from arrival_counts

)

select * from no_show_rates
