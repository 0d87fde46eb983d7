with

source as (

    select * from {{ source('mews', 'business_segments') }}

),

renamed as (

    select
        id as business_segment_id,
        service_id,

        name as business_segment_name,

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
