-- A view: it has few rows in a refresh, and a full build never reads it
{{ config(materialized="view") }}

with

versions as (

    select * from {{ ref('int_touched_item_versions') }}

),

touched_versions as (

    select * from versions
    where is_touched

),

-- The dates of every version of an item and of the root of its chain, because a later version may
-- have moved it away
touched_revenue_dates as (

    select
        service_id,
        item_date as revenue_date
    from touched_versions
    union
    select
        touched_versions.service_id,
        roots.item_date as revenue_date
    from touched_versions
    inner join versions as roots on touched_versions.root_item_id = roots.order_item_id

)

select * from touched_revenue_dates
