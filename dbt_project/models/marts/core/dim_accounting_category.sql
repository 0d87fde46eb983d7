with

categories as (

    select * from {{ ref('stg_mews__accounting_categories') }}
    {{ latest_version('accounting_category_id') }}

),

attributes as (

    select
        accounting_category_id,
        enterprise_id,
        category_name,
        classification,
        is_active
    from categories

)

select * from attributes
