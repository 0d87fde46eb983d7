-- The last 20 postings to nights that were closed, up to the instant that the figures show
select
    scope, stay_date, restated.enterprise_id, enterprise_name as property,
    coalesce(resource_category_name, 'unknown') as category,
    replace(cast(reason as varchar), '_', '-') as reason,
    rooms, rooms_at_close, rooms_now, posted_at
from marts.rpt_restatements as restated
inner join scopes using (service_id)
inner join todays using (scope)
left join marts.dim_resource_category using (resource_category_id)
left join marts.dim_enterprise on restated.enterprise_id = dim_enterprise.enterprise_id
where is_lodging and rooms != 0 and posted_at <= todays.as_of_utc
qualify row_number() over (partition by scope order by posted_at desc, stay_date asc) <= 20
order by scope asc, posted_at desc, stay_date asc
