with

source as (

    select * from {{ source('mews', 'enterprise_currencies') }}

),

renamed as (

    select
        id as enterprise_currency_id,
        enterprise_id,

        currency,

        is_default,
        is_enabled,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
