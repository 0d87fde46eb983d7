with

source as (

    select * from {{ source('mews', 'rates') }}

),

renamed as (

    select
        id as rate_id,
        group_id as rate_group_id,
        service_id,
        base_rate_id,
        business_segment_id,

        {{ first_translation('names') }} as rate_name,
        names as rate_names,
        short_name as rate_short_name,
        type as rate_type,

        is_active,
        is_enabled,
        is_base_rate,
        is_public,
        is_default,

        updated_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
