with

source as (

    select * from {{ source('mews', 'resource_blocks') }}

),

renamed as (

    select
        id as resource_block_id,
        enterprise_id,
        assigned_resource_id,

        type as resource_block_type,

        is_active,

        start_utc,
        end_utc,
        created_utc,
        updated_utc,
        deleted_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
