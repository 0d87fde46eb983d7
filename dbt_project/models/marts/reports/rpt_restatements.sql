with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and posting_date > stay_date

),

services as (

    select * from {{ ref('dim_service') }}

),

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}

),

nights as (

    select
        services.enterprise_id,
        ledger.*,
        (
            cast(ledger.stay_date + 1 as timestamp) + services.business_day_closing_offset
        ) at time zone services.time_zone as closed_at
    from ledger
    inner join services on ledger.service_id = services.service_id

),

late_changes as (

    select * from nights
    where posted_at > closed_at

),

versions as (

    select
        enterprise_id,
        service_id,
        resource_category_id,
        stay_date,
        closed_at,
        reservation_id,
        posted_at,
        arg_max(reason, basis) as reason,
        bool_or(basis = 'inferred') as is_inferred,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from late_changes
    group by
        enterprise_id, service_id, resource_category_id, stay_date, closed_at, reservation_id,
        posted_at

),

restatements as (

    select
        versions.*,
        cast(
            occupancy.rooms_occupied - sum(versions.rooms) over (
                partition by versions.service_id, versions.resource_category_id, versions.stay_date
            ) as bigint
        ) as rooms_at_close,
        occupancy.rooms_occupied as rooms_now
    from versions
    left join occupancy
        on
            versions.service_id = occupancy.service_id
            and versions.resource_category_id = occupancy.resource_category_id
            and versions.stay_date = occupancy.stay_date

)

select * from restatements
