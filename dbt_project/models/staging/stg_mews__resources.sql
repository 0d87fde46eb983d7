with

source as (

    select * from {{ source('mews', 'resources') }}

),

renamed as (

    select
        id as resource_id,
        enterprise_id,
        parent_resource_id,

        name as resource_name,
        state as resource_state,
        data_discriminator as resource_kind,
        data_value_floor_number as floor_number,

        is_active,

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
