-- The spaces of each category: the period of equal numbers that holds a night, the one before it
-- and the one after it, each with what changed when it began
with days as (
    select
        occupancy.enterprise_id,
        occupancy.service_id,
        occupancy.resource_category_id,
        occupancy.stay_date,
        {
            'active': occupancy.spaces_active,
            'out_of_order': occupancy.spaces_out_of_order,
            'house_use': occupancy.spaces_house_use
        } as spaces
    from marts.fct_occupancy_daily as occupancy
    inner join marts.dim_service using (service_id)
    where
        dim_service.is_lodging
        and occupancy.stay_date is not null
        and ($property is null or occupancy.enterprise_id = $property)
),

changes as (
    select
        *,
        lag(spaces) over category_days as previous_spaces
    from days
    window category_days as (partition by service_id, resource_category_id order by stay_date)
),

numbered as (
    select
        *,
        count(*) filter (where spaces is distinct from previous_spaces) over (
            partition by service_id, resource_category_id order by stay_date
        ) as period
    from changes
),

periods as (
    select
        enterprise_id,
        service_id,
        resource_category_id,
        period,
        any_value(spaces) as spaces,
        min(stay_date) as first_night,
        max(stay_date) as last_night,
        first(previous_spaces order by stay_date) as previous_spaces
    from numbered
    group by enterprise_id, service_id, resource_category_id, period
),

-- Null where the numbers before or after are not known
differences as (
    select
        *,
        spaces['active'] - previous_spaces['active'] as active_change,
        spaces['out_of_order'] - previous_spaces['out_of_order'] as out_of_order_change,
        spaces['house_use'] - previous_spaces['house_use'] as house_use_change
    from periods
)

select
    numbered.enterprise_id,
    numbered.stay_date as night,
    coalesce(dim_resource_category.resource_category_name, numbered.resource_category_id)
        as category,
    periods.first_night,
    periods.last_night,
    periods.spaces.active as spaces_active,
    periods.spaces.out_of_order as spaces_out_of_order,
    periods.spaces.house_use as spaces_house_use,
    concat_ws(
        ', ',
        if(active_change != 0, printf('%+d %s', active_change, if(
            abs(active_change) = 1, 'space', 'spaces'
        )), null),
        if(out_of_order_change != 0, printf('%+d out of order', out_of_order_change), null),
        if(house_use_change != 0, printf('%+d house use', house_use_change), null)
    ) as change,
    periods.period = numbered.period as is_in_force
from numbered
inner join differences as periods
    on
        numbered.service_id = periods.service_id
        and numbered.resource_category_id is not distinct from periods.resource_category_id
        and periods.period between numbered.period - 1 and numbered.period + 1
left join marts.dim_resource_category
    on numbered.resource_category_id = dim_resource_category.resource_category_id
where numbered.stay_date between $first and $last
order by dim_resource_category.ordering, category, periods.first_night
