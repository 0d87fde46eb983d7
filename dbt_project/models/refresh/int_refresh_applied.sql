{% set applied = applied_through() %}
{% set needed = reposted_models() + recounted_models() + calendar_models() %}
{% for name in needed %}{% do ref(name) %}{% endfor %}
{# If too much of the ledger is wrong, the mark stays, so the next build posts the same ids again #}
{% do ref("rpt_quarantined_reservations") %}
{% do ref("rpt_freshness") %}

with

touched as (

    select * from {{ ref('int_touched_service_orders') }}

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

calendar as (

    select * from {{ ref('int_calendar_context') }}

),

dates as (

    select * from {{ ref('int_local_dates') }}

),

first_known as (

    select max(known_at) as known_through from {{ ref('int_first_known') }}

),

knowledge as (

    {{ knowledge_through("timestamptz 'infinity'") }}

),

-- If nothing was touched, the mark stays
applied as (

    select
        ledger_window.first_night,
        ledger_window.last_night,
        coalesce(max(touched.landed_through), {{ applied or "cast(null as timestamptz)" }})
            as landed_through,
        calendar.calendar,
        dates.local_dates,
        knowledge.knowledge,
        first_known.known_through
    from ledger_window
    cross join calendar
    cross join dates
    cross join knowledge
    cross join first_known
    left join touched on true
    group by all

)

select * from applied
