-- What was fetched of each operation and property, since when and with which gaps
select
    'all' as scope, coverage.operation, freshness.enterprise_name, coverage.covered_from_utc,
    coverage.covered_through_utc, coverage.observed_since_utc, freshness.books_complete_since_utc,
    coverage.fetches, coverage.gaps, coverage.gap_hours
from marts.rpt_coverage as coverage
left join marts.rpt_freshness as freshness using (enterprise_id)
order by all
