{{ config(materialized="view") }}

with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where stay_date is not null

),

services as (

    select * from {{ ref('dim_service') }}

),

local_postings as (

    select
        services.enterprise_id,
        ledger.*
    from ledger
    inner join services on ledger.service_id = services.service_id

),

pickup as (

    select
        posting_date,
        enterprise_id,
        cast(service_id as varchar) as service_id,
        cast(resource_category_id as varchar) as resource_category_id,
        stay_date,
        {{ pickup_parts('rooms', 'guests', 'bucket', 'reason') }},
        cast(coalesce(sum(rooms) filter (where bucket = 'optional'), 0) as bigint)
            as rooms_optional
    from local_postings
    where bucket in ('definite', 'optional')
    group by posting_date, enterprise_id, service_id, resource_category_id, stay_date

)

select * from pickup
