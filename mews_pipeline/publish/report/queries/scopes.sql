-- What figures are grouped by: each property and `all` of them, with their local dates of today.
-- With a single property, `all` would repeat it
create temp table todays as
select
    enterprise_id as scope,
    enterprise_name as name,
    time_zone,
    as_of_utc,
    cast(as_of_utc at time zone coalesce(time_zone, 'UTC') as date) as today
from about
qualify enterprise_id != 'all' or count(*) over () != 2;

create temp table scopes as
select service_id, is_lodging, unnest([enterprise_id, 'all']) as scope
from marts.dim_service;
