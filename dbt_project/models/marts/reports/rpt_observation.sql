with

matrix as (

    select * from {{ ref('rpt_state_transition_matrix') }}

),

observation as (

    select
        period_start,
        service_id,
        cast(sum(transitions) as bigint) as transitions,
        coalesce(sum(transitions) filter (where basis = 'observed'), 0) / sum(transitions)
            as share_observed,
        coalesce(sum(transitions) filter (where basis = 'inferred'), 0) / sum(transitions)
            as share_inferred,
        coalesce(sum(transitions) filter (where basis = 'collapsed'), 0) / sum(transitions)
            as share_collapsed
    from matrix
    group by period_start, service_id

)

select * from observation
