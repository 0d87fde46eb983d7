with

fetches as (

    -- Reservations fetched by when they hold do not tell which updates are known
    select * from {{ ref('stg_mews__fetches') }}
    where operation != 'reservations_by_stay'

),

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

fetched as (

    select
        max(fetched_through_utc) as through_utc,
        max(fetched_through_utc) filter (
            where operation in ('reservations', 'product_service_orders')
        ) as updates_through_utc
    from fetches

),

updated as (

    select max(updated_utc) as updated_utc
    from reservations

),

latest as (

    -- Reference data may be fetched before any update
    select
        coalesce(fetched.updates_through_utc, fetched.through_utc, updated.updated_utc) as now_utc
    from fetched
    cross join updated

)

select * from latest
