{{ config(post_hook="{{ log_touched() }}") }}
-- Touched ids are found by landing time, by which storage is ordered, so history is not read. What
-- is read of it more than once is not materialized, or all of it would be copied
{% set applied = applied_through() %}
{% set posted_last_night = posted_last_night() if applied else none %}
{% set since = "landed_at > " ~ applied if applied else "true" %}

with

reservations as not materialized (

    select * from {{ ref('stg_mews__reservations') }}

),

orders as not materialized (

    select * from {{ ref('stg_mews__product_service_orders') }}

),

service_versions as (

    select * from {{ ref('stg_mews__services') }}

),

enterprise_versions as (

    select * from {{ ref('stg_mews__enterprises') }}

),

of_age_categories as (

    select * from {{ ref('int_touched_by_age_category') }}

),

-- Read where something was posted before
ledger_window as ( -- noqa: ST03

    select * from {{ ref('int_ledger_window') }}

),

-- Reference data as they are now, and as they were when everything was last posted
services as (

    {{ now_and_posted('service_versions', 'service_id', applied) }}

),

enterprises as (

    {{ now_and_posted('enterprise_versions', 'enterprise_id', applied) }}

),

-- All that decides the nights of a service's reservations, of it and its enterprise, as text
contexts as (

    select
        service_id,
        concat_ws(
            '|',
            services.enterprise_id,
            coalesce(enterprises.time_zone_identifier, 'no zone'),
            coalesce(cast(services.occupancy_start_offset as varchar), 'no start'),
            coalesce(cast(services.occupancy_end_offset as varchar), 'no end'),
            coalesce(services.time_unit_period, services.time_unit_legacy, 'no unit')
        ) as context
    from services
    left join enterprises using (look, enterprise_id)

),

-- A service that is new or whose context changed: all its reservations and orders are posted again
changed_services as (

    select service_id
    from contexts
    group by service_id
    having count(*) = 1 or min(context) != max(context)

),

landings as (

    select max(landed_at) as landed_at from reservations
    union all
    select max(landed_at) as landed_at from orders
    union all
    select max(landed_at) as landed_at from service_versions
    union all
    select max(landed_at) as landed_at from enterprise_versions
    union all
    select max(landed_at) as landed_at from of_age_categories

),

touched as (

    select
        'reservation' as entity,
        reservation_id as touched_id
    from reservations
    where {{ since }}
    union
    select
        'reservation' as entity,
        reservation_id as touched_id
    from reservations
    where service_id in (select changed_services.service_id from changed_services)
    union
    select
        'reservation' as entity,
        reservation_id as touched_id
    from of_age_categories
    {% if posted_last_night -%}
        union
        -- The window of posted nights has grown: stays that reach past its old end gain nights
        select
            'reservation' as entity,
            reservations.reservation_id as touched_id
        from reservations
        cross join ledger_window
        where
            ledger_window.last_night > {{ posted_last_night }}
            and reservations.scheduled_end_utc > cast({{ posted_last_night }} - 3 as timestamptz)
    {% endif -%}
    union
    select
        'product_service_order' as entity,
        order_id as touched_id
    from orders
    where {{ since }}
    union
    select
        'product_service_order' as entity,
        order_id as touched_id
    from orders
    where service_id in (select changed_services.service_id from changed_services)
    union
    select
        'service' as entity,
        service_id as touched_id
    from changed_services

),

touched_through as (

    select
        entity,
        touched_id,
        (select max(landed_at) from landings) as landed_through
    from touched

)

select * from touched_through
