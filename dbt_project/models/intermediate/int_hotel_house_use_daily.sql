with

blocked as (

    select * from {{ ref('int_blocked_nights') }}

),

units as (

    select * from {{ ref('int_counting_units') }}
    where not is_part_of_unit

),

spaces as (

    select * from {{ ref('int_space_periods') }}

),

blocked_units as (

    select
        blocked.enterprise_id,
        blocked.stay_date,
        units.unit_id,
        blocked.is_out_of_order
    from blocked
    inner join units
        on blocked.service_id = units.service_id and blocked.resource_id = units.resource_id

),

-- As in the capacity: a bed may be out of order alone, and one that is gone counts no more
usable_units as (

    select * from blocked_units
    where exists (
        select 1 from spaces
        inner join units
            on
                spaces.service_id = units.service_id
                and spaces.resource_id = units.resource_id
                and spaces.resource_id = units.unit_id
        where
            blocked_units.enterprise_id = spaces.enterprise_id
            and blocked_units.unit_id = spaces.resource_id
            and blocked_units.stay_date >= spaces.from_date
            and blocked_units.stay_date < spaces.to_date
    )

),

in_house_use as (

    select
        enterprise_id,
        stay_date,
        unit_id
    from usable_units
    group by enterprise_id, stay_date, unit_id
    having not bool_or(is_out_of_order)

),

house_use as (

    select
        enterprise_id,
        stay_date,
        count(*) as spaces_house_use
    from in_house_use
    group by enterprise_id, stay_date

)

select * from house_use
