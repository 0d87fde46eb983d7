with

units as (

    select * from {{ ref('int_counting_units') }}

),

space_units as (

    select
        service_id,
        resource_category_id,
        resource_id,
        count(*) as unit_count
    from units
    group by service_id, resource_category_id, resource_id

),

category_units as (

    select
        service_id,
        resource_category_id,
        max(unit_count) as unit_count
    from space_units
    group by service_id, resource_category_id

)

select * from category_units
