{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_items() }}",
) }}
{% do ref("int_money_context") %}

with

touched as ( -- noqa: ST03

    select touched_id as order_item_id from {{ ref('int_touched_order_items') }}
    where entity = 'order_item'

),

versions as (

    select items.* from {{ ref('stg_mews__order_items') }} as items
    {% if is_incremental() -%}
        semi join touched on items.order_item_id = touched.order_item_id
    {%- endif %}

),

latest as (

    select * from versions
    qualify
        row_number() over (
            partition by order_item_id order by updated_utc desc, landed_at desc, version_hash desc
        ) = 1

),

-- The taxes of a breakdown are exact texts of JSON, and floats would not add up
broken_down as (

    select
        order_item_id,
        gross_value - net_value as tax,
        json_extract_string(tax_breakdown, '$.Items[*].TaxValue') as taxes
    from latest
    where accounting_state != 'Canceled' and tax_breakdown is not null

),

summed as (

    select
        order_item_id,
        tax,
        len(taxes) as tax_count,
        list_sum(
            list_transform(taxes, lambda each: try_cast(each as decimal(18, 6)))
        ) as breakdown_tax
    from broken_down

),

-- Half a cent is what a rounding of either may make
differences as (

    select
        order_item_id,
        tax,
        breakdown_tax
    from summed
    where tax_count > 0 and abs(tax - breakdown_tax) >= 0.005

)

select * from differences
