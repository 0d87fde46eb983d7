with

versions as (

    select * from {{ ref('int_touched_item_versions') }}

),

streams as (

    select * from {{ ref('revenue_streams') }}

),

item_keys as (

    select distinct
        enterprise_id,
        item_type,
        classification
    from versions

),

mapped as (

    {{ most_specific('item_keys', 'streams') }}

),

item_streams as (

    select
        item_keys.*,
        coalesce(mapped.stream, 'unmapped') as stream
    from item_keys
    left join mapped using (enterprise_id, item_type, classification)

)

select * from item_streams
