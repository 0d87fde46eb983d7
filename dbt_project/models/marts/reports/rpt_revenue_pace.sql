with

properties as (

    select * from {{ ref('int_revenue_properties') }}

),

latest as (

    select * from {{ ref('int_now') }}

),

definitions as (

    select * from {{ ref('dim_revenue_definition') }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

daily as (

    select * from {{ ref('fct_revenue_daily') }}
    where bucket = 'definite'

),

nows as (

    select
        properties.enterprise_id,
        properties.default_currency,
        latest.now_utc,
        cast({{ local_time('latest.now_utc', 'properties.time_zone') }} as date) as today,
        cast(
            (latest.now_utc at time zone properties.time_zone) - interval 364 day as timestamp
        ) at time zone properties.time_zone as year_before_utc
    from properties
    inner join latest on properties.enterprise_id = latest.enterprise_id
    where properties.time_zone is not null

),

-- What was booked a year before its date and earlier: few postings are read
ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    where
        bucket = 'definite'
        and revenue_date >= (select min(nows.today) - 364 from nows)
        and posted_at <= (select max(nows.year_before_utc) from nows)

),

first_known as (

    select
        enterprise_id,
        min(revenue_date) as known_from
    from daily
    group by enterprise_id

),

year_before as (

    select
        ledger.enterprise_id,
        ledger.revenue_date,
        ledger.item_type,
        ledger.classification,
        ledger.currency,
        sum(ledger.net) as net
    from ledger
    inner join nows
        on
            ledger.enterprise_id = nows.enterprise_id
            and ledger.posted_at <= nows.year_before_utc
    group by
        ledger.enterprise_id, ledger.revenue_date, ledger.item_type, ledger.classification,
        ledger.currency

),

-- Dates from today on, and the same of last year
books as (

    select
        enterprise_id,
        revenue_date,
        item_type,
        classification,
        currency,
        net,
        0 as net_year_before
    from daily
    where revenue_date >= (select min(nows.today) - 364 from nows)
    union all
    select
        enterprise_id,
        revenue_date,
        item_type,
        classification,
        currency,
        0 as net,
        net as net_year_before
    from year_before

),

revenue as (

    select
        books.enterprise_id,
        books.revenue_date as stay_date,
        definitions.definition,
        books.currency,
        sum(case when definitions.in_room_revenue then books.net else 0 end) as room_revenue,
        sum(case when definitions.in_total_revenue then books.net else 0 end) as total_revenue,
        sum(case when definitions.in_room_revenue then books.net_year_before else 0 end)
            as room_revenue_year_before,
        sum(case when definitions.in_total_revenue then books.net_year_before else 0 end)
            as total_revenue_year_before
    from books
    inner join definitions
        on
            books.enterprise_id = definitions.enterprise_id
            and books.item_type = definitions.item_type
            and books.classification = definitions.classification
    group by books.enterprise_id, books.revenue_date, definitions.definition, books.currency

),

last_year as (

    select * replace (stay_date + 364 as stay_date) from revenue

),

compared as (

    select
        enterprise_id,
        stay_date,
        definition,
        currency,
        coalesce(revenue.room_revenue, 0) as room_revenue,
        coalesce(revenue.total_revenue, 0) as total_revenue,
        coalesce(last_year.room_revenue_year_before, 0) as room_revenue_same_time,
        coalesce(last_year.total_revenue_year_before, 0) as total_revenue_same_time,
        coalesce(last_year.room_revenue, 0) as room_revenue_last_year,
        coalesce(last_year.total_revenue, 0) as total_revenue_last_year
    from revenue
    full join last_year using (enterprise_id, stay_date, definition, currency)

),

-- Before a property's first date with revenue, last year is not known
property_rows as (

    select
        compared.enterprise_id,
        compared.stay_date,
        compared.definition,
        compared.currency,
        compared.currency = nows.default_currency as is_default_currency,
        compared.stay_date - 364 >= first_known.known_from as is_known,
        compared.room_revenue,
        compared.total_revenue,
        compared.room_revenue_same_time,
        compared.total_revenue_same_time,
        compared.room_revenue_last_year,
        compared.total_revenue_last_year
    from compared
    inner join nows on compared.enterprise_id = nows.enterprise_id
    inner join first_known on compared.enterprise_id = first_known.enterprise_id
    cross join horizon
    where
        compared.stay_date >= nows.today
        and compared.stay_date between horizon.first_date and horizon.last_date

),

-- A sum of which one property's part is not known is not known
properties_and_total as (

    select * from property_rows
    union all by name
    select
        'all' as enterprise_id,
        stay_date,
        definition,
        currency,
        true as is_default_currency,
        bool_and(is_known) as is_known,
        sum(room_revenue) as room_revenue,
        sum(total_revenue) as total_revenue,
        sum(room_revenue_same_time) as room_revenue_same_time,
        sum(total_revenue_same_time) as total_revenue_same_time,
        sum(room_revenue_last_year) as room_revenue_last_year,
        sum(total_revenue_last_year) as total_revenue_last_year
    from property_rows
    where is_default_currency
    group by stay_date, definition, currency

),

pace as (

    select
        enterprise_id,
        stay_date,
        definition,
        currency,
        is_default_currency,
        room_revenue,
        total_revenue,
        case when is_known then room_revenue_same_time end as room_revenue_same_time_last_year,
        case when is_known then total_revenue_same_time end as total_revenue_same_time_last_year,
        case when is_known then room_revenue_last_year end as room_revenue_last_year,
        case when is_known then total_revenue_last_year end as total_revenue_last_year
    from properties_and_total

)

select * from pace
