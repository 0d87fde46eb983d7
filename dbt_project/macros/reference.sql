{#
    Reference records are versions too (raw holds a row per content). `latest_version` keeps the
    newest of each id; `reference_periods` says from when to when each version held: the first known
    one from CreatedUtc (from ever, where the entity has none), a later one from the server's clock
    when it was first fetched, since UpdatedUtc of reference records is not reliable.
#}
{% macro latest_version(key) -%}
    qualify row_number() over (partition by {{ key }} order by landed_at desc, version_hash desc) = 1
{%- endmacro %}

{% macro reference_periods(relation, key, created="created_utc") -%}
    select
        *,
        case
            when row_number() over version_order = 1
                then coalesce({{ created }}, timestamptz '-infinity')
            else coalesce(fetched_utc, landed_at)
        end as held_from,
        coalesce(
            lead(coalesce(fetched_utc, landed_at)) over version_order, timestamptz 'infinity'
        ) as held_to
    from {{ relation }}
    window version_order as (partition by {{ key }} order by landed_at, version_hash)
{%- endmacro %}

{#
    Periods of whole days [from_date, to_date) of the same keys, joined where they touch or overlap:
    so that a space that is listed twice is one space.
#}
{% macro merged_periods(relation, keys) -%}
    {%- set by = keys | join(', ') -%}
    select
        {{ by }},
        min(from_date) as from_date,
        max(to_date) as to_date
    from (
        select
            *,
            sum(case when from_date > reached_date then 1 else 0 end) over (
                partition by {{ by }} order by from_date, to_date
                rows between unbounded preceding and current row
            ) as island
        from (
            select
                *,
                max(to_date) over (
                    partition by {{ by }} order by from_date, to_date
                    rows between unbounded preceding and 1 preceding
                ) as reached_date
            from {{ relation }}
        )
    )
    group by {{ by }}, island
{%- endmacro %}

{#
    By how much the level of each key changes on each date, of periods that hold from `from_date` up
    to, not including, `to_date`; each weighs `amount`.
#}
{% macro daily_changes(relation, keys, amount="1") -%}
    {%- set by = keys | join(', ') -%}
    select
        {{ by }},
        change_date,
        sum(change) as change
    from (
        select
            {{ by }},
            from_date as change_date,
            {{ amount }} as change
        from {{ relation }}
        union all
        select
            {{ by }},
            to_date as change_date,
            -{{ amount }} as change
        from {{ relation }}
    )
    group by {{ by }}, change_date
{%- endmacro %}

{#
    What of a service, its enterprise and its age categories decides the nights and guests of its
    reservations, as one text: two texts differ when reservations must be posted again. `condition`
    restricts the versions looked at (those landed up to some instant).
#}
{% macro service_contexts(condition) -%}
    select
        services.service_id,
        concat_ws(
            '|',
            services.enterprise_id,
            coalesce(enterprises.time_zone_identifier, 'no zone'),
            coalesce(cast(services.occupancy_start_offset as varchar), 'no start'),
            coalesce(cast(services.occupancy_end_offset as varchar), 'no end'),
            coalesce(services.time_unit_period, services.time_unit_legacy, 'no unit'),
            coalesce(ages.classifications, 'no ages')
        ) as context
    from (
        select * from {{ ref('stg_mews__services') }}
        where {{ condition }}
        {{ latest_version('service_id') }}
    ) as services
    left join (
        select * from {{ ref('stg_mews__enterprises') }}
        where {{ condition }}
        {{ latest_version('enterprise_id') }}
    ) as enterprises on services.enterprise_id = enterprises.enterprise_id
    left join (
        select
            service_id,
            string_agg(age_category_id || '=' || classification, ',' order by age_category_id)
                as classifications
        from (
            select * from {{ ref('stg_mews__age_categories') }}
            where {{ condition }}
            {{ latest_version('age_category_id') }}
        )
        group by service_id
    ) as ages on services.service_id = ages.service_id
{%- endmacro %}
