with

blocked as (

    select * from {{ ref('int_blocked_nights') }}
    where is_house_use and not is_out_of_order

),

units as (

    select * from {{ ref('int_counting_units') }}
    where not is_part_of_unit

),

house_use as (

    select
        blocked.enterprise_id,
        blocked.stay_date,
        count(distinct units.unit_id) as spaces_house_use
    from blocked
    inner join units
        on blocked.service_id = units.service_id and blocked.resource_id = units.resource_id
    group by blocked.enterprise_id, blocked.stay_date

)

select * from house_use
