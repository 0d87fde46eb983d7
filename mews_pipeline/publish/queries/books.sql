-- Definite books of each night between its postings, where there are any: those held from an
-- instant, until the next posting replaces them
with

changes as (

    select
        service_id,
        resource_category_id,
        stay_date,
        posted_at,
        sum(rooms) as rooms,
        sum(guests) as guests
    from postings
    where bucket = 'definite' and posted_at is not null
    group by service_id, resource_category_id, stay_date, posted_at

),

books as (

    select
        service_id,
        resource_category_id,
        stay_date,
        posted_at as held_from,
        coalesce(lead(posted_at) over so_far, timestamptz 'infinity') as held_until,
        cast(sum(rooms) over so_far as bigint) as rooms,
        cast(sum(guests) over so_far as bigint) as guests
    from changes
    window
        so_far as (
            partition by service_id, resource_category_id, stay_date order by posted_at
            rows between unbounded preceding and current row
        )

)

select * from books
where rooms != 0 or guests != 0
-- What is held still comes first: DuckDB then skips what was replaced before an instant
order by held_until != timestamptz 'infinity', stay_date, service_id
