with

properties as (

    select * from {{ ref('int_revenue_properties') }}

),

definitions as (

    select * from {{ ref('dim_revenue_definition') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

sold as (

    select * from {{ ref('fct_rooms_sold_daily') }}

),

daily as (

    select * from {{ ref('fct_revenue_daily') }}
    where bucket = 'definite'

),

definition_names as (

    select distinct definition from {{ ref('revenue_definitions') }}

),

-- Of a property without any item, whose token may not read them, revenue is not known
with_items as (

    select distinct enterprise_id from definitions

),

money as (

    select
        daily.enterprise_id,
        daily.revenue_date as stay_date,
        definitions.definition,
        daily.currency,
        sum(daily.net) filter (where definitions.in_room_revenue) as room_revenue,
        sum(daily.net) filter (where definitions.in_total_revenue) as total_revenue
    from daily
    inner join definitions
        on
            daily.enterprise_id = definitions.enterprise_id
            and daily.item_type = definitions.item_type
            and daily.classification = definitions.classification
    group by daily.enterprise_id, daily.revenue_date, definitions.definition, daily.currency

),

room_rows as (

    select
        sold.enterprise_id,
        sold.stay_date,
        definition_names.definition,
        properties.default_currency as currency,
        sold.rooms_occupied,
        sold.rooms_sold,
        sold.rooms_complimentary,
        sold.spaces_occupied,
        case
            when definition_names.definition = 'usali' then sold.spaces_active
            else sold.spaces_usable
        end as rooms_available
    from sold
    inner join properties on sold.enterprise_id = properties.enterprise_id
    cross join definition_names

),

-- Rooms belong to the row of the default currency; a row of another currency has money alone
property_rows as (

    select
        enterprise_id,
        stay_date,
        definition,
        currency,
        room_rows.enterprise_id is not null as is_default_currency,
        room_rows.rooms_available,
        room_rows.rooms_occupied,
        case when with_items.enterprise_id is not null then room_rows.rooms_sold end
            as rooms_sold,
        case when with_items.enterprise_id is not null then room_rows.rooms_complimentary end
            as rooms_complimentary,
        room_rows.spaces_occupied,
        case when with_items.enterprise_id is not null then coalesce(money.room_revenue, 0) end
            as room_revenue,
        case when with_items.enterprise_id is not null then coalesce(money.total_revenue, 0) end
            as total_revenue
    from room_rows
    full join money using (enterprise_id, stay_date, definition, currency)
    left join with_items using (enterprise_id)
    cross join horizon
    where stay_date between horizon.first_date and horizon.last_date

),

-- Before a property's first night with rooms or money, last year is not known
first_known as (

    select
        enterprise_id,
        min(stay_date) as known_from
    from property_rows
    where
        room_revenue is not null
        and (rooms_occupied > 0 or room_revenue != 0 or total_revenue != 0)
    group by enterprise_id

),

compared as (

    select
        present.*,
        case
            when present.is_default_currency and first_known.known_from is not null
                then coalesce(last_year.rooms_sold, 0)
        end as rooms_sold_last_year,
        case
            when first_known.known_from is not null
                then coalesce(last_year.room_revenue, 0)
        end as room_revenue_last_year,
        case
            when first_known.known_from is not null
                then coalesce(last_year.total_revenue, 0)
        end as total_revenue_last_year
    from property_rows as present
    left join first_known
        on
            present.enterprise_id = first_known.enterprise_id
            and present.stay_date - 364 >= first_known.known_from
    left join property_rows as last_year
        on
            present.enterprise_id = last_year.enterprise_id
            and present.stay_date - 364 = last_year.stay_date
            and present.definition = last_year.definition
            and present.currency = last_year.currency

),

-- Properties whose revenue is not known are in no total. A sum of which one property's part is not
-- known is not known
properties_and_total as (

    select * from compared
    union all by name
    select
        'all' as enterprise_id,
        stay_date,
        definition,
        currency,
        true as is_default_currency,
        case when count(rooms_available) = count(*) then sum(rooms_available) end
            as rooms_available,
        sum(rooms_occupied) as rooms_occupied,
        sum(rooms_sold) as rooms_sold,
        sum(rooms_complimentary) as rooms_complimentary,
        sum(spaces_occupied) as spaces_occupied,
        sum(room_revenue) as room_revenue,
        sum(total_revenue) as total_revenue,
        case when count(rooms_sold_last_year) = count(*) then sum(rooms_sold_last_year) end
            as rooms_sold_last_year,
        case when count(room_revenue_last_year) = count(*) then sum(room_revenue_last_year) end
            as room_revenue_last_year,
        case when count(total_revenue_last_year) = count(*) then sum(total_revenue_last_year) end
            as total_revenue_last_year
    from compared
    where is_default_currency and room_revenue is not null
    group by stay_date, definition, currency

),

performance as (

    select
        enterprise_id,
        stay_date,
        definition,
        currency,
        is_default_currency,
        cast(rooms_available as bigint) as rooms_available,
        cast(rooms_occupied as bigint) as rooms_occupied,
        cast(rooms_sold as bigint) as rooms_sold,
        cast(rooms_complimentary as bigint) as rooms_complimentary,
        cast(spaces_occupied as bigint) as spaces_occupied,
        room_revenue,
        total_revenue,
        spaces_occupied / nullif(rooms_available, 0) as occupancy,
        case when is_default_currency then room_revenue / nullif(rooms_sold, 0) end as adr,
        room_revenue / nullif(rooms_available, 0) as revpar,
        total_revenue / nullif(rooms_available, 0) as trevpar,
        cast(rooms_sold_last_year as bigint) as rooms_sold_last_year,
        room_revenue_last_year,
        total_revenue_last_year
    from properties_and_total

)

select * from performance
