with

budgets as (

    select * from {{ ref('budgets') }}

),

properties as (

    select * from {{ source('mews', 'dim_enterprise') }}

),

services as (

    select * from {{ source('mews', 'dim_service') }}

),

occupancy as (

    select * from {{ source('mews', 'fct_occupancy_daily') }}

),

months as (

    select
        properties.enterprise_name as property,
        cast(date_trunc('month', occupancy.stay_date) as date) as month,
        cast(sum(occupancy.rooms_occupied) as bigint) as room_nights
    from occupancy
    inner join services using (service_id)
    inner join properties on occupancy.enterprise_id = properties.enterprise_id
    where services.is_lodging
    group by all

)

select
    budgets.property,
    budgets.month,
    budgets.room_nights as budgeted_room_nights,
    coalesce(months.room_nights, 0) as booked_room_nights,
    coalesce(months.room_nights, 0) - budgets.room_nights as difference
from budgets
left join months using (property, month)
