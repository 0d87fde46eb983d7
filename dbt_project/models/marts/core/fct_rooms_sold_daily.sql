with

night_revenue as (

    select * from {{ ref('int_night_revenue') }}
    where is_definite

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

known as (

    select * from {{ ref('int_known_capacity') }}

),

capacity as (

    select * from {{ ref('int_hotel_capacity_daily') }}

),

occupied as (

    select * from {{ ref('fct_spaces_occupied_daily') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

hotels as (

    select
        services.enterprise_id,
        bool_and(known.are_spaces_known) as are_spaces_known,
        bool_and(known.are_spaces_known and known.are_blocks_known) as are_blocks_known
    from services
    inner join known on services.service_id = known.service_id
    group by services.enterprise_id

),

-- Each hotel has every night of the reports, also those on which nothing is booked or known
nights as (

    select
        hotels.*,
        {{ dates_between('horizon.first_date', 'horizon.last_date') }} as stay_date
    from hotels
    cross join horizon

),

rooms as (

    select
        services.enterprise_id,
        night_revenue.stay_date,
        count(*) as rooms_occupied,
        count(*) filter (where night_revenue.has_item and night_revenue.is_above_zero)
            as rooms_sold,
        count(*) filter (where night_revenue.has_item and not night_revenue.is_above_zero)
            as rooms_complimentary
    from night_revenue
    inner join services on night_revenue.service_id = services.service_id
    group by services.enterprise_id, night_revenue.stay_date

),

rooms_sold as (

    select
        enterprise_id,
        stay_date,
        coalesce(rooms.rooms_occupied, 0) as rooms_occupied,
        coalesce(rooms.rooms_sold, 0) as rooms_sold,
        coalesce(rooms.rooms_complimentary, 0) as rooms_complimentary,
        coalesce(occupied.spaces_occupied, 0) as spaces_occupied,
        cast(
            case when nights.are_spaces_known then coalesce(capacity.spaces_active, 0) end as bigint
        ) as spaces_active,
        cast(
            case
                when nights.are_blocks_known
                    then
                        coalesce(capacity.spaces_active, 0)
                        - coalesce(capacity.spaces_out_of_order, 0)
            end as bigint
        ) as spaces_usable
    from nights
    left join rooms using (enterprise_id, stay_date)
    left join occupied using (enterprise_id, stay_date)
    left join capacity using (enterprise_id, stay_date)

)

select * from rooms_sold
