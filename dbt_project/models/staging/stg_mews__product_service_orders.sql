with

source as (

    select * from {{ source('mews', 'product_service_orders') }}

),

renamed as (

    select
        id as order_id,
        service_id,
        account_id,
        creator_profile_id,
        updater_profile_id,
        booker_id,
        voucher_id,
        business_segment_id,
        linked_reservation_id,

        account_type,
        number as order_number,
        coalesce(state, 'unknown') as order_state,
        origin,
        commander_origin,
        origin_details,

        options_owner_checked_in,
        options_all_companions_checked_in,
        options_any_companion_checked_in,
        options_connector_check_in,

        created_utc,
        updated_utc,
        cancelled_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
