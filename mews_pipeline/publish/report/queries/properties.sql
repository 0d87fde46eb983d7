-- The cards and the table of properties. A total is the sum over the properties, each at its own
-- today, and null while the capacity of one of them is not known
with nights as (
    select * replace (unnest([scope, 'all']) as scope)
    from ahead
),

totals as (
    select
        scope,
        bool_and(spaces_usable is not null) as is_known,
        sum(spaces_occupied) filter (where days_ahead = 0) as spaces_occupied,
        sum(spaces_optional) filter (where days_ahead = 0) as spaces_optional,
        sum(spaces_usable) filter (where days_ahead = 0) as usable,
        sum(spaces_active) filter (where days_ahead = 0) as active,
        sum(spaces_house_use) filter (where days_ahead = 0) as house_use,
        sum(rooms_left) filter (where days_ahead = 0) as rooms_left,
        sum(guests) filter (where days_ahead = 0) as guests,
        sum(arrivals) filter (where days_ahead = 0) as arrivals,
        sum(departures) filter (where days_ahead = 0) as departures,
        sum(pickup_1) filter (where days_ahead = 0) as tonight_pickup_1,
        sum(pickup_guests) filter (where days_ahead = 0) as tonight_pickup_guests,
        sum(rooms_occupied - rooms_last_year) filter (where days_ahead = 0) as tonight_last_year,
        sum(spaces_occupied) filter (where days_ahead < 7) as occupied_7,
        sum(spaces_usable) filter (where days_ahead < 7) as usable_7,
        sum(pickup_1) filter (where days_ahead < 7) as pickup_1_of_7,
        sum(spaces_occupied) filter (where days_ahead < 30) as occupied_30,
        sum(spaces_usable) filter (where days_ahead < 30) as usable_30,
        sum(pickup_1) filter (where days_ahead < 30) as pickup_1_of_30,
        sum(spaces_occupied) as occupied_90,
        sum(spaces_usable) as usable_90,
        sum(pickup_1) as pickup_1_of_90,
        sum(pickup_7) as pickup_7_of_90
    from nights
    group by scope
),

pickups as (
    select
        scope,
        coalesce(sum(rooms) filter (where window_days = 1), 0) as pickup_1,
        coalesce(sum(rooms) filter (where window_days = 7), 0) as pickup_7,
        coalesce(sum(rooms_new) filter (where window_days = 1), 0) as new,
        coalesce(sum(rooms_converted) filter (where window_days = 1), 0) as converted,
        coalesce(sum(rooms_reinstated) filter (where window_days = 1), 0) as reinstated,
        coalesce(sum(rooms_moved) filter (where window_days = 1), 0) as moved,
        coalesce(sum(rooms_cancelled) filter (where window_days = 1), 0) as cancelled,
        coalesce(sum(rooms_no_show) filter (where window_days = 1), 0) as no_show
    from marts.rpt_pickup
    inner join scopes using (service_id)
    where is_lodging
    group by scope
),

own as (
    select scope as enterprise_id, today as stay_date
    from todays
),

own_yesterday as (
    select unnest([scope, 'all']) as scope, arrivals, departures, rooms_left
    from todays
    inner join marts.rpt_portfolio_daily
        on scope = enterprise_id and stay_date = today - 1
    where scope != 'all'
),

yesterday as (
    select
        scope,
        sum(arrivals) as arrivals_yesterday,
        sum(departures) as departures_yesterday,
        sum(rooms_left) as left_last_night
    from own_yesterday
    group by scope
),

done as (
    select
        scope,
        sum(arrivals_done) as arrivals_done,
        sum(departures_done) as departures_done
    from marts.rpt_rooms_by_state
    inner join own using (enterprise_id, stay_date)
    inner join scopes using (service_id)
    where is_lodging
    group by scope
),

hands as (
    select unnest([enterprise_id, 'all']) as scope, cases
    from attention
),

hands_by_scope as (
    select scope, sum(cases) as needs_hand
    from hands
    group by scope
),

restated as (
    select scope, count(*) as restated_1
    from marts.rpt_restatements
    inner join scopes using (service_id)
    inner join about on rpt_restatements.enterprise_id = about.enterprise_id
    where is_lodging and rooms != 0 and posted_at > as_of_utc - interval 1 day
    group by scope
),

units as (
    select distinct enterprise_id as scope, units
    from marts.rpt_portfolio_daily
)

select
    scope, name, todays.time_zone, today, about.as_of_utc, fetched_through_utc, is_stopped,
    reservations, units, spaces_occupied, spaces_optional, guests, arrivals, departures,
    if(is_known, usable, null) as spaces_usable,
    if(is_known, active, null) as spaces_active,
    if(is_known, house_use, null) as spaces_house_use,
    if(is_known, rooms_left, null) as rooms_left,
    tonight_pickup_1, tonight_pickup_guests, tonight_last_year,
    if(is_known, left_last_night, null) as left_last_night,
    coalesce(arrivals_yesterday, 0) as arrivals_yesterday,
    coalesce(departures_yesterday, 0) as departures_yesterday,
    occupied_7, if(is_known, usable_7, null) as usable_7, pickup_1_of_7,
    occupied_30, if(is_known, usable_30, null) as usable_30, pickup_1_of_30,
    occupied_90, if(is_known, usable_90, null) as usable_90, pickup_1_of_90, pickup_7_of_90,
    coalesce(pickup_1, 0) as pickup_1, coalesce(pickup_7, 0) as pickup_7,
    coalesce(new, 0) as new, coalesce(converted, 0) as converted,
    coalesce(reinstated, 0) as reinstated, coalesce(moved, 0) as moved,
    coalesce(cancelled, 0) as cancelled, coalesce(no_show, 0) as no_show,
    coalesce(arrivals_done, 0) as arrivals_done,
    coalesce(departures_done, 0) as departures_done,
    coalesce(needs_hand, 0) as needs_hand,
    coalesce(restated_1, 0) as restated_1
from todays
inner join about on todays.scope = about.enterprise_id
left join totals using (scope)
left join pickups using (scope)
left join done using (scope)
left join yesterday using (scope)
left join hands_by_scope using (scope)
left join restated using (scope)
left join units using (scope)
order by scope = 'all' desc, name
