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

blocked_spaces as (

    select distinct
        blocked.enterprise_id,
        blocked.service_id,
        blocked.stay_date,
        blocked.resource_id,
        units.unit_id,
        units.is_part_of_unit
    from blocked
    inner join units
        on blocked.service_id = units.service_id and blocked.resource_id = units.resource_id

),

-- The beds on offer of each dormitory that counts as one room
beds as (

    select
        spaces.service_id,
        units.unit_id,
        spaces.resource_id,
        spaces.from_date,
        spaces.to_date
    from spaces
    inner join units
        on spaces.service_id = units.service_id and spaces.resource_id = units.resource_id
    where units.is_part_of_unit

),

blocked_beds as (

    select
        enterprise_id,
        service_id,
        unit_id,
        stay_date,
        count(*) as bed_count
    from blocked_spaces
    where is_part_of_unit
    group by enterprise_id, service_id, unit_id, stay_date

),

-- Such a dormitory is out of order when all of its beds are
blocked_dormitories as (

    select
        blocked_beds.enterprise_id,
        blocked_beds.unit_id,
        blocked_beds.stay_date
    from blocked_beds
    inner join beds
        on
            blocked_beds.service_id = beds.service_id
            and blocked_beds.unit_id = beds.unit_id
            and blocked_beds.stay_date >= beds.from_date
            and blocked_beds.stay_date < beds.to_date
    group by
        blocked_beds.enterprise_id, blocked_beds.service_id, blocked_beds.unit_id,
        blocked_beds.stay_date, blocked_beds.bed_count
    having count(distinct beds.resource_id) = blocked_beds.bed_count

),

-- A dormitory that is out of order puts its beds out of order where beds are counted
blocked_or_part as (

    select
        enterprise_id,
        unit_id,
        stay_date
    from blocked_spaces
    where
        not is_part_of_unit
        and (
            resource_id = unit_id
            or resource_id not in (select unit_periods.unit_id from unit_periods)
        )
    union
    select
        enterprise_id,
        unit_id,
        stay_date
    from blocked_dormitories

),

blocked_units as (

    select
        blocked_or_part.enterprise_id,
        blocked_or_part.stay_date,
        count(distinct blocked_or_part.unit_id) as spaces_out_of_order
    from blocked_or_part
    inner join merged
        on
            blocked_or_part.unit_id = merged.unit_id
            and blocked_or_part.stay_date >= merged.from_date
            and blocked_or_part.stay_date < merged.to_date
    group by blocked_or_part.enterprise_id, blocked_or_part.stay_date

),

capacity as (

    select
        active_daily.*,
        coalesce(blocked_units.spaces_out_of_order, 0) as spaces_out_of_order
    from active_daily
    left join blocked_units using (enterprise_id, stay_date)

)

select * from capacity
