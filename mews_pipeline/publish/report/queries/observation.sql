-- Share of transitions that were observed, inferred or collapsed, by month
select
    scope, period_start, sum(transitions) as transitions,
    sum(transitions * share_observed) / sum(transitions) as observed,
    sum(transitions * share_inferred) / sum(transitions) as inferred,
    sum(transitions * share_collapsed) / sum(transitions) as collapsed
from marts.rpt_observation
inner join scopes using (service_id)
inner join todays using (scope)
where period_start > today - 365
group by all
order by all desc
