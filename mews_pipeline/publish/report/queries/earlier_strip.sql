-- The next 90 nights of each property as they were on the books at `as_of_utc`: rooms, since which
-- spaces they take is known as of now only. Usable spaces are those of now
with nights as (
    select scope, unnest(range(90)) as days_ahead, today + cast(days_ahead as integer) as stay_date
    from todays
),

lodging as (
    select cast(service_id as varchar) as service_id, enterprise_id as scope, as_of_utc
    from marts.dim_service
    inner join about using (enterprise_id)
    where is_lodging
),

books as (
    select
        scope, stay_date,
        sum(rooms) as rooms,
        sum(rooms) filter (where posted_at > as_of_utc - interval 1 day) as pickup_1,
        sum(rooms) filter (where posted_at > as_of_utc - interval 7 day) as pickup_7
    from marts.fct_room_night_ledger
    inner join lodging using (service_id)
    where bucket = 'definite' and posted_at <= as_of_utc
    group by scope, stay_date
),

last_year as (
    select scope, stay_date + 364 as stay_date, sum(rooms) as rooms
    from marts.fct_room_night_ledger
    inner join lodging using (service_id)
    where bucket = 'definite' and posted_at <= as_of_utc - interval 364 day
    group by scope, stay_date
),

covered as (
    select enterprise_id as scope, min(cast(covered_from_utc as date)) as first_date
    from marts.rpt_coverage
    where operation = 'reservations'
    group by enterprise_id
)

select
    scope, days_ahead,
    cast(null as bigint) as spaces_occupied,
    cast(null as bigint) as rooms_left,
    spaces_usable,
    cast(coalesce(books.rooms, 0) as bigint) as rooms_occupied,
    cast(coalesce(pickup_1, 0) as bigint) as pickup_1,
    cast(coalesce(pickup_7, 0) as bigint) as pickup_7,
    cast(
        if(nights.stay_date - 364 >= first_date, coalesce(last_year.rooms, 0), null) as bigint
    ) as rooms_last_year
from nights
left join books using (scope, stay_date)
left join last_year using (scope, stay_date)
left join covered using (scope)
left join marts.rpt_portfolio_daily as portfolio
    on nights.scope = portfolio.enterprise_id and nights.stay_date = portfolio.stay_date
order by scope, days_ahead
