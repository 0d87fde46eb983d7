with

source as (

    select * from {{ source('mews', 'age_categories') }}

),

renamed as (

    select
        id as age_category_id,
        enterprise_id,
        service_id,

        classification,
        names as age_category_names,
        short_names as age_category_short_names,

        is_active,

        minimal_age,
        maximal_age,

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
