with

source as (

    select * from {{ source('mews', 'availability') }}

),

renamed as (

    select
        service_id,
        resource_category_id,

        metric,

        value as metric_value,

        time_unit_start_utc,
        snapshot_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
