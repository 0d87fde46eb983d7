with

source as (

    select * from {{ source('mews', 'companies') }}

),

renamed as (

    select
        id as company_id,
        chain_id,
        mother_company_id,
        merge_target_id,

        name as company_name,
        iata as iata_code,

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
