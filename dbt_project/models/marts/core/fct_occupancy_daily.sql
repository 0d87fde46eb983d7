{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_calendar() }}",
    post_hook="{{ create_occupancy_macro() }}",
) }}
{% set is_kept = is_calendar_kept() %}

with

booked as (

    select * from {{ ref('fct_booked_daily') }}

),

capacity as (

    select * from {{ ref('int_capacity_daily') }}

),

moved_nights as (

    select * from {{ ref('fct_moved_daily') }}

),

known as (

    select * from {{ ref('int_known_capacity') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

moved as (

    select
        service_id,
        resource_category_id,
        stay_date,
        -rooms as rooms
    from moved_nights
    union all
    select
        service_id,
        stayed_resource_category_id as resource_category_id,
        stay_date,
        rooms
    from moved_nights

),

rooms_moved as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(rooms) as rooms_moved
    from moved
    {{ of_touched_nights('moved', 'stay_date', is_kept) }}
    group by service_id, resource_category_id, stay_date

),

booked_nights as (

    select * from booked
    {{ of_touched_nights('booked', 'stay_date', is_kept) }}

),

capacity_nights as (

    select * from capacity
    {{ of_touched_nights('capacity', 'stay_date', is_kept) }}

),

facts as (

    select *
    from capacity_nights
    full join booked_nights using (service_id, resource_category_id, stay_date)
    full join rooms_moved using (service_id, resource_category_id, stay_date)

),

counted as (

    select
        service_id,
        resource_category_id,
        stay_date,
        coalesce(rooms_occupied, 0) as rooms_occupied,
        coalesce(rooms_optional, 0) as rooms_optional,
        coalesce(rooms_pipeline, 0) as rooms_pipeline,
        coalesce(rooms_unknown, 0) as rooms_unknown,
        cast(coalesce(rooms_occupied, 0) + coalesce(rooms_moved, 0) as bigint)
            as rooms_occupied_stayed,
        coalesce(guests, 0) as guests,
        coalesce(guests_adults, 0) as guests_adults,
        coalesce(guests_children, 0) as guests_children,
        coalesce(arrivals, 0) as arrivals,
        coalesce(departures, 0) as departures,
        coalesce(day_use, 0) as day_use,
        cast(
            coalesce(rooms_occupied, 0) - coalesce(rooms_begun, 0) - coalesce(rooms_departing, 0)
            as bigint
        ) as stay_overs,
        hours_occupied,
        coalesce(spaces_active, 0) as known_spaces,
        coalesce(spaces_out_of_order, 0) as known_out_of_order,
        coalesce(spaces_house_use, 0) as known_house_use
    from facts
    cross join horizon
    where stay_date is null or stay_date between horizon.first_date and horizon.last_date

),

measured as (

    select
        coalesce(known.enterprise_id, 'unknown') as enterprise_id,
        counted.* exclude (hours_occupied, known_spaces, known_out_of_order, known_house_use),
        case when known.is_hourly then coalesce(counted.hours_occupied, 0) end as hours_occupied,
        cast(case when are_spaces_known then known_spaces end as bigint) as spaces_active,
        cast(case when are_spaces_known and are_blocks_known then known_out_of_order end as bigint)
            as spaces_out_of_order,
        cast(case when are_spaces_known and are_blocks_known then known_house_use end as bigint)
            as spaces_house_use
    from counted
    left join known using (service_id)
    where
        known_spaces > 0
        or rooms_occupied != 0
        or rooms_optional != 0
        or rooms_pipeline != 0
        or rooms_unknown != 0
        or rooms_occupied_stayed != 0
        or arrivals > 0
        or departures > 0
        or hours_occupied > 0

),

usable as (

    select
        *,
        spaces_active - spaces_out_of_order as spaces_usable,
        case
            when stay_date is not null and hours_occupied is null
                then cast(
                    spaces_active - spaces_out_of_order - spaces_house_use
                    - rooms_occupied - rooms_optional as bigint
                )
        end as rooms_left
    from measured

),

occupancy as (

    select
        *,
        coalesce(hours_occupied / 24, rooms_occupied) / nullif(spaces_usable, 0) as occupancy_mews,
        coalesce(hours_occupied / 24, rooms_occupied) / nullif(spaces_active, 0) as occupancy_usali
    from usable

)

select * from occupancy
