-- The ten nights whose definite books moved most in the last 24 hours, why, and the bookings
-- behind them. `all` ranks the nights of all properties
with lodging as (
    select
        cast(service_id as varchar) as service_id, enterprise_id, enterprise_name as property,
        as_of_utc
    from marts.dim_service
    inner join about using (enterprise_id)
    where is_lodging
),

changes as (
    select
        enterprise_id, property, stay_date, reservation_id,
        cast(ledger.resource_category_id as varchar) as resource_category_id,
        replace(cast(reason as varchar), '_', '-') as reason,
        sum(rooms) as rooms,
        max(posted_at) as posted_at
    from marts.fct_room_night_ledger as ledger
    inner join lodging using (service_id)
    where
        bucket = 'definite' and stay_date is not null
        and posted_at > as_of_utc - interval 1 day and posted_at <= as_of_utc
    group by all
    having sum(rooms) != 0
),

nights as (
    select
        changes.enterprise_id, property, changes.stay_date,
        sum(rooms) as rooms,
        coalesce(sum(rooms) filter (where reason = 'new'), 0) as new,
        coalesce(sum(rooms) filter (where reason = 'converted'), 0) as converted,
        coalesce(sum(rooms) filter (where reason = 'reinstated'), 0) as reinstated,
        coalesce(sum(rooms) filter (where reason = 'moved'), 0) as moved,
        coalesce(sum(rooms) filter (where reason = 'cancelled'), 0) as cancelled,
        coalesce(sum(rooms) filter (where reason = 'no-show'), 0) as no_show,
        sum(abs(rooms)) as turnover,
        count(*) as bookings,
        list({
            'reservation_id': changes.reservation_id, 'reason': reason, 'rooms': rooms,
            'posted_at': posted_at, 'category': coalesce(resource_category_name, 'unknown'),
            'arrival': arrival_date, 'departure': departure_date, 'state': reservation_state
        } order by posted_at desc, changes.reservation_id asc)[:20] as items
    from changes
    left join marts.dim_resource_category using (resource_category_id)
    left join marts.fct_reservations as reservations
        on changes.reservation_id = reservations.reservation_id
    group by all
    having sum(rooms) != 0
),

ranked as (
    select unnest([enterprise_id, 'all']) as scope, *
    from nights
)

select
    scope, enterprise_id, property, stay_date, rooms, new, converted, reinstated, moved,
    cancelled, no_show, bookings, items, spaces_occupied, spaces_usable
from ranked
inner join todays using (scope)
left join marts.rpt_portfolio_daily using (enterprise_id, stay_date)
qualify
    row_number() over (
        partition by scope order by abs(rooms) desc, turnover desc, stay_date asc, property asc
    ) <= 10
order by scope asc, abs(rooms) desc, turnover desc, stay_date asc, property asc
