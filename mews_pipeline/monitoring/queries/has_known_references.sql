-- Services and age categories that reservations name and reference data lack
select distinct format('service {}', service_id) from raw.reservations
where service_id not in (select id from raw.services)
union all
select distinct format('age category {}', age_category_id)
from raw.reservation_person_counts
where age_category_id not in (select id from raw.age_categories)
limit 20
