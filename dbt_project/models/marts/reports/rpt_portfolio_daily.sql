{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_dates_of_calendar() }}",
) }}

with

nights as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null

),

occupancy as (

    select * from nights
    {{ of_touched_dates('nights', is_calendar_kept()) }}

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

known as (

    select * from {{ ref('int_known_capacity') }}

),

occupied as (

    select * from {{ ref('fct_spaces_occupied_daily') }}

),

capacity as (

    select * from {{ ref('int_hotel_capacity_daily') }}

),

house_use as (

    select * from {{ ref('int_hotel_house_use_daily') }}

),

lodging as (

    select
        occupancy.enterprise_id,
        occupancy.stay_date,
        sum(occupancy.rooms_occupied) as rooms_occupied,
        sum(occupancy.rooms_optional) as rooms_optional,
        sum(occupancy.guests) as guests,
        sum(occupancy.arrivals) as arrivals,
        sum(occupancy.departures) as departures,
        sum(occupancy.stay_overs) as stay_overs
    from occupancy
    inner join services on occupancy.service_id = services.service_id
    group by occupancy.enterprise_id, occupancy.stay_date

),

-- Whether a hotel's capacity is known does not depend on the night
known_hotels as (

    select
        services.enterprise_id,
        {{ counting_units('services.counting_unit') }} as units,
        bool_and(known.are_spaces_known) as are_spaces_known,
        bool_and(known.are_spaces_known and known.are_blocks_known) as are_blocks_known
    from services
    inner join known on services.service_id = known.service_id
    group by services.enterprise_id

),

hotels as (

    select
        lodging.*,
        known_hotels.units,
        coalesce(occupied.spaces_occupied, 0) as spaces_occupied,
        coalesce(occupied.spaces_optional, 0) as spaces_optional,
        case when known_hotels.are_spaces_known then coalesce(capacity.spaces_active, 0) end
            as spaces_active,
        case when known_hotels.are_blocks_known then coalesce(capacity.spaces_out_of_order, 0) end
            as spaces_out_of_order,
        case when known_hotels.are_blocks_known then coalesce(house_use.spaces_house_use, 0) end
            as spaces_house_use
    from lodging
    inner join known_hotels using (enterprise_id)
    left join occupied using (enterprise_id, stay_date)
    left join capacity using (enterprise_id, stay_date)
    left join house_use using (enterprise_id, stay_date)

),

known_everywhere as (

    select
        {{ counting_units('units') }} as units,
        bool_and(are_spaces_known) as are_spaces_known,
        bool_and(are_blocks_known) as are_blocks_known
    from known_hotels

),

-- While the capacity of one hotel is not known, that of all is not known, also on nights without a
-- row of that hotel
hotels_and_total as (

    select * from hotels
    union all by name
    select
        'all' as enterprise_id,
        stay_date,
        sum(rooms_occupied) as rooms_occupied,
        sum(rooms_optional) as rooms_optional,
        sum(guests) as guests,
        sum(arrivals) as arrivals,
        sum(departures) as departures,
        sum(stay_overs) as stay_overs,
        any_value(known_everywhere.units) as units,
        sum(spaces_occupied) as spaces_occupied,
        sum(spaces_optional) as spaces_optional,
        case when any_value(known_everywhere.are_spaces_known) then sum(spaces_active) end
            as spaces_active,
        case when any_value(known_everywhere.are_blocks_known) then sum(spaces_out_of_order) end
            as spaces_out_of_order,
        case when any_value(known_everywhere.are_blocks_known) then sum(spaces_house_use) end
            as spaces_house_use
    from hotels
    cross join known_everywhere
    group by stay_date

),

portfolio as (

    select
        enterprise_id,
        stay_date,
        cast(rooms_occupied as bigint) as rooms_occupied,
        cast(rooms_optional as bigint) as rooms_optional,
        cast(guests as bigint) as guests,
        cast(arrivals as bigint) as arrivals,
        cast(departures as bigint) as departures,
        cast(stay_overs as bigint) as stay_overs,
        units,
        cast(spaces_occupied as bigint) as spaces_occupied,
        cast(spaces_optional as bigint) as spaces_optional,
        cast(spaces_active as bigint) as spaces_active,
        cast(spaces_out_of_order as bigint) as spaces_out_of_order,
        cast(spaces_house_use as bigint) as spaces_house_use,
        cast(spaces_active - spaces_out_of_order as bigint) as spaces_usable,
        cast(
            spaces_active - spaces_out_of_order - spaces_house_use
            - spaces_occupied - spaces_optional as bigint
        ) as rooms_left,
        spaces_occupied / nullif(spaces_active - spaces_out_of_order, 0) as occupancy_mews,
        spaces_occupied / nullif(spaces_active, 0) as occupancy_usali
    from hotels_and_total

)

select * from portfolio
