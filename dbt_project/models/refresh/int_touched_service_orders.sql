-- Touched ids are found by landing time, by which storage is ordered, so history is not read
{% set applied = applied_through() %}
{% set since = "landed_at > " ~ applied if applied else "true" %}

with

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}

),

service_versions as (

    select * from {{ ref('stg_mews__services') }}

),

enterprise_versions as (

    select * from {{ ref('stg_mews__enterprises') }}

),

age_category_versions as (

    select * from {{ ref('stg_mews__age_categories') }}

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}

),

-- Reference data as they are now, and as they were when everything was last posted
looks as (

    select
        'now' as look,
        timestamptz 'infinity' as landed_through
    union all
    select
        'posted' as look,
        {{ applied or "timestamptz '-infinity'" }} as landed_through

),

services as (

    select
        looks.look,
        service_versions.*
    from looks
    inner join service_versions on looks.landed_through >= service_versions.landed_at
    {{ latest_version('look, service_id') }}

),

enterprises as (

    select
        looks.look,
        enterprise_versions.*
    from looks
    inner join enterprise_versions on looks.landed_through >= enterprise_versions.landed_at
    {{ latest_version('look, enterprise_id') }}

),

age_categories as (

    select
        looks.look,
        age_category_versions.*
    from looks
    inner join age_category_versions on looks.landed_through >= age_category_versions.landed_at
    {{ latest_version('look, age_category_id') }}

),

-- An age category that is new or counts as something else now. A reservation may count persons in an
-- age category of another service, so it is found by its persons
changed_age_categories as (

    select age_category_id
    from age_categories
    group by age_category_id
    having
        count(*) = 1
        or min(coalesce(classification, 'none')) != max(coalesce(classification, 'none'))

),

-- Everything about a service and its enterprise that decides the nights of its reservations, as text
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
    select max(landed_at) as landed_at from age_category_versions

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
    from person_counts
    where
        age_category_id in (
            select changed_age_categories.age_category_id from changed_age_categories
        )
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
