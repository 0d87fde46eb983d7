with

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null

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

lodging as (

    select
        occupancy.enterprise_id,
        occupancy.stay_date,
        sum(occupancy.rooms_occupied) as rooms_occupied,
        sum(occupancy.rooms_optional) as rooms_optional,
        sum(occupancy.guests) as guests,
        sum(occupancy.arrivals) as arrivals,
        sum(occupancy.departures) as departures,
        sum(occupancy.stay_overs) as stay_overs,
        bool_and(known.are_spaces_known) as are_spaces_known,
        bool_and(known.are_blocks_known) as are_blocks_known
    from occupancy
    inner join services on occupancy.service_id = services.service_id
    inner join known on occupancy.service_id = known.service_id
    group by occupancy.enterprise_id, occupancy.stay_date

),

hotels as (

    select
        lodging.* exclude (are_spaces_known, are_blocks_known),
        coalesce(occupied.spaces_occupied, 0) as spaces_occupied,
        case when lodging.are_spaces_known then coalesce(capacity.spaces_active, 0) end
            as spaces_active,
        case
            when lodging.are_spaces_known and lodging.are_blocks_known
                then coalesce(capacity.spaces_out_of_order, 0)
        end as spaces_out_of_order
    from lodging
    left join occupied using (enterprise_id, stay_date)
    left join capacity using (enterprise_id, stay_date)

),

-- A total is not known if the number of one hotel is not known
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
        sum(spaces_occupied) as spaces_occupied,
        case when count(spaces_active) = count(*) then sum(spaces_active) end as spaces_active,
        case when count(spaces_out_of_order) = count(*) then sum(spaces_out_of_order) end
            as spaces_out_of_order
    from hotels
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
        cast(spaces_occupied as bigint) as spaces_occupied,
        cast(spaces_active as bigint) as spaces_active,
        cast(spaces_out_of_order as bigint) as spaces_out_of_order,
        cast(spaces_active - spaces_out_of_order as bigint) as spaces_usable,
        spaces_occupied / nullif(spaces_active - spaces_out_of_order, 0) as occupancy_mews,
        spaces_occupied / nullif(spaces_active, 0) as occupancy_usali
    from hotels_and_total

)

select * from portfolio
