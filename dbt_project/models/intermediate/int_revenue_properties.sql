with

enterprises as (

    select * from {{ ref('stg_mews__enterprises') }}
    {{ latest_version('enterprise_id') }}

),

services as (

    select * from {{ ref('int_services') }}

),

enterprise_currencies as (

    select * from {{ ref('stg_mews__enterprise_currencies') }}
    {{ latest_version('enterprise_currency_id') }}

),

-- A zone that DuckDB does not know would fail every query that computes its local time
zones as (

    select name as time_zone from pg_timezone_names()

),

-- One currency is the default; if two ever say so, the same one counts in each build
default_currencies as (

    select
        enterprise_id,
        min(currency) as currency
    from enterprise_currencies
    where is_default
    group by enterprise_id

),

known as (

    select enterprise_id from enterprises
    union
    select enterprise_id from services
    where enterprise_id is not null

),

properties as (

    select
        known.enterprise_id,
        zones.time_zone,
        coalesce(default_currencies.currency, 'unknown') as default_currency,
        -- A date is final once neither the stay nor its items may be edited any more
        coalesce(enterprises.business_day_closing_offset, interval 0 hour)
        + greatest(
            coalesce(enterprises.accounting_editable_history, interval 0 hour),
            coalesce(enterprises.operational_editable_history, interval 0 hour)
        ) as closes_after
    from known
    left join enterprises on known.enterprise_id = enterprises.enterprise_id
    left join zones on enterprises.time_zone_identifier = zones.time_zone
    left join default_currencies on known.enterprise_id = default_currencies.enterprise_id

)

select * from properties
