-- Reference data that the reports need and that were refused or never landed: capacity stays null,
-- nights unknown.
{{ config(severity="warn") }}

with

refused as (

    select
        operation,
        enterprise_id,
        refusal
    from {{ ref('int_refused_operations') }}

),

needed as (

    select
        'services' as operation,
        count(*) as landed
    from {{ ref('stg_mews__services') }}
    union all
    select
        'enterprises' as operation,
        count(*) as landed
    from {{ ref('stg_mews__enterprises') }}
    union all
    select
        'resources' as operation,
        count(*) as landed
    from {{ ref('stg_mews__resources') }}
    union all
    select
        'resource_categories' as operation,
        count(*) as landed
    from {{ ref('stg_mews__resource_categories') }}
    union all
    select
        'resource_category_assignments' as operation,
        count(*) as landed
    from {{ ref('stg_mews__resource_category_assignments') }}

),

missing as (

    select * from refused
    union all
    select
        operation,
        'every enterprise' as enterprise_id,
        'never landed' as refusal
    from needed
    where landed = 0

)

select * from missing
