with

services as (

    select * from {{ ref('stg_mews__services') }}
    {{ latest_version('service_id') }}

),

enterprises as (

    select * from {{ ref('stg_mews__enterprises') }}
    {{ latest_version('enterprise_id') }}

),

categories as (

    select * from {{ ref('stg_mews__resource_categories') }}
    {{ latest_version('resource_category_id') }}

),

overrides as (

    select * from {{ ref('lodging_overrides') }}

),

-- A zone that DuckDB does not know would fail every query that computes its local time
zones as (

    select name as time_zone from pg_timezone_names()

),

lodging_services as (

    select
        service_id,
        bool_and(resource_category_type in ('Bed', 'Dorm')) as has_beds_alone,
        bool_or(resource_category_type in ('Bed', 'Dorm')) as has_beds
    from categories
    where is_active and {{ is_lodging_type('resource_category_type') }}
    group by service_id

),

service_attributes as (

    select
        services.service_id,
        services.enterprise_id,
        coalesce(services.service_name, {{ first_translation('services.service_names') }})
            as service_name,
        services.service_kind,
        services.is_active,
        coalesce(services.time_unit_period, services.time_unit_legacy, 'Day') as time_unit,
        services.occupancy_start_offset,
        services.occupancy_end_offset,
        zones.time_zone,
        coalesce(enterprises.business_day_closing_offset, interval 0 hour)
            as business_day_closing_offset,
        overrides.is_lodging as is_lodging_by_hand,
        lodging_services.service_id is not null as has_lodging_category,
        coalesce(lodging_services.has_beds_alone, false) as has_beds_alone,
        coalesce(lodging_services.has_beds, false) as has_beds
    from services
    left join enterprises using (enterprise_id)
    left join zones on enterprises.time_zone_identifier = zones.time_zone
    left join overrides using (service_id)
    left join lodging_services using (service_id)

),

classified_services as (

    select
        * exclude (is_lodging_by_hand, has_lodging_category, has_beds_alone, has_beds),
        coalesce(
            is_lodging_by_hand,
            service_kind = 'Bookable' and time_unit in ('Day', 'Month') and has_lodging_category,
            false
        ) as is_lodging,
        {{ counting_level('service_id') }} as counting_level,
        case
            when {{ counting_level('service_id') }} = 'rooms' or not has_beds then 'rooms'
            when has_beds_alone then 'beds'
            else 'rooms and beds'
        end as counting_unit,
        time_zone is not null
        and occupancy_start_offset is not null
        and occupancy_end_offset is not null as is_placeable
    from service_attributes

)

select * from classified_services
