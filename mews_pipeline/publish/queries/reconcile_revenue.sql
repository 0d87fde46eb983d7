-- Definite net revenue by property, date, classification and currency next to the figures of a file
-- (temporary table revenue_given), on the dates and of the classifications that the file names
create or replace temp table revenue_compared as
with default_currencies as (
    select
        enterprise_id,
        any_value(currency) as default_currency
    from marts.rpt_performance_daily
    where is_default_currency and enterprise_id != 'all'
    group by enterprise_id
),

given as (
    select
        revenue_given.enterprise_id,
        revenue_given.revenue_date,
        revenue_given.classification,
        coalesce(revenue_given.currency, default_currencies.default_currency, 'unknown')
            as currency,
        sum(revenue_given.net) as net
    from revenue_given
    left join default_currencies using (enterprise_id)
    group by all
),

dates as (
    select distinct enterprise_id, revenue_date from given
),

named as (
    select distinct enterprise_id, classification, currency from given
),

ours as (
    select enterprise_id, revenue_date, classification, currency, sum(net) as net
    from marts.fct_revenue_daily
    semi join dates using (enterprise_id, revenue_date)
    semi join named using (enterprise_id, classification, currency)
    where bucket = 'definite'
    group by all
),

restated as (
    select distinct enterprise_id, revenue_date, currency from marts.rpt_revenue_restatements
)

select
    enterprise_id,
    about.enterprise_name as property,
    revenue_date as date,
    classification,
    currency,
    coalesce(ours.net, 0) as ours,
    coalesce(given.net, 0) as file,
    -- Figures of a report are rounded
    if(
        abs(coalesce(ours.net, 0) - coalesce(given.net, 0)) < 0.005,
        0,
        coalesce(ours.net, 0) - coalesce(given.net, 0)
    ) as difference,
    if(restated.enterprise_id is null, '', 'changed after the date had closed') as note
from given
full join ours using (enterprise_id, revenue_date, classification, currency)
left join restated using (enterprise_id, revenue_date, currency)
inner join about using (enterprise_id);

create or replace temp table revenue_not_in_file as
select distinct daily.classification || ' in ' || daily.currency as name
from marts.fct_revenue_daily as daily
semi join revenue_given using (enterprise_id, revenue_date)
anti join revenue_compared using (enterprise_id, classification, currency)
where daily.bucket = 'definite';
