with

categories as (

    select * from {{ ref('stg_mews__resource_categories') }}
    {{ latest_version('resource_category_id') }}

),

attributes as (

    select
        resource_category_id,
        enterprise_id,
        service_id,
        {{ first_translation('resource_category_names') }} as resource_category_name,
        {{ first_translation('resource_category_short_names') }} as resource_category_short_name,
        resource_category_type,
        {{ is_lodging_type('resource_category_type') }} as is_lodging_type,
        is_active,
        ordering,
        capacity,
        extra_capacity
    from categories

)

select * from attributes
