-- A view: it is one row, computed in no time
{{ config(materialized="view") }}
-- The local date of each service, by which pace knows which steps lie ahead, as one hash
with

services as (

    select * from {{ ref('int_services') }}

),

latest as (

    select * from {{ ref('int_now') }}

),

dates as (

    select
        services.service_id,
        services.enterprise_id,
        cast({{ local_time('latest.now_utc', 'services.time_zone') }} as date) as today
    from services
    inner join latest on services.enterprise_id = latest.enterprise_id

),

hashed as (

    select cast(coalesce(sum(hash(dates)), 0) as varchar) as local_dates from dates

)

select * from hashed
