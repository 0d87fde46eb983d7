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
    where is_latest

),

item_streams as (

    select * from {{ ref('int_touched_item_streams') }}

),

order_buckets as (

    select
        order_id,
        arg_max(bucket, sequence) as bucket
    from {{ ref('int_touched_order_buckets') }}
    group by order_id

),

roots as (

    select
        order_item_id as root_item_id,
        item_date as root_date
    from versions

),

order_items as (

    select
        versions.order_item_id,
        versions.enterprise_id,
        versions.service_id,
        versions.service_order_id,
        versions.accounting_category_id,
        versions.item_type,
        versions.classification,
        item_streams.stream,
        versions.accounting_state,
        {{ item_bucket(
            'versions.accounting_state', "coalesce(order_buckets.bucket, 'definite')"
        ) }} as bucket,
        coalesce(roots.root_date, versions.item_date) as revenue_date,
        versions.currency,
        cast(versions.net_value as decimal(38, 6)) as net,
        cast(versions.gross_value as decimal(38, 6)) as gross,
        versions.is_service_known,
        versions.rebated_item_id,
        roots.root_item_id,
        versions.updated_utc
    from versions
    inner join item_streams using (enterprise_id, item_type, classification)
    left join order_buckets on versions.service_order_id = order_buckets.order_id
    left join roots on versions.root_item_id = roots.root_item_id
    where versions.is_touched

)

select * from order_items
