with

services as (

    select * from {{ ref('int_services') }}
    where is_placeable and time_unit != 'Hour'

),

spaces as (

    select * from {{ ref('int_space_periods') }}

),

blocks as (

    select
        *,
        row_number() over block_history = 1 as is_first_version,
        coalesce(lead(updated_utc) over block_history, timestamptz '2200-01-01 00:00:00+00')
            as next_updated_utc
    from {{ ref('stg_mews__resource_blocks') }}
    window block_history as (partition by resource_block_id order by landed_at, version_hash)

),

-- A block's own dates say which nights it takes, so its first version holds from the beginning.
-- Later versions hold from UpdatedUtc, by which Mews can filter blocks. A block that was first seen
-- deleted existed from its creation to its deletion
existing as (

    select
        assigned_resource_id as resource_id,
        resource_block_type,
        start_utc,
        end_utc,
        case
            when not is_first_version then updated_utc
            when deleted_utc is not null then created_utc
            else timestamptz '1970-01-01 00:00:00+00'
        end as held_from,
        least(next_updated_utc, coalesce(deleted_utc, next_updated_utc)) as held_to
    from blocks
    where (is_active or deleted_utc is not null) and end_utc > start_utc

),

-- The night rule of stays applies to blocks too (docs/mews-api.md, "Out of order and house use"),
-- with the version that was in force when the night's occupancy period opened
night_ranges as (

    select
        spaces.enterprise_id,
        spaces.service_id,
        spaces.resource_category_id,
        spaces.resource_id,
        existing.resource_block_type,
        greatest(
            {{ first_night(
                'existing.start_utc', 'services.time_zone', 'services.occupancy_end_offset'
            ) }},
            spaces.from_date,
            {{ next_night(
                'existing.held_from', 'services.time_zone', 'services.occupancy_start_offset'
            ) }}
        ) as first_night,
        least(
            {{ last_night(
                'existing.end_utc', 'services.time_zone', 'services.occupancy_start_offset'
            ) }},
            spaces.to_date - 1,
            {{ next_night(
                'existing.held_to', 'services.time_zone', 'services.occupancy_start_offset'
            ) }} - 1
        ) as last_night
    from spaces
    inner join services on spaces.service_id = services.service_id
    inner join existing on spaces.resource_id = existing.resource_id
    where existing.held_from < existing.held_to

),

nights as (

    select
        * exclude (first_night, last_night),
        {{ dates_between('first_night', 'last_night') }} as stay_date
    from night_ranges

),

distinct_nights as (

    select
        enterprise_id,
        service_id,
        resource_category_id,
        resource_id,
        stay_date,
        bool_or(resource_block_type = 'OutOfOrder') as is_out_of_order,
        bool_or(resource_block_type = 'InternalUse') as is_house_use
    from nights
    where resource_block_type in ('OutOfOrder', 'InternalUse')
    group by enterprise_id, service_id, resource_category_id, resource_id, stay_date

)

select * from distinct_nights
