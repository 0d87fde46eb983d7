with

reach as (

    select * from {{ ref('int_enterprise_reach') }}

),

fetches as (

    -- Reservations fetched by when they hold do not tell which updates are known
    select * from {{ ref('stg_mews__fetches') }}
    where operation != 'reservations_by_stay'

),

reservations as (

    select * from {{ ref('stg_mews__reservations') }}

),

complete as (

    select * from {{ ref('int_books_complete') }}

),

listed as (

    select distinct enterprise_id from {{ ref('stg_mews__enterprises') }}

),

enterprises as (

    select enterprise_id from listed
    union
    select enterprise_id from {{ ref('stg_mews__services') }}
    where enterprise_id is not null
    union
    select enterprise_id from reach
    union
    select 'unknown' as enterprise_id

),

-- Several tokens may see one enterprise: the one that is furthest counts
operations as (

    select
        enterprise_id,
        operation,
        max(through_utc) filter (where not is_refused) as through_utc,
        max(through_utc) as through_until_refused_utc
    from reach
    group by enterprise_id, operation

),

-- The slower of the two operations counts. One that is refused now counts only if both are
known as (

    select
        enterprise_id,
        coalesce(min(through_utc), min(through_until_refused_utc)) as fetched_through_utc
    from operations
    group by enterprise_id

),

-- Reference data may be fetched before any update
latest as (

    select
        coalesce(
            (select max(known.fetched_through_utc) from known),
            (select max(fetches.fetched_through_utc) from fetches),
            (select max(reservations.updated_utc) from reservations)
        ) as latest_utc

),

properties as (

    select
        enterprises.enterprise_id,
        coalesce(known.fetched_through_utc, latest.latest_utc) as now_utc,
        known.fetched_through_utc,
        coalesce(known.fetched_through_utc < latest.latest_utc - interval 30 day, false)
            as is_stopped,
        complete.books_complete_since_utc,
        listed.enterprise_id is not null as is_listed
    from enterprises
    cross join latest
    left join complete on enterprises.enterprise_id = complete.enterprise_id
    left join listed on enterprises.enterprise_id = listed.enterprise_id
    left join known on enterprises.enterprise_id = known.enterprise_id

),

properties_and_total as (

    select * exclude (is_listed) from properties
    union all
    select
        'all' as enterprise_id,
        (select latest.latest_utc from latest) as now_utc,
        min(fetched_through_utc) filter (where not is_stopped) as fetched_through_utc,
        false as is_stopped,
        case
            when bool_and(books_complete_since_utc is not null) filter (where is_listed)
                then max(books_complete_since_utc) filter (where is_listed)
        end as books_complete_since_utc
    from properties

)

select * from properties_and_total
