{% set applied = money_applied_through() %}
{% set needed = reposted_money_models() + recounted_money_models() %}
{% for name in needed + ["int_revenue_differences"] %}{% do ref(name) %}{% endfor %}

with

touched as (

    select * from {{ ref('int_touched_order_items') }}

),

context as (

    select * from {{ ref('int_money_context') }}

),

-- If nothing was touched, the mark stays
applied as (

    select
        coalesce(max(touched.landed_through), {{ applied or long_ago() }}) as landed_through,
        context.mapping
    from context
    left join touched on true
    group by context.mapping

)

select * from applied
