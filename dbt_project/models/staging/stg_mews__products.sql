with

source as (

    select * from {{ source('mews', 'products') }}

),

renamed as (

    select
        id as product_id,
        service_id,
        category_id as product_category_id,
        accounting_category_id,

        {{ first_translation('names') }} as product_name,
        names as product_names,
        short_names as product_short_names,
        charging_mode,
        posting_mode,
        consumption_moment,

        is_active,
        is_default,
        classifications_food as is_food,
        classifications_beverage as is_beverage,
        classifications_wellness as is_wellness,
        classifications_city_tax as is_city_tax,
        classifications_fee as is_fee,
        options_bill_as_package as is_billed_as_package,
        options_exclude_price_from_offer as is_price_excluded_from_offer,

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
