with

spaces as (

    select * from {{ ref('int_space_periods') }}

),

services as (

    select * from {{ ref('int_services') }}
    where is_lodging

),

resources as (

    select * from {{ ref('stg_mews__resources') }}
    {{ latest_version('resource_id') }}

),

service_spaces as (

    select distinct
        spaces.service_id,
        spaces.resource_category_id,
        spaces.resource_id,
        services.counting_level
    from spaces
    inner join services on spaces.service_id = services.service_id

),

parents as (

    select
        resource_id,
        parent_resource_id
    from resources
    where parent_resource_id is not null

),

-- Where beds are sold, a dormitory counts as its beds. Where rooms are counted, a bed counts as its
-- dormitory. Never both (docs/mews-api.md, "Lodging, dormitories and beds")
units as (

    select
        service_spaces.service_id,
        service_spaces.resource_category_id,
        service_spaces.resource_id,
        case
            when service_spaces.counting_level = 'sellable_units'
                then coalesce(children.resource_id, service_spaces.resource_id)
            else coalesce(own_parent.parent_resource_id, service_spaces.resource_id)
        end as unit_id,
        service_spaces.counting_level = 'rooms' and own_parent.parent_resource_id is not null
            as is_part_of_unit
    from service_spaces
    left join parents as children
        on
            service_spaces.resource_id = children.parent_resource_id
            and service_spaces.counting_level = 'sellable_units'
    left join parents as own_parent on service_spaces.resource_id = own_parent.resource_id

)

select * from units
