with

spaces as (

    select * from {{ ref('int_space_periods') }}

),

blocked as (

    select * from {{ ref('int_blocked_nights') }}

),

horizon as (

    select
        {{ start_date() }} as first_date,
        cast(now_utc as date) + 730 as last_date
    from {{ ref('int_now') }}

),

daily_changes as (

    {{ daily_changes('spaces', ['enterprise_id', 'service_id', 'resource_category_id']) }}

),

steps as (

    select
        enterprise_id,
        service_id,
        resource_category_id,
        change_date as from_date,
        lead(change_date) over category_history as to_date,
        sum(change) over category_history as spaces_active
    from daily_changes
    window category_history as (
        partition by enterprise_id, service_id, resource_category_id order by change_date
    )

),

days as (

    select
        steps.enterprise_id,
        steps.service_id,
        steps.resource_category_id,
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
        days.*,
        coalesce(blocked_daily.spaces_out_of_order, 0) as spaces_out_of_order,
        coalesce(blocked_daily.spaces_house_use, 0) as spaces_house_use
    from days
    left join blocked_daily using (service_id, resource_category_id, stay_date)

)

select * from capacity
