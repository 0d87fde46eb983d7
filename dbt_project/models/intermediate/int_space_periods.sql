with

services as (

    select * from {{ ref('int_services') }}
    where is_placeable

),

resources as (

    {{ reference_periods(ref('stg_mews__resources'), 'resource_id') }}

),

assignments as (

    {{ reference_periods(ref('stg_mews__resource_category_assignments'), 'assignment_id') }}

),

categories as (

    {{ reference_periods(
        ref('stg_mews__resource_categories'), 'resource_category_id', 'null::timestamptz'
    ) }}

),

horizon as (

    select
        cast({{ start_date() }} as timestamptz) - interval 2 day as first_utc,
        now_utc + interval 800 day as last_utc
    from {{ ref('int_now') }}

),

-- A space of a category for as long as resource, assignment and category were all active
spaces as (

    select
        services.enterprise_id,
        services.service_id,
        categories.resource_category_id,
        resources.resource_id,
        services.time_zone,
        services.occupancy_start_offset,
        greatest(
            resources.held_from, assignments.held_from, categories.held_from, horizon.first_utc
        ) as held_from,
        least(resources.held_to, assignments.held_to, categories.held_to, horizon.last_utc)
            as held_to
    from assignments
    inner join resources on assignments.resource_id = resources.resource_id
    inner join categories on assignments.resource_category_id = categories.resource_category_id
    inner join services on categories.service_id = services.service_id
    cross join horizon
    where assignments.is_active and resources.is_active and categories.is_active

),

-- What held when a night's occupancy period opened counts for that night
dated as (

    select
        enterprise_id,
        service_id,
        resource_category_id,
        resource_id,
        {{ next_night('held_from', 'time_zone', 'occupancy_start_offset') }} as from_date,
        {{ next_night('held_to', 'time_zone', 'occupancy_start_offset') }} as to_date
    from spaces
    where held_from < held_to

),

whole_days as (

    select * from dated
    where from_date < to_date

),

merged as (

    {{ merged_periods(
        'whole_days', ['enterprise_id', 'service_id', 'resource_category_id', 'resource_id']
    ) }}

)

select * from merged
