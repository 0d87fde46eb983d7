with

source as (

    select * from {{ source('mews', 'rate_groups') }}

),

renamed as (

    select
        id as rate_group_id,
        service_id,

        {{ first_translation('names') }} as rate_group_name,
        names as rate_group_names,
        short_names as rate_group_short_names,

        is_active,

        ordering,

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
