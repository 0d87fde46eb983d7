with

latest as (

    select * from {{ ref('int_now') }}
    where enterprise_id = 'all'

),

horizon as (

    select
        {{ start_date() }} as first_date,
        cast(now_utc as date) + {{ var('days_ahead') }} as last_date
    from latest

)

select * from horizon
