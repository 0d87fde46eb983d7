{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_calendar() }}",
) }}
{% set is_kept = is_calendar_kept() %}

with

-- Most postings precede their night: these are left out before nights are sought. A business day
-- closes a day early at most
postings as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and {{ is_posted_late('posted_at', 'stay_date - 1') }}

),

ledger as (

    select * from postings
    {{ of_touched_nights('postings', 'stay_date', is_kept, is_never_null=true) }}

),

services as (

    select * from {{ ref('dim_service') }}

),

booked as (

    select * from {{ ref('fct_booked_daily') }}

),

nights as (

    select distinct
        service_id,
        stay_date
    from ledger

),

-- Once per night, because converting to local time is slow
closings as (

    select
        services.enterprise_id,
        nights.service_id,
        nights.stay_date,
        {{ first_instant(
            'cast(nights.stay_date + 1 as timestamp) + services.business_day_closing_offset',
            'services.time_zone'
        ) }} as closed_at
    from nights
    inner join services on nights.service_id = services.service_id

),

late_changes as (

    select
        closings.enterprise_id,
        closings.closed_at,
        ledger.*
    from ledger
    inner join closings
        on
            ledger.service_id = closings.service_id
            and ledger.stay_date = closings.stay_date
            and ledger.posted_at > closings.closed_at

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
        -- Postings of one instant may have landed apart: the last one has the reason
        arg_max(reason, row(basis, known_at)) as reason,
        bool_or(basis = 'inferred') as is_inferred,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(guests) as bigint) as guests
    from late_changes
    group by
        enterprise_id, service_id, resource_category_id, stay_date, closed_at, reservation_id,
        posted_at

),

-- Nothing is booked where there is no row
restatements as (

    select
        versions.*,
        cast(
            coalesce(booked.rooms_occupied, 0) - sum(versions.rooms) over (
                partition by versions.service_id, versions.resource_category_id, versions.stay_date
            ) as bigint
        ) as rooms_at_close,
        coalesce(booked.rooms_occupied, 0) as rooms_now
    from versions
    left join booked
        on
            versions.service_id = booked.service_id
            and versions.resource_category_id = booked.resource_category_id
            and versions.stay_date = booked.stay_date

)

select * from restatements
