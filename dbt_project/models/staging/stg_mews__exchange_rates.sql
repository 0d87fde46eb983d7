with

source as (

    select * from {{ source('mews', 'exchange_rates') }}

),

renamed as (

    select
        id as exchange_rate_id,
        enterprise_id,

        source_currency,
        target_currency,

        value as rate,

        snapshot_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
