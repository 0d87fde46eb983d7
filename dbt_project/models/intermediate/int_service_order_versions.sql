-- A view: the facts on state transitions read it once per build
{{ config(materialized="view") }}

with

reservation_versions as (

    select * from {{ ref('int_touched_versions') }}

),

touched_orders as (

    select touched_id as order_id from {{ ref('int_touched_service_orders') }}
    where entity = 'product_service_order'

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}
    semi join touched_orders using (order_id)

),

services as (

    select * from {{ ref('int_services') }}

),

versions as (

    select
        'reservation' as entity,
        reservation_id as record_id,
        version_number,
        reservation_state as record_state,
        true as checks_in,
        {{ was_optional('released_utc', 'cancellation_reason') }} as was_optional,
        enterprise_id,
        service_id,
        cast(null as varchar) as linked_reservation_id,
        time_zone,
        created_utc,
        updated_utc,
        actual_start_utc,
        actual_end_utc,
        cancelled_utc
    from reservation_versions
    union all
    select
        'product_service_order' as entity,
        orders.order_id as record_id,
        row_number() over (
            partition by orders.order_id
            order by orders.updated_utc, orders.landed_at, orders.version_hash
        ) as version_number,
        orders.order_state as record_state,
        false as checks_in,
        false as was_optional,
        coalesce(services.enterprise_id, 'unknown') as enterprise_id,
        coalesce(orders.service_id, 'unknown') as service_id,
        orders.linked_reservation_id,
        services.time_zone,
        orders.created_utc,
        orders.updated_utc,
        cast(null as timestamptz) as actual_start_utc,
        cast(null as timestamptz) as actual_end_utc,
        orders.cancelled_utc
    from orders
    left join services on orders.service_id = services.service_id

)

select * from versions
