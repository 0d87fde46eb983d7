-- A view: one model reads it
{{ config(materialized="view") }}
with

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}

),

landings as (

    select
        reservation_id as order_id,
        version_hash,
        updated_utc,
        landed_at
    from reservations
    union all
    select
        order_id,
        version_hash,
        updated_utc,
        landed_at
    from orders

)

select * from landings
