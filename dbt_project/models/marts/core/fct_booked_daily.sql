{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_nights() }}",
) }}

-- What is read more than once is not materialized: each reads what it needs of touched nights
with

ledger as not materialized (

    select * from {{ ref('fct_room_night_ledger') }}

),

reservations as not materialized (

    select * from {{ ref('fct_reservations') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

-- Stays that cannot be placed have no night. They are few, and apart from them touched nights are
-- sought by an equality
postings as (

    select * from ledger
    {{ of_touched_nights('ledger', 'stay_date', is_never_null=true) }}
    where stay_date is not null
    union all
    select * from ledger
    {{ of_touched_nights('ledger', 'stay_date') }}
    where stay_date is null

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
    from postings
    group by service_id, resource_category_id, stay_date

),

definite as not materialized (

    select * from reservations
    where bucket = 'definite' and is_placed

),

-- In services sold by the hour: the hours between the planned instants, cut at local midnights, so
-- that the night on which the clocks change has the hours that passed
hourly as (

    select
        definite.service_id,
        definite.resource_category_id,
        definite.scheduled_start_utc,
        definite.scheduled_end_utc,
        services.time_zone,
        {{ dates_between(
            'greatest(definite.arrival_date, ledger_window.first_night)',
            'least(definite.departure_date, ledger_window.last_night)'
        ) }} as stay_date
    from definite
    inner join services on definite.service_id = services.service_id
    cross join ledger_window
    where
        definite.time_unit = 'Hour' and definite.scheduled_end_utc > definite.scheduled_start_utc

),

hours as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(
            date_sub(
                'second',
                greatest(
                    scheduled_start_utc,
                    {{ first_instant('cast(stay_date as timestamp)', 'time_zone') }}
                ),
                least(
                    scheduled_end_utc,
                    {{ first_instant('cast(stay_date + 1 as timestamp)', 'time_zone') }}
                )
            )
        ) / 3600 as hours_occupied
    from hourly
    {{ of_touched_nights('hourly', 'stay_date', is_never_null=true) }}
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
    {{ of_touched_nights('definite', 'arrival_date', is_never_null=true) }}
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
    {{ of_touched_nights('definite', 'departure_date', is_never_null=true) }}
    group by service_id, resource_category_id, departure_date

),

first_nights as (

    select
        service_id,
        resource_category_id,
        first_night as stay_date,
        count(*) as rooms_begun
    from definite
    {{ of_touched_nights('definite', 'first_night', is_never_null=true) }}
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
