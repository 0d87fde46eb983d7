-- The money of the published copy: nights by definition and currency, this time last year, and
-- revenue picked up. A property whose tokens may not read order items has nights with rooms and no
-- revenue: it is left out. Where nobody asks for another, the definition is that of Mews' own
-- manager report
create or replace temp view performance as
with shown as (
    select
        coalesce(max(definition) filter (where definition = 'mews_manager'), min(definition))
            as definition
    from marts.rpt_performance_daily
),

with_money as (
    select distinct enterprise_id, if(enterprise_id = 'all', currency, null) as currency
    from marts.rpt_performance_daily
    where room_revenue != 0 or total_revenue != 0
)

select
    nights.*,
    nights.definition = shown.definition as is_shown
from marts.rpt_performance_daily as nights
inner join with_money
    on
        nights.enterprise_id = with_money.enterprise_id
        and (with_money.currency is null or nights.currency = with_money.currency)
cross join shown;

create or replace temp view revenue_pace as
select enterprise_id, stay_date, definition, currency, total_revenue_same_time_last_year
from marts.rpt_revenue_pace;

create or replace temp view revenue_pickup as
select * from marts.rpt_revenue_pickup;
