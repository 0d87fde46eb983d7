with

age_categories as (

    select * from {{ ref('stg_mews__age_categories') }}
    {{ latest_version('age_category_id') }}

),

attributes as (

    select
        age_category_id,
        enterprise_id,
        service_id,
        {{ first_translation('age_category_names') }} as age_category_name,
        classification,
        minimal_age,
        maximal_age,
        is_active
    from age_categories

)

select * from attributes
