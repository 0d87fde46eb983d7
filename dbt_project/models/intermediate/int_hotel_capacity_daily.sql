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

-- Only spaces that are a counting unit themselves (beds, or the dormitory), each once even if
-- several services sell it
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

active_daily as (

    {{ daily_levels('daily_changes', ['enterprise_id'], 'spaces_active') }}

),

-- A dormitory that is out of order puts its beds out of order
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
        active_daily.*,
        coalesce(blocked_units.spaces_out_of_order, 0) as spaces_out_of_order
    from active_daily
    left join blocked_units using (enterprise_id, stay_date)

)

select * from capacity
