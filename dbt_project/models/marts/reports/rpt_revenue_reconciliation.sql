with

balances as (

    select * from {{ ref('stg_mews__ledger_balances') }}
    where ledger_type = 'Revenue'
    {{ latest_version('enterprise_id, balance_date, ledger_type') }}

),

properties as (

    select * from {{ ref('int_revenue_properties') }}

),

latest as (

    select * from {{ ref('int_now') }}

),

definitions as (

    select * from {{ ref('dim_revenue_definition') }}
    where definition = 'mews_manager' and in_total_revenue

),

daily as (

    select * from {{ ref('fct_revenue_daily') }}
    where bucket = 'definite'

),

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where bucket = 'definite'

),

mews_days as (

    select
        enterprise_id,
        balance_date,
        ledger_type,
        coalesce(closing_currency, opening_currency, 'unknown') as currency,
        closing_net_value - opening_net_value as mews_net
    from balances
    -- A balance that is no number is not compared, nor one that changes its currency
    where
        closing_net_value is not null
        and opening_net_value is not null
        and closing_currency is not distinct from opening_currency

),

our_days as (

    select
        daily.enterprise_id,
        daily.revenue_date,
        daily.currency,
        sum(daily.net) as ledger_net
    from daily
    inner join definitions
        on
            daily.enterprise_id = definitions.enterprise_id
            and daily.item_type = definitions.item_type
            and daily.classification = definitions.classification
    group by daily.enterprise_id, daily.revenue_date, daily.currency

),

-- Mews books a correction on the day it is made, we book it on the date that it corrects
late_postings as (

    select
        ledger.enterprise_id,
        ledger.currency,
        ledger.revenue_date,
        cast({{ local_time('ledger.posted_at', 'properties.time_zone') }} as date) as posting_date
    from ledger
    inner join properties on ledger.enterprise_id = properties.enterprise_id
    where
        {{ is_posted_late('ledger.posted_at', 'ledger.revenue_date') }}
        and ledger.enterprise_id in (select mews_days.enterprise_id from mews_days)

),

changed_days as (

    select distinct
        enterprise_id,
        revenue_date,
        currency
    from late_postings
    where posting_date > revenue_date

),

correcting_days as (

    select distinct
        enterprise_id,
        posting_date,
        currency
    from late_postings
    where posting_date > revenue_date

),

compared_days as (

    select
        mews_days.enterprise_id,
        mews_days.balance_date as period_date,
        mews_days.ledger_type,
        mews_days.currency,
        coalesce(our_days.ledger_net, 0) as ledger_net,
        mews_days.mews_net,
        mews_days.balance_date >= cast(
            {{ local_time('latest.now_utc', 'properties.time_zone') }} as date
        ) as is_open,
        changed_days.enterprise_id is not null as is_changed,
        correcting_days.enterprise_id is not null as corrects_others
    from mews_days
    inner join properties on mews_days.enterprise_id = properties.enterprise_id
    inner join latest on mews_days.enterprise_id = latest.enterprise_id
    left join our_days
        on
            mews_days.enterprise_id = our_days.enterprise_id
            and mews_days.balance_date = our_days.revenue_date
            and mews_days.currency = our_days.currency
    left join changed_days
        on
            mews_days.enterprise_id = changed_days.enterprise_id
            and mews_days.balance_date = changed_days.revenue_date
            and mews_days.currency = changed_days.currency
    left join correcting_days
        on
            mews_days.enterprise_id = correcting_days.enterprise_id
            and mews_days.balance_date = correcting_days.posting_date
            and mews_days.currency = correcting_days.currency

),

days as (

    select
        enterprise_id,
        'day' as period,
        period_date as period_start,
        ledger_type,
        currency,
        ledger_net,
        mews_net,
        case
            when abs(ledger_net - mews_net) < 0.005 then 'equal'
            when is_open then 'day_not_over'
            when is_changed then 'corrected_later'
            when corrects_others then 'corrects_other_days'
            else 'unexplained'
        end as reason
    from compared_days

),

-- A month is compared over the days that both have; corrections within it cancel each other
months as (

    select
        enterprise_id,
        'month' as period,
        cast(date_trunc('month', period_date) as date) as period_start,
        ledger_type,
        currency,
        sum(ledger_net) as ledger_net,
        sum(mews_net) as mews_net,
        case
            when abs(sum(ledger_net) - sum(mews_net)) < 0.005 then 'equal'
            when count(*) < day(last_day(min(period_date))) then 'month_incomplete'
            when bool_or(is_open) then 'month_not_over'
            else 'unexplained'
        end as reason
    from compared_days
    group by enterprise_id, date_trunc('month', period_date), ledger_type, currency

),

reconciliation as (

    select * from months
    union all
    select * from days

)

select
    enterprise_id,
    period,
    period_start,
    ledger_type,
    currency,
    cast(ledger_net as decimal(38, 6)) as ledger_net,
    cast(mews_net as decimal(38, 6)) as mews_net,
    cast(ledger_net - mews_net as decimal(38, 6)) as difference,
    reason
from reconciliation
