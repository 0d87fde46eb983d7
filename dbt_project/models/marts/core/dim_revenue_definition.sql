with

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}

),

rows_of_definitions as (

    select * from {{ ref('revenue_definitions') }}

),

pairs as (

    select distinct
        enterprise_id,
        item_type,
        classification
    from ledger

),

definitions as (

    {{ most_specific('pairs', 'rows_of_definitions', per='seed.definition') }}

)

select * from definitions
