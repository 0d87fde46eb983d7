with

source as (

    select * from {{ source('mews', 'accounting_categories') }}

),

renamed as (

    select
        id as accounting_category_id,
        enterprise_id,

        name as category_name,
        code,
        external_code,
        ledger_account_code,
        posting_account_code,
        cost_center_code,
        classification,

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
