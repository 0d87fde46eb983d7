with

services as (

    select * from {{ ref('int_services') }}
    where is_placeable

),

resource_versions as (

    {{ reference_periods(ref('stg_mews__resources'), 'resource_id') }}

),

-- An inactive resource was on offer until DeletedUtc, which its earlier versions did not know yet.
-- An active one is on offer, whatever an old DeletedUtc says
resources as (

    select
        * replace (
            least(
                held_to,
                case
                    when not is_active or deleted_utc > held_from then deleted_utc
                end,
                case
                    when not lead(is_active) over resource_history
                        then lead(deleted_utc) over resource_history
                end
            ) as held_to,
            is_active or deleted_utc is not null as is_active
        )
    from resource_versions
    window resource_history as (partition by resource_id order by landed_at, version_hash)

),

assignments as (

    {{ reference_periods(ref('stg_mews__resource_category_assignments'), 'assignment_id') }}

),

categories as (

    {{ reference_periods(
        ref('stg_mews__resource_categories'), 'resource_category_id', 'null::timestamptz'
    ) }}

),

-- Zones and offsets move a night by less than three days
horizon as (

    select
        cast(first_date - 3 as timestamptz) as first_utc,
        cast(last_date + 3 as timestamptz) as last_utc
    from {{ ref('int_horizon') }}

),

-- A space belongs to a category while the resource, the assignment and the category are all active
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

-- A night counts the spaces that were active when its occupancy period opened
daily_periods as (

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

    select * from daily_periods
    where from_date < to_date

),

merged as (

    {{ merged_periods(
        'whole_days', ['enterprise_id', 'service_id', 'resource_category_id', 'resource_id']
    ) }}

)

select * from merged
