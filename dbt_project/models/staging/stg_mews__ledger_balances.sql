with

source as (

    select * from {{ source('mews', 'ledger_balances') }}

),

renamed as (

    select
        enterprise_id,

        ledger_type,

        opening_balance_currency as opening_currency,
        opening_balance_net_value as opening_net_value,
        opening_balance_gross_value as opening_gross_value,
        opening_balance_tax_values as opening_tax_values,
        opening_balance_breakdown as opening_tax_breakdown,
        closing_balance_currency as closing_currency,
        closing_balance_net_value as closing_net_value,
        closing_balance_gross_value as closing_gross_value,
        closing_balance_tax_values as closing_tax_values,
        closing_balance_breakdown as closing_tax_breakdown,

        try_cast(date as date) as balance_date,
        snapshot_utc,

        _extra as unknown_fields,
        _fetched_utc as fetched_utc,
        _landed_at as landed_at,
        _run_id as run_id,
        _hash as version_hash
    from source

)

select * from renamed
