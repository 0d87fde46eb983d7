-- The body of the published macro revenue_on_the_books(as_of, known_at): same rows as that of the
-- warehouse (dbt_project/macros/revenue_macros.sql), read as in on_the_books.sql
select
    service_id,
    revenue_date,
    stream,
    currency,
    net,
    gross
from published.revenue_books
where
    known_at is null
    and held_from <= cast(as_of as timestamptz)
    and held_until > least(cast(as_of as timestamptz), timestamptz '9999-12-31 00:00:00+00')
union all
select
    ledger.service_id,
    ledger.revenue_date,
    ledger.stream,
    ledger.currency,
    sum(ledger.net) as net,
    sum(ledger.gross) as gross
from marts.fct_revenue_ledger as ledger
where
    known_at is not null -- noqa: RF03
    and ledger.bucket = 'definite'
    and ledger.posted_at <= cast(as_of as timestamptz) -- noqa: RF03
    and ledger.known_at <= cast(known_at as timestamptz) -- noqa: RF03
group by ledger.service_id, ledger.revenue_date, ledger.stream, ledger.currency
having sum(ledger.net) != 0 or sum(ledger.gross) != 0
