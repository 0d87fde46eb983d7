-- What was fetched of each operation and property, since when and with which gaps
select
    'all' as scope, operation, enterprise_name, covered_from_utc, covered_through_utc,
    observed_since_utc, fetches, gaps, gap_hours
from marts.rpt_coverage
left join marts.dim_enterprise using (enterprise_id)
order by all
