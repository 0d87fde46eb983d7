-- Hours that reservations had been in a state when they left it, how many of these moves were
-- observed, and how many reservations are in the state now
with left_states as (
    select
        scope, from_state as state, count(*) as transitions,
        count(*) filter (basis = 'observed') as observed,
        median(dwell_seconds) / 3600 as median_hours,
        quantile_cont(dwell_seconds, 0.9) / 3600 as p90_hours
    from marts.fct_reservation_state_transitions
    inner join scopes using (service_id)
    where from_state is not null and dwell_seconds is not null
    group by all
),

held_states as (
    select scope, reservation_state as state, sum(still_held) as still_held
    from marts.rpt_state_dwell
    inner join scopes using (service_id)
    group by all
)

select
    scope, state, transitions, observed, median_hours, p90_hours,
    coalesce(still_held, 0) as still_held
from left_states
inner join todays using (scope)
left join held_states using (scope, state)
order by all
