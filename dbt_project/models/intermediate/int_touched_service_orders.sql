-- Ids are found by the landing time, on which storage is ordered: history is not read
{% set applied = applied_through() %}
{% set since = "landed_at > " ~ applied if applied else "true" %}

with

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}

),

contexts as (

    {{ service_contexts("true") }}

),

posted_contexts as (

    {{ service_contexts("landed_at <= " ~ applied if applied else "false") }}

),

changed_services as (

    select contexts.service_id
    from contexts
    left join posted_contexts using (service_id)
    where contexts.context is distinct from posted_contexts.context

),

landings as (

    select max(landed_at) as landed_at from reservations
    union all
    select max(landed_at) as landed_at from orders
    union all
    select max(landed_at) as landed_at from {{ ref('stg_mews__services') }}
    union all
    select max(landed_at) as landed_at from {{ ref('stg_mews__enterprises') }}
    union all
    select max(landed_at) as landed_at from {{ ref('stg_mews__age_categories') }}

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

marked as (

    select
        entity,
        touched_id,
        (select max(landed_at) from landings) as landed_through
    from touched

)

select * from marked
