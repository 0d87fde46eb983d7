{#
    Reference records are versions too: raw holds one row per content. `latest_version` keeps the
    newest of each key. `reference_periods` gives the period in which each version held: the first
    known version holds from CreatedUtc (from the beginning where the entity has none), a later one
    from the clock at its first fetch, because UpdatedUtc of reference records is not reliable
    (docs/mews-api.md, "UpdatedUtc and history"). Periods never overlap: where that clock ran back,
    a version holds from the latest instant at which an earlier one was fetched.
#}
{% macro latest_version(key) -%}
    qualify row_number() over (partition by {{ key }} order by landed_at desc, version_hash desc) = 1
{%- endmacro %}

{#
    The records of a relation of versions twice, by `look`: 'now', and 'posted' as they were when
    everything was last posted, which was up to `applied` (none if it never was).
#}
{% macro now_and_posted(versions, key, applied) -%}
    select
        looks.look,
        versions.*
    from (
        values
        ('now', timestamptz 'infinity'),
        ('posted', {{ applied or "timestamptz '-infinity'" }})
    ) as looks (look, landed_through)
    inner join {{ versions }} as versions on looks.landed_through >= versions.landed_at
    {{ latest_version('look, ' ~ key) }}
{%- endmacro %}

{% macro reference_periods(relation, key, created="created_utc") -%}
    select
        * exclude (known_from),
        case
            when row_number() over version_order = 1
                then least(coalesce({{ created }}, timestamptz '-infinity'), known_from)
            else known_from
        end as held_from,
        coalesce(lead(known_from) over version_order, timestamptz 'infinity') as held_to
    from (
        select
            *,
            max(coalesce(fetched_utc, landed_at)) over (
                partition by {{ key }} order by landed_at, version_hash
                rows between unbounded preceding and current row
            ) as known_from
        from {{ relation }}
    )
    window version_order as (partition by {{ key }} order by landed_at, version_hash)
{%- endmacro %}
