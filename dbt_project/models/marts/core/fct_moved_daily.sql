{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_calendar() }}",
) }}
{% set is_kept = is_calendar_kept() %}

with

reservations as (

    select * from {{ ref('fct_reservations') }}

),

space_periods as (

    select * from {{ ref('int_space_periods') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

definite as (

    select * from reservations
    where bucket = 'definite' and is_placed and first_night is not null

),

near_touched_nights as (

    select * from definite
    {{ reaching_touched_nights(
        'definite', 'definite.first_night', 'definite.last_night', is_kept
    ) }}

),

-- Only these stays are expanded: their space ever was in another category than the booked one
movable_stays as (

    select * from near_touched_nights
    where exists (
        select 1 from space_periods
        where
            near_touched_nights.assigned_resource_id = space_periods.resource_id
            and near_touched_nights.service_id = space_periods.service_id
            and near_touched_nights.resource_category_id != space_periods.resource_category_id
    )

),

movable_nights as (

    select
        movable_stays.reservation_id,
        movable_stays.service_id,
        movable_stays.resource_category_id,
        movable_stays.assigned_resource_id,
        {{ dates_between(
            'greatest(movable_stays.first_night, horizon.first_date)',
            'least(movable_stays.last_night, horizon.last_date)'
        ) }} as stay_date
    from movable_stays
    cross join horizon

),

-- The category of the space in that night, else the one that it was in last
moved_nights as (

    select
        movable_nights.service_id,
        movable_nights.resource_category_id,
        space_periods.resource_category_id as stayed_resource_category_id,
        movable_nights.stay_date
    from movable_nights
    inner join space_periods
        on
            movable_nights.assigned_resource_id = space_periods.resource_id
            and movable_nights.service_id = space_periods.service_id
    qualify row_number() over (
        partition by movable_nights.reservation_id, movable_nights.stay_date
        order by
            (
                movable_nights.stay_date >= space_periods.from_date
                and movable_nights.stay_date < space_periods.to_date
            ) desc,
            space_periods.from_date desc,
            space_periods.resource_category_id asc
    ) = 1

),

moved_daily as (

    select
        service_id,
        resource_category_id,
        stayed_resource_category_id,
        stay_date,
        count(*) as rooms
    from moved_nights
    {{ of_touched_nights('moved_nights', 'stay_date', is_kept) }}
    where resource_category_id != stayed_resource_category_id
    group by service_id, resource_category_id, stayed_resource_category_id, stay_date

)

select * from moved_daily
