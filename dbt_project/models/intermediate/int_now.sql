with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}

),

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

fetched as (

    select max(fetched_through_utc) as fetched_through_utc
    from fetches
    where operation in ('reservations', 'product_service_orders')

),

updated as (

    select max(updated_utc) as updated_utc
    from reservations

),

latest as (

    select coalesce(fetched.fetched_through_utc, updated.updated_utc) as now_utc
    from fetched
    cross join updated

)

select * from latest
