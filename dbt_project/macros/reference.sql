{#
    Reference records are versions too: raw holds one row per content. `latest_version` keeps the
    newest of each key. `reference_periods` gives the period in which each version held: the first
    known version holds from CreatedUtc (from the beginning where the entity has none), a later one
    from the server's clock at its first fetch, because UpdatedUtc of reference records is not
    reliable (docs/mews-api.md, "UpdatedUtc and history").
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
