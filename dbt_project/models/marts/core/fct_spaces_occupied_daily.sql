{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_calendar('enterprise_id') }}",
) }}
{% set is_kept = is_calendar_kept() %}

with

booked as (

    select * from {{ ref('fct_reservations') }}
    where bucket in ('definite', 'optional') and first_night is not null

),

reservations as (

    select * from booked
    {{ reaching_touched_nights(
        'booked', 'booked.first_night', 'booked.last_night', is_kept, 'enterprise_id'
    ) }}

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

units as (

    select distinct
        service_id,
        resource_id,
        unit_id
    from {{ ref('int_counting_units') }}

),

category_units as (

    select * from {{ ref('int_category_units') }}

),

-- An optional stay holds its space without occupying it. A stay has one row per unit of its space;
-- without a space, one row for all the units it will take
stays as (

    select
        services.enterprise_id,
        unnest(
            case reservations.bucket when 'definite' then ['occupied', 'held'] else ['held'] end
        ) as measure,
        units.unit_id,
        coalesce(category_units.unit_count, 1) as unit_count,
        reservations.first_night,
        reservations.last_night
    from reservations
    inner join services on reservations.service_id = services.service_id
    left join units
        on
            reservations.service_id = units.service_id
            and reservations.assigned_resource_id = units.resource_id
    left join category_units
        on
            reservations.service_id = category_units.service_id
            and reservations.resource_category_id = category_units.resource_category_id

),

-- A space counts once per night: each stay starts after the earlier stays on the same space. Stays
-- without a space cannot be deduplicated
stays_on_spaces as (

    select
        enterprise_id,
        measure,
        greatest(first_night, max(last_night + 1) over earlier_stays) as from_date,
        last_night + 1 as to_date
    from stays
    where unit_id is not null
    window earlier_stays as (
        partition by enterprise_id, measure, unit_id order by first_night, last_night
        rows between unbounded preceding and 1 preceding
    )

),

occupied_periods as (

    select
        enterprise_id,
        measure,
        from_date,
        to_date,
        1 as unit_count
    from stays_on_spaces
    where from_date < to_date
    union all
    select
        enterprise_id,
        measure,
        first_night as from_date,
        last_night + 1 as to_date,
        unit_count
    from stays
    where unit_id is null

),

daily_changes as (

    {{ daily_changes('occupied_periods', ['enterprise_id', 'measure'], 'unit_count') }}

),

held_daily as (

    {{ daily_levels('daily_changes', ['enterprise_id', 'measure'], 'spaces') }}

),

occupied_daily as (

    select
        enterprise_id,
        stay_date,
        cast(coalesce(sum(spaces) filter (where measure = 'occupied'), 0) as bigint)
            as spaces_occupied,
        cast(
            sum(
                case measure when 'held' then spaces else -spaces end
            ) as bigint
        ) as spaces_optional
    from held_daily
    {{ of_touched_nights('held_daily', 'stay_date', is_kept, 'enterprise_id') }}
    group by enterprise_id, stay_date

)

select * from occupied_daily
