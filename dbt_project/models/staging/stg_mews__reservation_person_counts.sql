with

source as (

    select * from {{ source('mews', 'reservation_person_counts') }}

),

renamed as (

    select
        reservation_id,
        age_category_id,

        count as person_count,

        updated_utc,

        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
