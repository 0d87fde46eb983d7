-- Pairs of item type and classification that the seed revenue_streams does not have.
{{ config(severity="warn", tags=["history"]) }}

with

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where stream = 'unmapped'

),

pairs as (

    select
        item_type,
        classification,
        count(distinct order_item_id) as order_items
    from ledger
    group by item_type, classification

)

select * from pairs
