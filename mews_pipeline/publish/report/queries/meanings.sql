-- What the columns of the report mean, by the comments of the published tables
select
    column_name,
    first(comment order by table_name = 'rpt_portfolio_daily' desc) as meaning
from duckdb_columns()
where
    comment is not null and table_name in (
        'rpt_portfolio_daily', 'rpt_pickup', 'rpt_restatements', 'rpt_coverage', 'about',
        'fct_reservation_state_transitions', 'rpt_state_dwell', 'rpt_cancellations',
        'rpt_performance_daily', 'rpt_revenue_pickup'
    )
group by column_name
order by column_name
