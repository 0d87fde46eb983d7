with

services as (

    select * from {{ ref('int_services') }}
    where is_placeable and time_unit != 'Hour'

),

spaces as (

    select * from {{ ref('int_space_periods') }}

),

blocks as (

    {{ reference_periods(ref('stg_mews__resource_blocks'), 'resource_block_id') }}

),

-- A deleted block stood until it was deleted, also where it was first seen deleted
standing as (

    select
        assigned_resource_id as resource_id,
        resource_block_type,
        start_utc,
        end_utc,
        held_from,
        least(held_to, coalesce(deleted_utc, held_to)) as held_to
    from blocks
    where (is_active or deleted_utc is not null) and end_utc > start_utc

),

-- The night rule of stays holds for blocks too (MEWS.md 1.1)
placed as (

    select
        spaces.enterprise_id,
        spaces.service_id,
        spaces.resource_category_id,
        spaces.resource_id,
        standing.resource_block_type,
        greatest(
            {{ first_night(
                'standing.start_utc', 'services.time_zone', 'services.occupancy_end_offset'
            ) }},
            spaces.from_date,
            cast(
                {{ local_time(
                    "greatest(standing.held_from, timestamptz '1970-01-01 00:00:00+00')",
                    'services.time_zone'
                ) }} as date
            )
        ) as first_night,
        least(
            {{ last_night(
                'standing.end_utc', 'services.time_zone', 'services.occupancy_start_offset'
            ) }},
            spaces.to_date - 1,
            cast(
                {{ local_time(
                    "least(standing.held_to, timestamptz '2200-01-01 00:00:00+00')",
                    'services.time_zone'
                ) }} as date
            ) - 1
        ) as last_night
    from spaces
    inner join services on spaces.service_id = services.service_id
    inner join standing on spaces.resource_id = standing.resource_id
    where standing.held_from < standing.held_to

),

nights as (

    select
        * exclude (first_night, last_night),
        cast(
            unnest(
                generate_series(
                    cast(first_night as timestamp), cast(last_night as timestamp), interval 1 day
                )
            ) as date
        ) as stay_date
    from placed

),

-- Of a space that is both out of order and in house use, out of order counts
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
