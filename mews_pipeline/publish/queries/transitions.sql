-- Transitions from state to state, in whole months
select
    coalesce(from_state, '(new)') as from_state,
    to_state,
    cast(coalesce(sum(transitions) filter (basis = 'observed'), 0) as bigint) as observed,
    cast(coalesce(sum(transitions) filter (basis = 'inferred'), 0) as bigint) as inferred,
    cast(coalesce(sum(transitions) filter (basis = 'collapsed'), 0) as bigint) as collapsed,
    cast(sum(transitions) as bigint) as transitions
from marts.rpt_state_transition_matrix
left join marts.dim_service using (service_id)
left join properties using (enterprise_id)
where
    ($first is null or period_start >= date_trunc('month', cast($first as date)))
    and ($last is null or period_start <= $last)
    and ($property is null or property ilike $property or enterprise_id = $property)
group by all
order by all
