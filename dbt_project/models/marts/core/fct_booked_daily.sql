{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_nights() }}",
) }}

with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}

),

reservations as (

    select * from {{ ref('fct_reservations') }}

),

booked as (

    select
        service_id,
        resource_category_id,
        stay_date,
        cast(sum(rooms) filter (where bucket = 'definite') as bigint) as rooms_occupied,
        cast(sum(rooms) filter (where bucket = 'optional') as bigint) as rooms_optional,
        cast(sum(rooms) filter (where bucket = 'pipeline') as bigint) as rooms_pipeline,
        cast(sum(rooms) filter (where bucket = 'unknown') as bigint) as rooms_unknown,
        cast(sum(guests) filter (where bucket = 'definite') as bigint) as guests,
        cast(sum(adults) filter (where bucket = 'definite') as bigint) as guests_adults,
        cast(sum(children) filter (where bucket = 'definite') as bigint) as guests_children
    from ledger
    {{ of_touched_nights('ledger', 'stay_date') }}
    group by service_id, resource_category_id, stay_date

),

definite as (

    select * from reservations
    where bucket = 'definite' and is_placed

),

-- In services sold by the hour: the hours between the planned times that fall on the local day
hourly as (

    select
        service_id,
        resource_category_id,
        start_local,
        end_local,
        {{ dates_between('arrival_date', 'departure_date') }} as stay_date
    from definite
    where time_unit = 'Hour' and end_local > start_local

),

hours as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(
            date_diff(
                'minute',
                greatest(start_local, cast(stay_date as timestamp)),
                least(end_local, cast(stay_date + 1 as timestamp))
            )
        ) / 60 as hours_occupied
    from hourly
    {{ of_touched_nights('hourly', 'stay_date') }}
    group by service_id, resource_category_id, stay_date

),

arrivals as (

    select
        service_id,
        resource_category_id,
        arrival_date as stay_date,
        count(*) as arrivals,
        count(*) filter (where arrival_date = departure_date) as day_use
    from definite
    {{ of_touched_nights('definite', 'arrival_date') }}
    group by service_id, resource_category_id, arrival_date

),

departures as (

    select
        service_id,
        resource_category_id,
        departure_date as stay_date,
        count(*) as departures,
        count(*) filter (
            where departure_date > first_night and departure_date <= last_night
        ) as rooms_departing
    from definite
    {{ of_touched_nights('definite', 'departure_date') }}
    group by service_id, resource_category_id, departure_date

),

first_nights as (

    select
        service_id,
        resource_category_id,
        first_night as stay_date,
        count(*) as rooms_begun
    from definite
    {{ of_touched_nights('definite', 'first_night') }}
    where first_night is not null
    group by service_id, resource_category_id, first_night

),

facts as (

    select *
    from booked
    full join arrivals using (service_id, resource_category_id, stay_date)
    full join departures using (service_id, resource_category_id, stay_date)
    full join first_nights using (service_id, resource_category_id, stay_date)
    full join hours using (service_id, resource_category_id, stay_date)

)

select * from facts
