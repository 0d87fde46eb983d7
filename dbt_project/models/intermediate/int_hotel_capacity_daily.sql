with

spaces as (

    select * from {{ ref('int_space_periods') }}

),

units as (

    select * from {{ ref('int_counting_units') }}

),

blocked as (

    select * from {{ ref('int_blocked_nights') }}
    where is_out_of_order

),

horizon as (

    select
        {{ start_date() }} as first_date,
        cast(now_utc as date) + 730 as last_date
    from {{ ref('int_now') }}

),

-- Only spaces that are a counting unit themselves: beds, or the dormitory, and each once, whatever
-- services sell it
unit_periods as (

    select
        spaces.enterprise_id,
        units.unit_id,
        spaces.from_date,
        spaces.to_date
    from spaces
    inner join units
        on
            spaces.service_id = units.service_id
            and spaces.resource_id = units.resource_id
            and spaces.resource_id = units.unit_id

),

merged as (

    {{ merged_periods('unit_periods', ['enterprise_id', 'unit_id']) }}

),

daily_changes as (

    {{ daily_changes('merged', ['enterprise_id']) }}

),

steps as (

    select
        enterprise_id,
        change_date as from_date,
        lead(change_date) over enterprise_history as to_date,
        sum(change) over enterprise_history as spaces_active
    from daily_changes
    window enterprise_history as (partition by enterprise_id order by change_date)

),

days as (

    select
        steps.enterprise_id,
        cast(
            unnest(
                generate_series(
                    cast(greatest(steps.from_date, horizon.first_date) as timestamp),
                    cast(least(steps.to_date - 1, horizon.last_date) as timestamp),
                    interval 1 day
                )
            ) as date
        ) as stay_date,
        cast(steps.spaces_active as bigint) as spaces_active
    from steps
    cross join horizon
    where steps.spaces_active > 0

),

-- A dormitory out of order takes its beds with it
blocked_units as (

    select
        blocked.enterprise_id,
        blocked.stay_date,
        count(distinct units.unit_id) as spaces_out_of_order
    from blocked
    inner join units
        on blocked.service_id = units.service_id and blocked.resource_id = units.resource_id
    inner join merged
        on
            units.unit_id = merged.unit_id
            and blocked.stay_date >= merged.from_date
            and blocked.stay_date < merged.to_date
    where
        units.unit_id in (select unit_periods.unit_id from unit_periods)
        and (
            blocked.resource_id = units.unit_id
            or blocked.resource_id not in (select unit_periods.unit_id from unit_periods)
        )
    group by blocked.enterprise_id, blocked.stay_date

),

capacity as (

    select
        days.*,
        coalesce(blocked_units.spaces_out_of_order, 0) as spaces_out_of_order
    from days
    left join blocked_units using (enterprise_id, stay_date)

)

select * from capacity
