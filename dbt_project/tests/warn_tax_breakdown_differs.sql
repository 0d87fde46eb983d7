-- The taxes of an amount's breakdown add up to gross less net. A cent is left to rounding.
{{ config(severity="warn", tags=["history"]) }}

with

items as (

    select * from {{ ref('stg_mews__order_items') }}
    where json_type(tax_breakdown, '$.Items') = 'ARRAY'

),

added_up as (

    select
        order_item_id,
        updated_utc,
        gross_value - net_value as tax,
        list_sum(
            list_transform(
                json_extract_string(tax_breakdown, '$.Items[*].TaxValue'),
                lambda tax_value: try_cast(tax_value as decimal(18, 6))
            )
        ) as breakdown_tax
    from items

),

differing as (

    select * from added_up
    where abs(tax - breakdown_tax) > 0.01

)

select * from differing
