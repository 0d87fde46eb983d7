{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_nights() }}",
) }}

with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and stay_date >= posting_date

),

booked_by_step as (

    select
        service_id,
        stay_date,
        case
            {% for step in pace_steps() | reverse -%}
                when stay_date - posting_date >= {{ step }} then {{ step }}
            {% endfor -%}
        end as days_before,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from ledger
    {{ of_touched_nights('ledger', 'stay_date', is_never_null=true) }}
    group by service_id, stay_date, days_before

)

select * from booked_by_step
