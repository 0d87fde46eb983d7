{# The models of money that count again what touched items have, or had, before the mark is moved. #}
{% macro recounted_money_models() -%}
    {{ return(["fct_revenue_daily", "int_night_revenue", "int_tax_differences"]) }}
{%- endmacro %}

{#
    For sums of the revenue ledger per service and date: keep only the rows of dates that touched items
    have, or had. Adding up a date twice gives the same numbers. Where no row is without a date, DuckDB
    reads only the storage between the first and the last of them.
#}
{% macro of_touched_revenue_dates(rows, is_never_null=false) -%}
    {%- set touched = touched_revenue_dates(ref("fct_revenue_ledger")) -%}
    {%- if is_money_kept() -%}
    semi join ({{ touched }}) as touched
        on
            {{ rows }}.service_id = touched.service_id
            and {{ rows }}.revenue_date
            {{ "=" if is_never_null else "is not distinct from" }} touched.revenue_date
    {%- endif -%}
{%- endmacro %}

{# These dates; of a service that was touched as a whole, all that are in a relation. #}
{% macro touched_revenue_dates(relation) -%}
    select
        service_id,
        revenue_date
    from {{ ref("int_touched_revenue_dates") }}
    union
    select
        service_id,
        revenue_date
    from {{ relation }}
    where service_id in (
        select touched_id from {{ ref("int_touched_order_items") }}
        where entity = 'service'
    )
{%- endmacro %}

{# Pre-hook: delete these dates before they are added up again, in the same transaction, or all. #}
{% macro delete_touched_revenue_dates() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as counted
        {% if is_money_kept() -%}
            where exists (
                select 1 from ({{ touched_revenue_dates(this) }}) as touched
                where
                    counted.service_id = touched.service_id
                    and counted.revenue_date is not distinct from touched.revenue_date
            )
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{# Whether the marks of items, and of rooms where `with_rooms` is true, tell what was touched. #}
{% macro is_money_kept(with_rooms=false) -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- do ref("int_money_context") -%}
    {{ return(
        is_incremental()
        and money_applied_through() is not none
        and (not with_rooms or applied_through() is not none)
    ) }}
{%- endmacro %}

{# For the nights of stays and their items: the stays that were touched, or whose items were or are. #}
{% macro touched_stays() -%}
    select touched_orders.touched_id as service_order_id
    from {{ ref('int_touched_service_orders') }} as touched_orders
    where
        touched_orders.entity = 'reservation'
        and {{ is_not_applied('touched_orders') }}
    union
    select service_order_id from {{ ref('int_touched_item_versions') }}
    where is_touched
{%- endmacro %}

{# Keep only the rows of these stays. #}
{% macro of_touched_stays(key, is_kept) -%}
    {%- set touched = touched_stays() -%}
    {%- if is_kept -%}
    semi join ({{ touched }}) as touched on {{ key }} = touched.service_order_id
    {%- endif -%}
{%- endmacro %}

{# Pre-hook: delete these stays, or all. #}
{% macro delete_touched_stays() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        {% if is_money_kept(with_rooms=true) -%}
            where reservation_id in ({{ touched_stays() }})
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
