-- Transitions of the last year from state to state, with their share of all that left the state
select
    scope, coalesce(from_state, 'New') as from_state, to_state,
    sum(transitions) as transitions,
    coalesce(sum(transitions) filter (basis = 'observed'), 0) as observed,
    coalesce(sum(transitions) filter (basis = 'inferred'), 0) as inferred,
    coalesce(sum(transitions) filter (basis = 'collapsed'), 0) as collapsed,
    sum(sum(transitions)) over (partition by scope, from_state) as left_state,
    sum(transitions) / left_state as share
from marts.rpt_state_transition_matrix
inner join scopes using (service_id)
inner join todays using (scope)
where period_start > today - 365
group by scope, from_state, to_state
order by all
