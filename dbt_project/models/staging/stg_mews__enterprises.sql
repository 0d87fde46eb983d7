with

source as (

    select * from {{ source('mews', 'enterprises') }}

),

renamed as (

    select
        id as enterprise_id,
        chain_id,

        name as enterprise_name,
        short_name as enterprise_short_name,
        time_zone_identifier,
        {{ iso_duration("business_day_closing_offset") }} as business_day_closing_offset,
        {{ iso_duration("operational_editable_history_interval") }} as operational_editable_history,
        group_names,
        pricing,
        tax_precision,
        {{ iso_duration("accounting_editable_history_interval") }} as accounting_editable_history,

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
