-- Definite books of each night when all postings are added up, and when its last posting was made.
-- For a service and night whose last posting was made by an instant, these are the books as of it
select
    service_id,
    resource_category_id,
    stay_date,
    cast(sum(rooms) as bigint) as rooms,
    cast(sum(guests) as bigint) as guests,
    max(max(posted_at)) over (partition by service_id, stay_date) as last_posted_at
from postings
where bucket = 'definite' and posted_at is not null and stay_date is not null
group by service_id, resource_category_id, stay_date
