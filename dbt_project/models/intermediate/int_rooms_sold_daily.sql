with

night_revenue as (

    select * from {{ ref('int_night_revenue') }}
    where is_definite

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

rooms_sold as (

    select
        services.enterprise_id,
        night_revenue.stay_date,
        count(*) as rooms_occupied,
        count(*) filter (where night_revenue.has_item and night_revenue.is_above_zero)
            as rooms_sold,
        count(*) filter (where night_revenue.has_item and not night_revenue.is_above_zero)
            as rooms_complimentary
    from night_revenue
    inner join services on night_revenue.service_id = services.service_id
    group by services.enterprise_id, night_revenue.stay_date

)

select * from rooms_sold
