-- Versions of a raw table that were landed more than once
select format('{} of {} occurs {} times', id, updated_utc, count(*))
from query_table('raw.' || $table)
group by id, updated_utc, _hash
having count(*) > 1
order by all
limit 20
