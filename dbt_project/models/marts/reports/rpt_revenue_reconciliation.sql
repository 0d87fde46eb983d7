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

booked as (

    select * from {{ ref('int_revenue_by_mews_date') }}

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
        enterprise_id,
        revenue_date,
        currency,
        sum(net) as net,
        bool_or(mews_date > revenue_date) as is_changed
    from booked
    group by enterprise_id, revenue_date, currency

),

-- What Mews' ledger should have gained, if it books at the dates at which Mews says that it does
booked_days as (

    select
        enterprise_id,
        mews_date,
        currency,
        sum(net) as net,
        bool_or(mews_date > revenue_date) as corrects_others
    from booked
    group by enterprise_id, mews_date, currency

),

compared_days as (

    select
        mews_days.enterprise_id,
        mews_days.balance_date as period_date,
        mews_days.ledger_type,
        mews_days.currency,
        coalesce(our_days.net, 0) as ledger_net,
        coalesce(booked_days.net, 0) as booked_net,
        mews_days.mews_net,
        mews_days.balance_date >= cast(
            {{ local_time('latest.now_utc', 'properties.time_zone') }} as date
        ) as is_open,
        coalesce(our_days.is_changed, false) as is_changed,
        coalesce(booked_days.corrects_others, false) as corrects_others
    from mews_days
    inner join properties on mews_days.enterprise_id = properties.enterprise_id
    inner join latest on mews_days.enterprise_id = latest.enterprise_id
    left join our_days
        on
            mews_days.enterprise_id = our_days.enterprise_id
            and mews_days.balance_date = our_days.revenue_date
            and mews_days.currency = our_days.currency
    left join booked_days
        on
            mews_days.enterprise_id = booked_days.enterprise_id
            and mews_days.balance_date = booked_days.mews_date
            and mews_days.currency = booked_days.currency

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
            when abs(booked_net - mews_net) < 0.005 then 'booked_on_other_days'
            when is_changed then 'corrected_later'
            when corrects_others then 'corrects_other_days'
            else 'unexplained'
        end as reason
    from compared_days

),

-- A month is compared over the days that Mews has; corrections within it cancel each other
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
            when abs(sum(booked_net) - sum(mews_net)) < 0.005 then 'booked_in_other_months'
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
