with

services as (

    select * from {{ ref('int_services') }}

),

spaces as (

    select * from {{ ref('int_space_periods') }}

),

refused as (

    select * from {{ ref('int_refused_operations') }}

),

refusals as (

    select
        services.service_id,
        bool_or(refused.operation = 'resource_blocks') as are_blocks_refused,
        bool_or(refused.operation != 'resource_blocks') as are_spaces_refused
    from services
    inner join refused
        on refused.enterprise_id in (services.enterprise_id, 'every enterprise')
    where
        refused.operation in (
            'resources', 'resource_categories', 'resource_category_assignments', 'resource_blocks'
        )
    group by services.service_id

),

enterprises_with_spaces as (

    select distinct enterprise_id from spaces

),

service_capacity as (

    select
        services.service_id,
        services.enterprise_id,
        services.time_unit = 'Hour' as is_hourly,
        enterprises_with_spaces.enterprise_id is not null
        and not coalesce(refusals.are_spaces_refused, false) as are_spaces_known,
        not coalesce(refusals.are_blocks_refused, false) as are_blocks_known
    from services
    left join enterprises_with_spaces
        on services.enterprise_id = enterprises_with_spaces.enterprise_id
    left join refusals on services.service_id = refusals.service_id

)

select * from service_capacity
