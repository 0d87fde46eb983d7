with

service_versions as (

    select * from {{ ref('stg_mews__services') }}
    where coalesce(time_unit_period, time_unit_legacy, 'Day') != 'Hour'

),

enterprise_versions as (

    select * from {{ ref('stg_mews__enterprises') }}

),

-- A zone that DuckDB does not know would fail every query that computes its local time
zones as (

    select name as time_zone from pg_timezone_names()

),

landings as (

    select
        service_id,
        enterprise_id,
        landed_at
    from service_versions
    union
    select
        service_versions.service_id,
        service_versions.enterprise_id,
        enterprise_versions.landed_at
    from service_versions
    inner join enterprise_versions
        on service_versions.enterprise_id = enterprise_versions.enterprise_id

),

-- The zone and offsets of a service after each landing of it or of its enterprise
contexts as (

    select
        landings.service_id,
        landings.landed_at,
        zones.time_zone,
        service_versions.occupancy_start_offset,
        service_versions.occupancy_end_offset
    from landings
    asof inner join service_versions
        on
            landings.service_id = service_versions.service_id
            and landings.landed_at >= service_versions.landed_at
    asof inner join enterprise_versions
        on
            landings.enterprise_id = enterprise_versions.enterprise_id
            and landings.landed_at >= enterprise_versions.landed_at
    inner join zones on enterprise_versions.time_zone_identifier = zones.time_zone
    where
        service_versions.occupancy_start_offset is not null
        and service_versions.occupancy_end_offset is not null

),

followed as (

    select
        *,
        lead(landed_at) over service_history as changed_at,
        lead(time_zone) over service_history as next_zone,
        lead(occupancy_start_offset) over service_history as next_start_offset,
        lead(occupancy_end_offset) over service_history as next_end_offset
    from contexts
    window service_history as (partition by service_id order by landed_at)

),

former_offsets as (

    select
        service_id,
        changed_at,
        time_zone,
        occupancy_start_offset,
        occupancy_end_offset
    from followed
    where
        changed_at is not null
        and (
            time_zone != next_zone
            or occupancy_start_offset != next_start_offset
            or occupancy_end_offset != next_end_offset
        )

)

select * from former_offsets
