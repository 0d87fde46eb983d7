-- The buckets of the orders of touched items over time. Most orders are definite all their lives,
-- and have no row
with

items as (

    select * from {{ ref('int_touched_item_versions') }}
    where is_touched

),

item_orders as (

    select distinct service_order_id as order_id from items

),

reservations as (

    select * from {{ ref('stg_mews__reservations') }}
    where reservation_id in (select item_orders.order_id from item_orders)

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}
    where order_id in (select item_orders.order_id from item_orders)

),

versions as (

    select
        reservation_id as order_id,
        {{ order_bucket('reservation_state') }} as bucket,
        -- As in the room-night ledger: what was first seen cancelled may have been an option
        case
            when
                reservation_state = 'Canceled'
                and {{ was_optional('released_utc', 'cancellation_reason') }}
                then 'optional'
        end as former_bucket,
        created_utc,
        cancelled_utc,
        updated_utc,
        landed_at,
        version_hash
    from reservations
    union all
    select
        order_id,
        {{ order_bucket('order_state') }} as bucket,
        null as former_bucket,
        created_utc,
        cancelled_utc,
        updated_utc,
        landed_at,
        version_hash
    from orders

),

numbered as (

    select
        *,
        row_number() over (
            partition by order_id order by updated_utc, landed_at, version_hash
        ) as version_number
    from versions

),

-- The first known version holds from the beginning: nothing is known of an earlier one
steps as (

    select
        order_id,
        0 as sequence,
        {{ long_ago() }} as held_from,
        coalesce(former_bucket, bucket) as bucket,
        landed_at
    from numbered
    where version_number = 1
    union all
    select
        order_id,
        version_number as sequence,
        case
            when
                version_number = 1
                and cancelled_utc between least(created_utc, updated_utc) and updated_utc
                then cancelled_utc
            else updated_utc
        end as held_from,
        bucket,
        landed_at
    from numbered
    where version_number > 1 or former_bucket is not null

),

compared as (

    select
        *,
        lag(bucket) over order_history as previous_bucket,
        max(landed_at) over order_history as known_at
    from steps
    window
        order_history as (
            partition by order_id order by sequence
            rows between unbounded preceding and current row
        )

),

changes as (

    select
        order_id,
        sequence,
        held_from,
        bucket,
        known_at
    from compared
    where bucket is distinct from coalesce(previous_bucket, 'definite')

)

select * from changes
