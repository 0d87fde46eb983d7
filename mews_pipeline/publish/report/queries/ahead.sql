-- The next 90 nights of each property from its own tonight. Last year is what was booked 364 days
-- before the property's own now (the same weekday); it is null for nights before the first update
-- that was fetched, since their bookings are not all known
create temp table ahead as
with nights as (
    select
        scope as enterprise_id,
        unnest(range(90)) as days_ahead,
        today + cast(days_ahead as integer) as stay_date
    from todays
    where scope != 'all'
),

lodging as (
    select
        cast(service_id as varchar) as service_id,
        enterprise_id,
        as_of_utc - interval 364 day as then_utc
    from marts.dim_service
    inner join about using (enterprise_id)
    where is_lodging
),

pickups as (
    select
        lodging.enterprise_id, stay_date,
        coalesce(sum(rooms) filter (where window_days = 1), 0) as pickup_1,
        coalesce(sum(rooms) filter (where window_days = 7), 0) as pickup_7,
        coalesce(sum(guests) filter (where window_days = 1), 0) as pickup_guests
    from marts.rpt_pickup
    inner join lodging using (service_id)
    where window_days in (1, 7)
    group by all
),

last_year as (
    select enterprise_id, stay_date + 364 as stay_date, sum(rooms) as rooms
    from marts.fct_room_night_ledger
    inner join lodging using (service_id)
    where bucket = 'definite' and posted_at <= then_utc
    group by all
),

-- Whether capacity is known does not depend on the night. A property without lodging has none, and
-- a night without a row has no spaces
capacity as (
    select enterprise_id, bool_and(spaces_usable is not null) as is_known
    from marts.rpt_portfolio_daily
    group by enterprise_id
),

covered as (
    select enterprise_id, min(cast(covered_from_utc as date)) as first_date
    from marts.rpt_coverage
    where operation = 'reservations'
    group by all
)

select
    enterprise_id as scope, stay_date, days_ahead,
    coalesce(spaces_occupied, 0) as spaces_occupied,
    coalesce(spaces_optional, 0) as spaces_optional,
    if(coalesce(is_known, true), coalesce(spaces_usable, 0), null) as spaces_usable,
    if(coalesce(is_known, true), coalesce(spaces_active, 0), null) as spaces_active,
    if(coalesce(is_known, true), coalesce(spaces_house_use, 0), null) as spaces_house_use,
    if(coalesce(is_known, true), coalesce(rooms_left, 0), null) as rooms_left,
    coalesce(rooms_occupied, 0) as rooms_occupied,
    cast(coalesce(pickup_1, 0) as bigint) as pickup_1,
    cast(coalesce(pickup_7, 0) as bigint) as pickup_7,
    cast(coalesce(pickup_guests, 0) as bigint) as pickup_guests,
    cast(
        if(stay_date - 364 >= first_date, coalesce(last_year.rooms, 0), null) as bigint
    ) as rooms_last_year,
    coalesce(arrivals, 0) as arrivals,
    coalesce(departures, 0) as departures,
    coalesce(guests, 0) as guests
from nights
left join marts.rpt_portfolio_daily using (enterprise_id, stay_date)
left join pickups using (enterprise_id, stay_date)
left join last_year using (enterprise_id, stay_date)
left join capacity using (enterprise_id)
left join covered using (enterprise_id);
