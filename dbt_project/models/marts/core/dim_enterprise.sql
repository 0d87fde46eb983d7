with

enterprises as (

    select * from {{ ref('stg_mews__enterprises') }}
    {{ latest_version('enterprise_id') }}

),

attributes as (

    select
        enterprise_id,
        chain_id,
        enterprise_name,
        enterprise_short_name,
        time_zone_identifier,
        business_day_closing_offset,
        operational_editable_history,
        created_utc
    from enterprises

)

select * from attributes
