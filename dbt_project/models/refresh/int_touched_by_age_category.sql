-- A view: one model reads it
{{ config(materialized="view") }}
{% set applied = applied_through() %}

with

age_category_versions as (

    select * from {{ ref('stg_mews__age_categories') }}

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}

),

-- Age categories as they are now, and as they were when everything was last posted
age_categories as (

    {{ now_and_posted('age_category_versions', 'age_category_id', applied) }}

),

changed_age_categories as (

    select
        age_category_id,
        max(landed_at) as landed_at
    from age_categories
    group by age_category_id
    having
        count(*) = 1
        or min(coalesce(classification, 'none')) != max(coalesce(classification, 'none'))

),

-- A reservation may count persons in an age category of another service, so it is found by its
-- persons
touched as (

    select
        person_counts.reservation_id,
        max(changed_age_categories.landed_at) as landed_at
    from person_counts
    inner join changed_age_categories
        on person_counts.age_category_id = changed_age_categories.age_category_id
    group by person_counts.reservation_id

)

select * from touched
