-- What changed at each property in the day and the week before `as_of_utc`, over all nights
with lodging as (
    select cast(service_id as varchar) as service_id, enterprise_id as scope, as_of_utc
    from marts.dim_service
    inner join about using (enterprise_id)
    where is_lodging
),

recent as (
    select
        scope, rooms,
        cast(reason as varchar) as reason,
        posted_at > as_of_utc - interval 1 day as is_of_last_day
    from marts.fct_room_night_ledger
    inner join lodging using (service_id)
    where
        bucket = 'definite' and stay_date is not null
        and posted_at > as_of_utc - interval 7 day and posted_at <= as_of_utc
),

pickups as (
    select
        scope,
        sum(rooms) as pickup_7,
        sum(rooms) filter (where is_of_last_day) as pickup_1,
        sum(rooms) filter (where is_of_last_day and reason = 'new') as new,
        sum(rooms) filter (where is_of_last_day and reason = 'converted') as converted,
        sum(rooms) filter (where is_of_last_day and reason = 'reinstated') as reinstated,
        sum(rooms) filter (where is_of_last_day and reason = 'moved') as moved,
        sum(rooms) filter (where is_of_last_day and reason = 'cancelled') as cancelled,
        sum(rooms) filter (where is_of_last_day and reason = 'no_show') as no_show
    from recent
    group by scope
),

restated as (
    select enterprise_id as scope, count(*) as restated_1
    from marts.rpt_restatements
    inner join scopes using (service_id)
    inner join about using (enterprise_id)
    where
        scopes.scope = 'all' and is_lodging and rooms != 0
        and posted_at > as_of_utc - interval 1 day and posted_at <= as_of_utc
    group by enterprise_id
)

select
    scope, name, todays.time_zone, today, todays.as_of_utc, false as is_stopped,
    cast(coalesce(pickup_1, 0) as bigint) as pickup_1,
    cast(coalesce(pickup_7, 0) as bigint) as pickup_7,
    cast(coalesce(new, 0) as bigint) as new,
    cast(coalesce(converted, 0) as bigint) as converted,
    cast(coalesce(reinstated, 0) as bigint) as reinstated,
    cast(coalesce(moved, 0) as bigint) as moved,
    cast(coalesce(cancelled, 0) as bigint) as cancelled,
    cast(coalesce(no_show, 0) as bigint) as no_show,
    coalesce(restated_1, 0) as restated_1
from todays
left join pickups using (scope)
left join restated using (scope)
order by name
