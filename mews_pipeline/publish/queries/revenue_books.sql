-- Definite revenue of each date between its postings, where there is any, as in books.sql
with

changes as (

    select
        service_id,
        revenue_date,
        stream,
        currency,
        posted_at,
        sum(net) as net,
        sum(gross) as gross
    from postings
    where bucket = 'definite' and posted_at is not null
    group by service_id, revenue_date, stream, currency, posted_at

),

books as (

    select
        service_id,
        revenue_date,
        stream,
        currency,
        posted_at as held_from,
        coalesce(lead(posted_at) over so_far, timestamptz 'infinity') as held_until,
        sum(net) over so_far as net,
        sum(gross) over so_far as gross
    from changes
    window
        so_far as (
            partition by service_id, revenue_date, stream, currency order by posted_at
            rows between unbounded preceding and current row
        )

)

select * from books
where net != 0 or gross != 0
order by held_until != timestamptz 'infinity', revenue_date, service_id
