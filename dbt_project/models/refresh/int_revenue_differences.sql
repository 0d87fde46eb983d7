-- Of touched items, and at night of all, those whose postings do not add up to the latest version
with

ledger as (

    select * from {{ ref('fct_revenue_ledger') }}
    {{ of_checked_items() }}

),

items as (

    select * from {{ ref('int_order_items') }}
    {{ of_checked_items() }}

),

-- One sum per item fits into memory: each amount counts as often as its millionths, by a hash of
-- what it is posted to. 48 bits of the hash leave room for any amount. Ids are left out, because to
-- read them costs more than all else; the test of room revenue compares services
signed as (

    select
        order_item_id,
        net,
        gross,
        hash(revenue_date, stream, bucket, currency) >> 16 as posted_to
    from ledger
    union all
    select
        order_item_id,
        -coalesce(net, 0) as net,
        -coalesce(gross, 0) as gross,
        hash(revenue_date, stream, bucket, currency) >> 16 as posted_to
    from items
    where bucket is not null

),

differences as (

    select
        order_item_id,
        sum(net) as net_difference,
        sum(gross) as gross_difference
    from signed
    group by order_item_id
    having
        sum(cast(net * 1000000 as hugeint) * posted_to) != 0
        or sum(cast(gross * 1000000 as hugeint) * posted_to) != 0

)

select * from differences
