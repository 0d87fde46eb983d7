with

spaces as (

    select * from {{ ref('int_space_periods') }}

),

blocked as (

    select * from {{ ref('int_blocked_nights') }}

),

daily_changes as (

    {{ daily_changes('spaces', ['enterprise_id', 'service_id', 'resource_category_id']) }}

),

active_daily as (

    {{ daily_levels(
        'daily_changes', ['enterprise_id', 'service_id', 'resource_category_id'], 'spaces_active'
    ) }}

),

blocked_daily as (

    select
        service_id,
        resource_category_id,
        stay_date,
        count(*) filter (where is_out_of_order) as spaces_out_of_order,
        count(*) filter (where is_house_use and not is_out_of_order) as spaces_house_use
    from blocked
    group by service_id, resource_category_id, stay_date

),

capacity as (

    select
        active_daily.*,
        coalesce(blocked_daily.spaces_out_of_order, 0) as spaces_out_of_order,
        coalesce(blocked_daily.spaces_house_use, 0) as spaces_house_use
    from active_daily
    left join blocked_daily using (service_id, resource_category_id, stay_date)

)

select * from capacity
