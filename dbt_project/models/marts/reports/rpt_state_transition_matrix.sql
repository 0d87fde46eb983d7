with

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}

),

-- Materialized, otherwise DuckDB counts twice: once more for the window
transition_counts as materialized (

    select
        cast(date_trunc('month', transition_date) as date) as period_start,
        service_id,
        from_state,
        to_state,
        basis,
        count(*) as transitions
    from transitions
    group by period_start, service_id, from_state, to_state, basis

),

transition_shares as (

    select
        *,
        transitions / sum(transitions) over (partition by period_start, service_id, from_state)
            as share_of_from_state
    from transition_counts

)

select * from transition_shares
