with

source as (

    select * from {{ source('mews', 'resource_category_assignments') }}

),

renamed as (

    select
        id as assignment_id,
        resource_id,
        category_id as resource_category_id,

        is_active,

        created_utc,
        updated_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
