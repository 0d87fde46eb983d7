-- By month of the last year: of the bookings that arrived or were cancelled in it, how many were
-- cancelled. Cancellations are those of cancellations.sql that held a room. A month that began
-- before the first update that was fetched has no share: its arrivals are not all known
with decided as (
    select
        service_id, cancelled_month as month, sum(cancellations) as cancelled, 0 as arrived
    from marts.rpt_cancellations
    where held_room
    group by all
    union all
    select
        service_id, cast(date_trunc('month', arrival_date) as date) as month,
        0 as cancelled, sum(arrivals) as arrived
    from marts.rpt_no_shows
    inner join todays on enterprise_id = scope and arrival_date <= today
    group by all
),

covered as (
    select
        unnest([enterprise_id, 'all']) as scope,
        cast(covered_from_utc as date) as first_date
    from marts.rpt_coverage
    where operation = 'reservations'
),

covered_by_scope as (
    select scope, max(first_date) as first_date
    from covered
    group by scope
)

select
    scope, month, sum(cancelled) as cancelled,
    if(month >= any_value(first_date), sum(arrived) + sum(cancelled), null) as decided
from decided
inner join scopes using (service_id)
inner join todays using (scope)
left join covered_by_scope using (scope)
where month > today - 365
group by scope, month
order by all
