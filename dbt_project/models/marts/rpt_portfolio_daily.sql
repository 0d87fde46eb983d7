with

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null

),

reservations as (

    select * from {{ ref('fct_reservations') }}
    where bucket = 'definite' and first_night is not null

),

capacity as (

    select * from {{ ref('int_hotel_capacity_daily') }}

),

units as (

    select * from {{ ref('int_counting_units') }}

),

known as (

    select * from {{ ref('int_known_capacity') }}

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

space_units as (

    select
        service_id,
        resource_category_id,
        resource_id,
        count(*) as unit_count
    from units
    group by service_id, resource_category_id, resource_id

),

category_units as (

    select
        service_id,
        resource_category_id,
        max(unit_count) as unit_count
    from space_units
    group by service_id, resource_category_id

),

service_units as (

    select distinct
        service_id,
        resource_id,
        unit_id
    from units

),

stays as (

    select
        services.enterprise_id,
        service_units.unit_id,
        coalesce(category_units.unit_count, 1) as unit_count,
        reservations.first_night,
        reservations.last_night
    from reservations
    inner join services on reservations.service_id = services.service_id
    left join service_units
        on
            reservations.service_id = service_units.service_id
            and reservations.assigned_resource_id = service_units.resource_id
    left join category_units
        on
            reservations.service_id = category_units.service_id
            and reservations.resource_category_id = category_units.resource_category_id

),

-- Two stays on one space in one night take one space: each counts from where those before it end.
-- Of a stay without a space that is not known
uncovered as (

    select
        enterprise_id,
        greatest(first_night, max(last_night + 1) over earlier) as from_date,
        last_night + 1 as to_date
    from stays
    where unit_id is not null
    window earlier as (
        partition by enterprise_id, unit_id order by first_night, last_night
        rows between unbounded preceding and 1 preceding
    )

),

taken as (

    select
        enterprise_id,
        from_date,
        to_date,
        1 as unit_count
    from uncovered
    where from_date < to_date
    union all
    select
        enterprise_id,
        first_night as from_date,
        last_night + 1 as to_date,
        unit_count
    from stays
    where unit_id is null

),

daily_changes as (

    {{ daily_changes('taken', ['enterprise_id'], 'unit_count') }}

),

occupied as (

    select
        enterprise_id,
        change_date,
        sum(change) over (partition by enterprise_id order by change_date) as spaces_occupied
    from daily_changes

),

counted as (

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
        counted.* exclude (are_spaces_known, are_blocks_known),
        coalesce(occupied.spaces_occupied, 0) as spaces_occupied,
        case when are_spaces_known then coalesce(capacity.spaces_active, 0) end as spaces_active,
        case
            when are_spaces_known and are_blocks_known
                then coalesce(capacity.spaces_out_of_order, 0)
        end as spaces_out_of_order
    from counted
    asof left join occupied
        on
            counted.enterprise_id = occupied.enterprise_id
            and counted.stay_date >= occupied.change_date
    left join capacity
        on
            counted.enterprise_id = capacity.enterprise_id
            and counted.stay_date = capacity.stay_date

),

-- A total over hotels of which one is not known is not known
portfolio as (

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

rated as (

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
    from portfolio

)

select * from rated
