-- The rooms that the report gives for a night's closing are the ledger's sum up to that instant.
{{ config(tags=["history"]) }}

with

restatements as (

    select * from {{ ref('rpt_restatements') }}
    where rooms_at_close is not null

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite'

),

nights as (

    select distinct
        service_id,
        resource_category_id,
        stay_date,
        closed_at,
        rooms_at_close
    from restatements

),

broken as (

    select
        nights.service_id,
        nights.resource_category_id,
        nights.stay_date,
        nights.rooms_at_close,
        sum(ledger.rooms) as rooms
    from nights
    left join ledger
        on
            nights.service_id = ledger.service_id
            and nights.resource_category_id = ledger.resource_category_id
            and nights.stay_date = ledger.stay_date
            and nights.closed_at >= ledger.posted_at
    group by
        nights.service_id, nights.resource_category_id, nights.stay_date, nights.rooms_at_close
    having coalesce(sum(ledger.rooms), 0) != nights.rooms_at_close

)

select * from broken
