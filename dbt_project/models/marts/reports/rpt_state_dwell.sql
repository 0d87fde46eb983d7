with

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}
    where from_state is not null

),

dwell_times as (

    select
        enterprise_id,
        service_id,
        from_state as reservation_state,
        count(*) as departures_from_state,
        count(*) filter (where at_basis = 'interval') / count(*) as share_interval,
        quantile_cont(dwell_seconds, 0.5) / 3600 as median_hours,
        quantile_cont(dwell_seconds, 0.9) / 3600 as p90_hours
    from transitions
    group by enterprise_id, service_id, from_state

)

select * from dwell_times
