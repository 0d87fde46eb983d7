with

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}

),

-- Materialized, otherwise DuckDB counts twice: once more for the window. The last day of a month is
-- found faster than its first
transition_counts as materialized (

    select
        last_day(transition_date) as period_end,
        service_id,
        from_state,
        to_state,
        basis,
        count(*) as transitions
    from transitions
    group by period_end, service_id, from_state, to_state, basis

),

transition_shares as (

    select
        cast(date_trunc('month', period_end) as date) as period_start,
        service_id,
        from_state,
        to_state,
        basis,
        transitions,
        transitions / sum(transitions) over (partition by period_end, service_id, from_state)
            as share_of_from_state
    from transition_counts

)

select * from transition_shares
