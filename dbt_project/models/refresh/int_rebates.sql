{{ config(materialized="incremental", incremental_strategy="append", on_schema_change="fail") }}
{% do ref("int_money_context") %}
-- Which item takes back which. Few items do, so that chains are followed here and not in history
{% set applied = money_applied_through() if is_incremental() else none %}

with

items as (

    select * from {{ ref('stg_mews__order_items') }}
    where rebated_item_id is not null and landed_at > {{ applied or long_ago() }}

),

links as (

    select distinct
        order_item_id,
        rebated_item_id
    from items

),

rebates as (

    select * from links
    {% if is_incremental() -%}
        anti join {{ this }} using (order_item_id, rebated_item_id)
    {%- endif %}

)

select * from rebates
