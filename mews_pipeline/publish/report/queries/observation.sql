-- How many transitions were observed, inferred or collapsed, by month
select
    scope, period_start, sum(transitions) as transitions,
    cast(round(sum(transitions * share_observed)) as bigint) as observed,
    cast(round(sum(transitions * share_inferred)) as bigint) as inferred,
    cast(round(sum(transitions * share_collapsed)) as bigint) as collapsed
from marts.rpt_observation
inner join scopes using (service_id)
inner join todays using (scope)
where period_start > today - 365
group by all
order by all desc
