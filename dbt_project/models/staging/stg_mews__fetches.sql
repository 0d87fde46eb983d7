with

source as (

    select * from {{ source('mews', 'fetches') }}

),

renamed as (

    select
        fetch_id,
        root_run_id,

        operation,
        token_key,
        refused,
        enterprise_ids,
        service_ids,
        refused_services,
        unknown_fields,
        unknown_values,

        pages as page_count,
        rows as row_count,
        new_versions as new_version_count,
        replaced_characters,
        server_clock_ahead_seconds,

        window_start_utc,
        window_end_utc,
        started_utc,
        finished_utc,
        landing_clock_utc,
        stays_start_utc,
        stays_end_utc,
        -- Earlier releases recorded the server's clock although it was ahead
        least(fetched_through_utc, finished_utc) as fetched_through_utc,

        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
