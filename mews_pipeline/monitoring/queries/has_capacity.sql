-- Categories that were booked in the last month and have no active space
with booked as (
    select distinct requested_resource_category_id as id from raw.reservations
    where
        created_utc >= $now - interval 31 days
        and requested_resource_category_id is not null
),

equipped as (
    select distinct category_id as id from raw.resource_category_assignments
    where is_active
),

named as (
    select id, arg_max(names ->> '$.*', _landed_at) as names from raw.resource_categories
    group by id
)

select format('category {} {}', id, coalesce(list_first(names), '(unknown)'))
from booked left join named using (id)
where id not in (select id from equipped)
order by all
