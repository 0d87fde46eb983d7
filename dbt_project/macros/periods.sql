{#
    Merge periods of whole days [from_date, to_date) of the same keys where they touch or overlap, so
    that a space that is listed twice is one space.
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
    The change of each key's level per date. Each row of `relation` is a period [from_date, to_date)
    that adds `amount` to the level while it lasts.
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
    The level of each key on each date of the reports: the running sum of the changes that
    daily_changes gives. Dates on which the level is 0 have no row.
#}
{% macro daily_levels(changes, keys, level) -%}
    {%- set by = keys | join(', ') -%}
    select
        {{ by }},
        {{ dates_between('greatest(from_date, first_date)', 'least(to_date - 1, last_date)') }}
            as stay_date,
        cast(level as bigint) as {{ level }}
    from (
        select
            {{ by }},
            change_date as from_date,
            lead(change_date) over key_history as to_date,
            sum(change) over key_history as level
        from {{ changes }}
        window key_history as (partition by {{ by }} order by change_date)
    )
    cross join {{ ref('int_horizon') }}
    where level > 0
{%- endmacro %}
