-- The same without rows, for a copy that has no such marts
create or replace temp table performance (
    enterprise_id varchar, stay_date date, definition varchar, currency varchar,
    is_default_currency boolean, rooms_available bigint, rooms_occupied bigint, rooms_sold bigint,
    rooms_complimentary bigint, spaces_occupied bigint, room_revenue decimal(38, 6),
    total_revenue decimal(38, 6), occupancy double, adr double, revpar double, trevpar double,
    rooms_sold_last_year bigint, room_revenue_last_year decimal(38, 6),
    total_revenue_last_year decimal(38, 6), is_shown boolean
);

create or replace temp table revenue_pace (
    enterprise_id varchar, stay_date date, definition varchar, currency varchar,
    total_revenue_same_time_last_year decimal(38, 6)
);

create or replace temp table revenue_pickup (
    enterprise_id varchar, stay_date date, currency varchar, days_back bigint, stream varchar,
    net_new decimal(38, 6), net_cancelled decimal(38, 6), net_rate_change decimal(38, 6),
    net_rebate decimal(38, 6), net_moved decimal(38, 6), net decimal(38, 6)
);
