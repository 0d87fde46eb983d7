{% set may_be_touched = may_be_touched() %}

with

touched as (

    select touched_id as reservation_id from {{ ref('int_touched_service_orders') }}
    where entity = 'reservation'

),

reservations as (

    select * from {{ ref('stg_mews__reservations') }}
    semi join touched using (reservation_id)
    where {{ may_be_touched }}

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}
    semi join touched using (reservation_id)
    where {{ may_be_touched }}

),

age_categories as (

    select * from {{ ref('stg_mews__age_categories') }}
    {{ latest_version('age_category_id') }}

),

services as (

    select * from {{ ref('int_services') }}

),

guests as (

    select
        person_counts.reservation_id,
        person_counts.updated_utc,
        person_counts.version_hash,
        sum(person_counts.person_count) as guests,
        sum(person_counts.person_count) filter (where age_categories.classification = 'Adult')
            as adults,
        sum(person_counts.person_count) filter (where age_categories.classification = 'Child')
            as children
    from person_counts
    left join age_categories on person_counts.age_category_id = age_categories.age_category_id
    group by person_counts.reservation_id, person_counts.updated_utc, person_counts.version_hash

),

versions as (

    select
        reservations.reservation_id,
        row_number() over (
            partition by reservations.reservation_id
            order by reservations.updated_utc, reservations.landed_at, reservations.version_hash
        ) as version_number,
        reservations.updated_utc,
        reservations.landed_at,
        reservations.version_hash,
        reservations.reservation_state,
        {{ bucket('reservations.reservation_state') }} as bucket,

        coalesce(reservations.service_id, 'unknown') as service_id,
        coalesce(services.enterprise_id, 'unknown') as enterprise_id,
        coalesce(reservations.requested_resource_category_id, 'unknown') as resource_category_id,
        reservations.assigned_resource_id,
        reservations.group_id,
        reservations.rate_id,
        reservations.business_segment_id,
        reservations.travel_agency_id,
        reservations.partner_company_id,

        reservations.origin,
        reservations.commander_origin,
        reservations.cancellation_reason,
        services.time_zone,
        services.time_unit,

        reservations.created_utc,
        reservations.cancelled_utc,
        reservations.released_utc,
        reservations.scheduled_start_utc,
        reservations.scheduled_end_utc,
        reservations.actual_start_utc,
        reservations.actual_end_utc,

        coalesce(
            services.is_placeable
            and reservations.scheduled_start_utc is not null
            and reservations.scheduled_end_utc is not null,
            false
        ) as is_placed,
        cast(
            {{ local_time('reservations.scheduled_start_utc', 'services.time_zone') }} as date
        ) as arrival_date,
        cast(
            {{ local_time('reservations.scheduled_end_utc', 'services.time_zone') }} as date
        ) as departure_date,
        {{ first_night(
            'reservations.scheduled_start_utc', 'services.time_zone',
            'services.occupancy_end_offset'
        ) }} as first_night,
        {{ last_night(
            'reservations.scheduled_end_utc', 'services.time_zone',
            'services.occupancy_start_offset'
        ) }} as last_night,
        {{ night_count(
            'reservations.scheduled_start_utc', 'reservations.scheduled_end_utc',
            'services.time_zone', 'services.occupancy_start_offset',
            'services.occupancy_end_offset'
        ) }} as night_count,

        cast(coalesce(guests.guests, 0) as bigint) as guests,
        cast(coalesce(guests.adults, 0) as bigint) as adults,
        cast(coalesce(guests.children, 0) as bigint) as children
    from reservations
    left join services using (service_id)
    left join guests using (reservation_id, updated_utc, version_hash)

),

-- Hours of an hourly service are not nights
versions_with_nights as (

    select
        * replace (
            case when is_placed and time_unit != 'Hour' and night_count > 0 then first_night end
                as first_night,
            case when is_placed and time_unit != 'Hour' and night_count > 0 then last_night end
                as last_night
        ),
        case
            when not is_placed then null
            when time_unit = 'Hour' then 0
            else night_count
        end as nights
    from versions

)

select * exclude (night_count) from versions_with_nights
