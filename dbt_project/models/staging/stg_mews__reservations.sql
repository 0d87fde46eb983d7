with

source as (

    select * from {{ source('mews', 'reservations') }}

),

renamed as (

    select
        id as reservation_id,
        service_id,
        account_id,
        creator_profile_id,
        updater_profile_id,
        booker_id,
        voucher_id,
        business_segment_id,
        rate_id,
        credit_card_id,
        group_id,
        requested_resource_category_id,
        assigned_resource_id,
        availability_block_id,
        partner_company_id,
        travel_agency_id,

        account_type,
        number as reservation_number,
        coalesce(state, 'unknown') as reservation_state,
        origin,
        commander_origin,
        origin_details,
        channel_number,
        channel_manager_number,
        cancellation_reason,
        purpose,
        qr_code_data,

        options_owner_checked_in,
        options_all_companions_checked_in,
        options_any_companion_checked_in,
        options_connector_check_in,
        assigned_resource_locked,

        created_utc,
        updated_utc,
        cancelled_utc,
        released_utc,
        start_utc,
        end_utc,
        scheduled_start_utc,
        actual_start_utc,
        scheduled_end_utc,
        actual_end_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
