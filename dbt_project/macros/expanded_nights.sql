{#
    The latest version of each reservation, expanded night by night: what the ledger must sum to. It is
    written from staging without the ledger's own steps (each night is compared with the occupancy
    period instead of counted from first to last night), so the two can check each other. Both keep to
    the nights of int_ledger_window. The arguments
    name CTEs with the versions and person counts to read. A macro and not a model, because a refresh
    filters its reservations before the latest version is looked for.
#}
{% macro expanded_nights(versions, person_counts) -%}
    select
        reservation_id,
        service_id,
        resource_category_id,
        bucket,
        cast(midnight as date) as stay_date,
        guests
    from (
        select
            *,
            unnest(
                generate_series(
                    greatest(
                        date_trunc('day', start_local) - interval 3 day,
                        cast(first_night as timestamp)
                    ),
                    least(
                        date_trunc('day', end_local) + interval 3 day,
                        cast(last_night as timestamp)
                    ),
                    interval 1 day
                )
            ) as midnight
        from (
            -- Before the nights: DuckDB would compute the local times of a stay for each of them
            select
                latest.reservation_id,
                latest.service_id,
                coalesce(latest.requested_resource_category_id, 'unknown') as resource_category_id,
                {{ bucket('latest.reservation_state') }} as bucket,
                latest.scheduled_start_utc at time zone services.time_zone as start_local,
                latest.scheduled_end_utc at time zone services.time_zone as end_local,
                services.occupancy_start_offset,
                services.occupancy_end_offset,
                ledger_window.first_night,
                ledger_window.last_night,
                coalesce(persons.guests, 0) as guests
            from (
                select * from {{ versions }}
                qualify row_number() over (
                    partition by reservation_id
                    order by updated_utc desc, landed_at desc, version_hash desc
                ) = 1
            ) as latest
            inner join {{ ref('int_services') }} as services
                on
                    latest.service_id = services.service_id
                    and services.is_placeable
                    and services.time_unit != 'Hour'
            cross join {{ ref('int_ledger_window') }} as ledger_window
            left join (
                select
                    reservation_id,
                    updated_utc,
                    version_hash,
                    sum(person_count) as guests
                from {{ person_counts }}
                group by reservation_id, updated_utc, version_hash
            ) as persons
                on
                    latest.reservation_id = persons.reservation_id
                    and latest.updated_utc = persons.updated_utc
                    and latest.version_hash = persons.version_hash
            where latest.scheduled_end_utc > latest.scheduled_start_utc
        )
    )
    where
        bucket is not null
        and start_local < midnight + interval 1 day + occupancy_end_offset
        and end_local > midnight + occupancy_start_offset
{%- endmacro %}
