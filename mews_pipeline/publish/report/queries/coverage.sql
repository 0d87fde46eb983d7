-- What was fetched of each operation, since when and with which gaps
select
    'all' as scope, operation, covered_from_utc, covered_through_utc, observed_since_utc,
    fetches, gaps, gap_hours
from marts.rpt_coverage
order by all
