{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_items() }}",
) }}
{{ require_touched_upstream("int_touched_order_items", ["int_money_context"]) }}

with

versions as (

    select * from {{ ref('int_touched_item_versions') }}

),

order_buckets as (

    select * from {{ ref('int_touched_order_buckets') }}

),

item_streams as (

    select * from {{ ref('int_touched_item_streams') }}

),

touched_versions as (

    select
        versions.order_item_id,
        versions.version_number,
        versions.is_latest,
        versions.root_item_id,
        versions.service_order_id,
        versions.created_utc,
        versions.updated_utc,
        versions.canceled_utc,
        versions.landed_at,
        versions.accounting_state,
        versions.rebated_item_id is not null as is_rebate,
        coalesce(versions.net_value, 0) as net,
        coalesce(versions.gross_value, 0) as gross,
        versions.item_date,
        {
            'service_id': versions.service_id,
            'service_order_id': versions.service_order_id,
            'accounting_category_id': versions.accounting_category_id,
            'item_type': versions.item_type
        } as posted_to,
        {
            'enterprise_id': versions.enterprise_id,
            'classification': versions.classification,
            'stream': item_streams.stream,
            'currency': versions.currency
        } as posted_as
    from versions
    inner join item_streams using (enterprise_id, item_type, classification)
    where versions.is_touched

),

-- An item first seen after its birth held something before: its own timestamps say what
first_seen_late as (

    select
        *,
        least(created_utc, updated_utc) as opened_at,
        -- A CanceledUtc outside that time proves nothing, as in the room-night ledger
        case
            when canceled_utc between opened_at and updated_utc then canceled_utc
            else updated_utc
        end as closed_at
    from touched_versions
    where version_number = 1 and created_utc is distinct from updated_utc

),

openings as (

    select
        * exclude (opened_at, closed_at) replace (
            case when accounting_state = 'Canceled' then 'Open' else accounting_state end
                as accounting_state
        ),
        -1 as sequence,
        opened_at as posted_at,
        'inferred' as basis
    from first_seen_late

),

closings as (

    select
        * exclude (opened_at, closed_at),
        0 as sequence,
        closed_at as posted_at,
        'inferred' as basis
    from first_seen_late
    where accounting_state = 'Canceled'

),

observations as (

    select
        *,
        version_number as sequence,
        updated_utc as posted_at,
        'observed' as basis
    from touched_versions

),

item_events as (

    select * from openings
    union all
    select * from closings
    union all
    select * from observations

),

-- A change of the order's state moves the item to another bucket
order_events as (

    select
        touched_versions.order_item_id,
        order_buckets.held_from as posted_at,
        order_buckets.sequence,
        order_buckets.known_at as landed_at,
        order_buckets.bucket as order_bucket
    from order_buckets
    inner join touched_versions on order_buckets.order_id = touched_versions.service_order_id
    where touched_versions.is_latest

),

roots as (

    select
        order_item_id as root_item_id,
        version_number,
        case when version_number = 1 then {{ long_ago() }} else updated_utc end as held_from,
        landed_at,
        item_date
    from versions
    where order_item_id in (select touched_versions.root_item_id from touched_versions)

),

-- A rebate has the date of the root of its chain, if that has one, and moves with it
root_events as (

    select
        touched_versions.order_item_id,
        roots.held_from as posted_at,
        roots.version_number as sequence,
        roots.landed_at,
        { 'root_date': roots.item_date } as root
    from roots
    inner join touched_versions using (root_item_id)
    where touched_versions.is_latest

),

-- Of one instant, what an item's own versions say comes first
events as (

    select
        order_item_id,
        posted_at,
        1 as kind,
        sequence,
        landed_at,
        {
            'accounting_state': accounting_state,
            'basis': basis,
            'is_rebate': is_rebate,
            'item_date': item_date,
            'net': net,
            'gross': gross,
            'posted_to': posted_to,
            'posted_as': posted_as
        } as item,
        cast(null as varchar) as order_bucket,
        null as root
    from item_events
    union all
    select
        order_item_id,
        posted_at,
        2 as kind,
        sequence,
        landed_at,
        null as item,
        order_bucket,
        null as root
    from order_events
    union all
    select
        order_item_id,
        posted_at,
        3 as kind,
        sequence,
        landed_at,
        null as item,
        null as order_bucket,
        root
    from root_events

),

-- Item, order and root as they are at each event, and as they were before it
known as (

    select
        order_item_id,
        posted_at,
        row_number() over so_far as event_number,
        -- Postings reverse what older versions held, so none is known before those have landed
        max(landed_at) over so_far as known_at,
        last_value(item ignore nulls) over so_far as item,
        last_value(order_bucket ignore nulls) over so_far as order_bucket,
        last_value(root ignore nulls) over so_far as root
    from events
    window
        so_far as (
            partition by order_item_id order by posted_at, kind, sequence
            rows between unbounded preceding and current row
        )

),

held as (

    select
        order_item_id,
        posted_at,
        event_number,
        known_at,
        order_bucket,
        struct_extract(root, 'root_date') as root_date,
        unnest(item) -- noqa: AL03
    from known
    where item is not null

),

placed as (

    select
        * exclude (order_bucket, root_date, item_date),
        {{ item_bucket('accounting_state', "coalesce(order_bucket, 'definite')") }} as bucket,
        coalesce(root_date, item_date) as revenue_date
    from held

),

-- What the item holds from then on; null where that is nothing
holdings as (

    select
        * exclude (revenue_date, bucket, posted_to, posted_as),
        case
            when bucket is not null and (net != 0 or gross != 0)
                then {
                    'revenue_date': revenue_date,
                    'bucket': bucket,
                    'posted_to': posted_to,
                    'posted_as': posted_as,
                    'net': net,
                    'gross': gross
                }
        end as holding
    from placed

),

compared as (

    select
        *,
        lag(holding) over item_history as previous_holding,
        lag(accounting_state) over item_history as previous_state,
        lag(net != 0 or gross != 0) over item_history as had_amount
    from holdings
    window item_history as (partition by order_item_id order by event_number)

),

changes as (

    select
        *,
        case
            when previous_state is null and is_rebate then 'rebate'
            when previous_state is null then 'new'
            when accounting_state = 'Canceled' then 'cancelled'
            when previous_state = 'Canceled' then 'reinstated'
            when not had_amount or (net = 0 and gross = 0) then 'price_changed'
            when holding is null or previous_holding is null then 'converted'
            when struct_extract(holding, 'bucket') != struct_extract(previous_holding, 'bucket')
                then 'converted'
            when
                (
                    struct_extract(holding, 'revenue_date')
                    is distinct from struct_extract(previous_holding, 'revenue_date')
                )
                or struct_extract(holding, 'posted_to')
                != struct_extract(previous_holding, 'posted_to')
                then 'moved'
            else 'price_changed'
        end as reason
    from compared
    where holding is distinct from previous_holding

),

reversals as (

    select
        order_item_id,
        posted_at,
        known_at,
        event_number,
        basis,
        reason,
        -1 as sign,
        unnest(previous_holding) -- noqa: AL03
    from changes
    where previous_holding is not null

),

postings as (

    select
        order_item_id,
        posted_at,
        known_at,
        event_number,
        basis,
        reason,
        1 as sign,
        unnest(holding) -- noqa: AL03
    from changes
    where holding is not null

),

entries as (

    select * from reversals
    union all
    select * from postings

),

-- Entries of one instant and landing that cancel each other leave no row
summed as (

    select
        order_item_id,
        posted_at,
        known_at,
        revenue_date,
        bucket,
        posted_to,
        posted_as,
        basis,
        arg_max(reason, event_number) as reason,
        sum(sign * net) as net,
        sum(sign * gross) as gross
    from entries
    group by
        order_item_id, posted_at, known_at, revenue_date, bucket, posted_to, posted_as, basis
    having sum(sign * net) != 0 or sum(sign * gross) != 0

),

posted as (

    select
        * exclude (posted_to, posted_as),
        unnest(posted_to), -- noqa: AL03
        unnest(posted_as) -- noqa: AL03
    from summed

),

ledger as (

    select
        order_item_id,
        posted_at,
        known_at,
        revenue_date,
        enterprise_id,
        service_id,
        service_order_id,
        accounting_category_id,
        item_type,
        classification,
        stream,
        bucket,
        currency,
        cast(net as decimal(38, 6)) as net,
        cast(gross as decimal(38, 6)) as gross,
        cast(gross - net as decimal(38, 6)) as tax,
        basis,
        reason
    from posted

)

-- What reads touched dates, or dates from now on, skips the storage of others
select * from ledger
order by revenue_date
