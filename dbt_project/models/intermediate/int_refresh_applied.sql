{% set applied = applied_through() %}
{% for name in reposted_models() %}{% do ref(name) %}{% endfor %}
{% do ref("int_booked_daily") %}{% do ref("int_booked_by_lead") %}
{# Where what was posted is wrong, it is posted again #}
{% do ref("int_ledger_differences") %}

with

touched as (

    select * from {{ ref('int_touched_service_orders') }}

),

-- Where nothing was touched the mark stays
applied as (

    select
        coalesce(max(landed_through), {{ applied or "cast(null as timestamptz)" }})
            as landed_through
    from touched

)

select * from applied
