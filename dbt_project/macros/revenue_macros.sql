{#
    Table macros of money, as those of rooms in book_macros.sql: definite revenue, net and gross, by
    service, date, stream and currency. Currencies are never added.
#}
{% macro create_revenue_macros() %}
    create or replace macro marts.revenue_on_the_books(
        as_of, known_at := cast(null as timestamptz)
    ) as table
    select
        cast(service_id as varchar) as service_id,
        revenue_date,
        cast(stream as varchar) as stream,
        cast(currency as varchar) as currency,
        sum(net) as net,
        sum(gross) as gross
    from marts.fct_revenue_ledger as ledger
    where
        bucket = 'definite'
        and posted_at <= cast(as_of as timestamptz)
        and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
    group by service_id, revenue_date, stream, currency
    having sum(net) != 0 or sum(gross) != 0;

    create or replace macro marts.revenue_pickup(
        from_instant, to_instant, known_at := cast(null as timestamptz)
    ) as table
    select
        cast(service_id as varchar) as service_id,
        revenue_date,
        cast(stream as varchar) as stream,
        cast(currency as varchar) as currency,
        sum(net) as net,
        sum(gross) as gross
    from marts.fct_revenue_ledger as ledger
    where
        bucket = 'definite'
        and posted_at > cast(from_instant as timestamptz)
        and posted_at <= cast(to_instant as timestamptz)
        and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
    group by service_id, revenue_date, stream, currency
    having sum(net) != 0 or sum(gross) != 0;
{% endmacro %}
