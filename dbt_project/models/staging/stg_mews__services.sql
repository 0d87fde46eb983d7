with

source as (

    select * from {{ source('mews', 'services') }}

),

renamed as (

    select
        id as service_id,
        enterprise_id,

        name as service_name,
        names as service_names,
        data_discriminator as service_kind,
        {{ iso_duration("data_value_start_offset") }} as start_offset,
        {{ iso_duration("data_value_end_offset") }} as end_offset,
        {{ iso_duration("data_value_occupancy_start_offset") }} as occupancy_start_offset,
        {{ iso_duration("data_value_occupancy_end_offset") }} as occupancy_end_offset,
        data_value_time_unit_period as time_unit_period,
        data_value_time_unit as time_unit_legacy,

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
