{# A build that counts every night reads none of them #}
{% set needed = "false" if counts_every_night() else "true" %}

with

versions as (

    select * from {{ ref('int_touched_versions') }}
    where {{ needed }}

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

-- The nights and days of every version, because a later version may have moved the stay away
nights as (

    select
        versions.service_id,
        versions.enterprise_id,
        {{ dates_between(
            "greatest("
            ~ "least(versions.first_night, versions.arrival_date, versions.departure_date), "
            ~ "ledger_window.first_night)",
            "least("
            ~ "greatest(versions.last_night, versions.arrival_date, versions.departure_date), "
            ~ "ledger_window.last_night)"
        ) }} as stay_date
    from versions
    cross join ledger_window
    where versions.arrival_date is not null or versions.departure_date is not null

),

-- First nights, arrivals and departures are counted outside the window too. A row without a date is
-- for stays that cannot be placed
days as (

    select
        service_id,
        enterprise_id,
        unnest([first_night, arrival_date, departure_date, null]) as stay_date
    from versions

),

touched_nights as (

    select * from nights
    union
    select * from days

)

select * from touched_nights
