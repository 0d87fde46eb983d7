with

source as (

    select * from {{ source('mews', 'resource_categories') }}

),

renamed as (

    select
        id as resource_category_id,
        enterprise_id,
        service_id,
        accounting_category_id,

        type as resource_category_type,
        names as resource_category_names,
        short_names as resource_category_short_names,

        is_active,

        ordering,
        capacity,
        extra_capacity,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
