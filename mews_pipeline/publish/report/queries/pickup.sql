-- Rooms that came and went in the last seven days, by night and reason
with parts as (
    unpivot marts.rpt_pickup
    on rooms_new, rooms_converted, rooms_reinstated, rooms_moved, rooms_cancelled,
    rooms_no_show
    into name part value part_rooms
)

select scope, stay_date, replace(part[7:], '_', '-') as part, sum(part_rooms) as rooms
from parts
inner join scopes using (service_id)
inner join todays using (scope)
where
    window_days = 7 and is_lodging and part_rooms != 0
    and stay_date between today - 7 and today + 120
group by all
order by all
