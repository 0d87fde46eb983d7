with

source as (

    select * from {{ source('mews', 'currencies') }}

),

renamed as (

    select
        id as currency_id,

        code as currency,

        precision,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
