-- Hours that reservations had been in a state when they left it
select
    scope, from_state as state, count(*) as transitions,
    median(dwell_seconds) / 3600 as median_hours,
    quantile_cont(dwell_seconds, 0.9) / 3600 as p90_hours
from marts.fct_reservation_state_transitions
inner join scopes using (service_id)
inner join todays using (scope)
where from_state is not null and dwell_seconds is not null
group by all
order by all
