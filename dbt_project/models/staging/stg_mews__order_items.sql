with

source as (

    select * from {{ source('mews', 'order_items') }}

),

renamed as (

    select
        id as order_item_id,
        enterprise_id,
        service_id,
        service_order_id,
        account_id,
        creator_profile_id,
        updater_profile_id,
        bill_id,
        accounting_category_id,
        coalesce(data ->> '$.Product.ProductId', data ->> '$.Rebate.ProductId') as product_id,
        coalesce(
            data ->> '$.Rebate.RebatedItemId', data ->> '$.AllowanceDiscount.DiscountedOrderItemId'
        ) as rebated_item_id,

        account_type,
        coalesce(type, 'unknown') as item_type,
        revenue_type,
        coalesce(accounting_state, 'unknown') as accounting_state,
        external_identifier,
        notes,
        billing_name,
        tax_exemption_reason,
        tax_exemption_legal_reference,
        data as item_data,

        options_canceled_with_reservation as canceled_with_reservation,

        unit_count,
        amount_currency as currency,
        amount_net_value as net_value,
        amount_gross_value as gross_value,
        amount_tax_values as tax_values,
        amount_breakdown as tax_breakdown,
        unit_amount_currency as unit_currency,
        unit_amount_net_value as unit_net_value,
        unit_amount_gross_value as unit_gross_value,
        unit_amount_tax_values as unit_tax_values,
        unit_amount_breakdown as unit_tax_breakdown,
        original_amount_currency as original_currency,
        original_amount_net_value as original_net_value,
        original_amount_gross_value as original_gross_value,
        original_amount_tax_values as original_tax_values,
        original_amount_breakdown as original_tax_breakdown,

        created_utc,
        updated_utc,
        consumed_utc,
        canceled_utc,
        closed_utc,
        start_utc,
        claimed_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
