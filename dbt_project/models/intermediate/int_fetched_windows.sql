-- A view: one model reads it
{{ config(materialized="view") }}
-- Which windows of UpdatedUtc were fetched of which enterprise, whichever token fetched them
with

fetches as (

    select
        *,
        cast(service_ids as varchar[]) as asked_service_ids
    from {{ ref('stg_mews__fetches') }}
    where refused is null

),

-- A window that had not begun yet when it was fetched covers nothing
windows as (

    select * from fetches
    where window_start_utc is not null and fetched_through_utc > window_start_utc

),

fetch_enterprises as (

    select * from {{ ref('int_fetch_enterprises') }}

),

services as (

    select * from {{ ref('stg_mews__services') }}
    {{ latest_version('service_id') }}

),

opened as (

    select
        windows.fetch_id,
        windows.operation,
        windows.window_start_utc,
        windows.fetched_through_utc,
        windows.finished_utc,
        windows.asked_service_ids,
        coalesce(fetch_enterprises.enterprise_id, 'unknown') as enterprise_id
    from windows
    left join fetch_enterprises on windows.fetch_id = fetch_enterprises.fetch_id

),

asked_services as (

    select
        opened.fetch_id,
        opened.enterprise_id,
        list(services.service_id order by services.service_id) as service_ids
    from opened
    inner join services
        on
            opened.enterprise_id = services.enterprise_id
            and list_contains(opened.asked_service_ids, services.service_id)
    group by opened.fetch_id, opened.enterprise_id

),

-- A fetch that is restricted to services covers these alone, not the enterprise's others
scoped as (

    select
        opened.* exclude (asked_service_ids),
        asked_services.service_ids
    from opened
    left join asked_services using (fetch_id, enterprise_id)
    where opened.asked_service_ids is null or asked_services.service_ids is not null

),

-- The enterprise is covered where everything was asked for that any fetch asked for
widest as (

    select
        *,
        bool_or(service_ids is null) over enterprise_windows as is_every_service,
        list_distinct(flatten(list(service_ids) over enterprise_windows)) as every_service_id
    from scoped
    window enterprise_windows as (partition by operation, enterprise_id)

),

fetched_windows as (

    select
        fetch_id,
        operation,
        enterprise_id,
        window_start_utc,
        fetched_through_utc,
        finished_utc,
        array_to_string(service_ids, ',') as service_ids
    from widest
    where
        service_ids is null
        or (not is_every_service and list_has_all(service_ids, every_service_id))

)

select * from fetched_windows
