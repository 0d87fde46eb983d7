-- The total of a date is the sum of its hotels, and a hotel's rooms those of its lodging services.

with

portfolio as (

    select portfolio.* from {{ ref('rpt_portfolio_daily') }} as portfolio
    {{ tested_dates('portfolio') }}

),

occupancy as (

    select occupancy.* from {{ ref('fct_occupancy_daily') }} as occupancy
    {{ tested_dates('occupancy') }}

),

services as (

    select * from {{ ref('dim_service') }}
    where is_lodging

),

totals as (

    select
        stay_date,
        sum(case when enterprise_id = 'all' then -rooms_occupied else rooms_occupied end) as rooms,
        sum(case when enterprise_id = 'all' then -spaces_occupied else spaces_occupied end)
            as spaces,
        sum(case when enterprise_id = 'all' then -guests else guests end) as guests
    from portfolio
    group by stay_date

),

hotels as (

    select
        occupancy.enterprise_id,
        occupancy.stay_date,
        sum(occupancy.rooms_occupied) as rooms
    from occupancy
    inner join services on occupancy.service_id = services.service_id
    group by occupancy.enterprise_id, occupancy.stay_date

),

broken as (

    select
        'all' as enterprise_id,
        stay_date
    from totals
    where rooms != 0 or spaces != 0 or guests != 0
    union all
    select
        hotels.enterprise_id,
        hotels.stay_date
    from hotels
    inner join portfolio
        on
            hotels.enterprise_id = portfolio.enterprise_id
            and hotels.stay_date = portfolio.stay_date
    where hotels.rooms != portfolio.rooms_occupied

)

select * from broken
