{#
    For counts per service (or enterprise) and night: keep only the rows of touched nights. Every
    version of a touched reservation touches its nights, so nights that it held earlier are counted
    again too. Counting a night twice gives the same numbers. Where no row is without a night, DuckDB
    reads only the storage between the first and the last touched night.
#}
{% macro of_touched_nights(
    rows, night, is_kept=true, key="service_id", is_never_null=false
) -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- if is_incremental() and is_kept -%}
    semi join {{ touched }} as touched
        on
            {{ rows }}.{{ key }} = touched.{{ key }}
            and {{ rows }}.{{ night }}
            {{ "=" if is_never_null else "is not distinct from" }} touched.stay_date
    {%- endif -%}
{%- endmacro %}

{#
    For models that follow stays from night to night: keep the stays that reach from the first to the
    last touched night of their service or enterprise, or into it. The other nights that they then give
    are not counted whole.
#}
{% macro reaching_touched_nights(rows, first, last, is_kept, key="service_id") -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- if is_kept -%}
    semi join (
        select
            {{ key }},
            min(stay_date) as first_date,
            max(stay_date) as last_date
        from {{ touched }}
        group by {{ key }}
    ) as touched
        on
            {{ rows }}.{{ key }} = touched.{{ key }}
            and {{ first }} <= touched.last_date
            and {{ last }} >= touched.first_date
    {%- endif -%}
{%- endmacro %}

{#
    Pre-hook: delete the touched nights before they are counted again, in the same transaction. If the
    zone or offsets of a service changed, all its reservations are touched and its earlier nights may
    be others, so all its nights are deleted.
#}
{% macro delete_touched_nights(night="stay_date") -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as counted
        where
            service_id in (
                select touched_id from {{ ref('int_touched_service_orders') }}
                where entity = 'service'
            )
            or exists ({{ is_touched_night('counted', night=night) }})
    {%- endif -%}
{%- endmacro %}

{% macro is_touched_night(counted, key="service_id", night="stay_date") -%}
    select 1 from {{ ref('int_touched_nights') }} as touched
    where
        {{ counted }}.{{ key }} = touched.{{ key }}
        and {{ counted }}.{{ night }} is not distinct from touched.stay_date
{%- endmacro %}

{#
    For counts per service and month of arrival: keep only the rows of months with a touched night, as
    arrivals touch theirs. Pre-hook: delete these months.
#}
{% macro of_touched_months(rows) -%}
    {%- set months = touched_months() -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- if is_incremental() -%}
    semi join ({{ months }}) as touched
        on
            {{ rows }}.service_id = touched.service_id
            and {{ rows }}.arrival_month = touched.touched_month
    {%- endif -%}
{%- endmacro %}

{% macro touched_months() -%}
    select distinct
        service_id,
        cast(date_trunc('month', stay_date) as date) as touched_month
    from {{ ref('int_touched_nights') }}
{%- endmacro %}

{% macro delete_touched_months() -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where
            service_id in (
                select touched_id from {{ ref('int_touched_service_orders') }}
                where entity = 'service'
            )
            or (service_id, arrival_month) in ({{ touched_months() }})
    {%- endif -%}
{%- endmacro %}

{#
    Pre-hook of a model over the calendar: delete the touched nights, or all if it counts all again. No
    service was touched as a whole where nights are kept.
#}
{% macro delete_nights_of_calendar(key="service_id") -%}
    {%- if is_calendar_kept() -%}
        delete from {{ this }} as counted
        where exists ({{ is_touched_night('counted', key) }})
    {%- elif is_incremental() -%}delete from {{ this }}
    {%- endif -%}
{%- endmacro %}

{# Former zones and offsets move nights that no version touches, so these are counted whole. #}
{% macro delete_nights_of_knowledge() -%}
    {%- if is_knowledge_kept() -%}
        delete from {{ this }} as counted
        where cause = 'zone_or_offsets' or exists ({{ is_touched_night('counted') }})
    {%- elif is_incremental() -%}delete from {{ this }}
    {%- endif -%}
{%- endmacro %}

{#
    For totals of all hotels: keep only the rows of the dates on which any night was touched. Pre-hook:
    delete these dates, or all.
#}
{% macro of_touched_dates(rows, is_kept) -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- if is_kept -%}
    semi join {{ touched }} as touched on {{ rows }}.stay_date = touched.stay_date
    {%- endif -%}
{%- endmacro %}

{% macro delete_dates_of_calendar() -%}
    {%- if is_calendar_kept() -%}
        delete from {{ this }}
        where stay_date in (select stay_date from {{ ref('int_touched_nights') }})
    {%- elif is_incremental() -%}delete from {{ this }}
    {%- endif -%}
{%- endmacro %}

{#
    For pace, which compares each night with the same night of the year before: the touched nights moved
    by each of the numbers of days. A night counts in the pace of the next year, and whether anything was
    booked on it decides in the year after that whether last year is nothing or not known.
#}
{% macro nights_moved_by(days) -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- for moved_by in days -%}
        select
            service_id,
            stay_date + {{ moved_by }} as stay_date
        from {{ touched }}
        {{ "union " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro delete_nights_of_pace() -%}
    {%- if are_local_dates_kept() -%}
        delete from {{ this }} as counted
        where exists (
            select 1 from ({{ nights_moved_by([0, 364, 728]) }}) as touched
            where
                counted.service_id = touched.service_id
                and counted.stay_date = touched.stay_date
        )
    {%- elif is_incremental() -%}delete from {{ this }}
    {%- endif -%}
{%- endmacro %}

{#
    What a generic test reads: in a refresh the touched nights of the counts per night. A semi join: with
    `exists` DuckDB takes five times as long, longer than to read every night.
#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set keys = {
        "fct_occupancy_daily": ["service_id", "stay_date"],
        "rpt_booking_pace": ["service_id", "stay_date"],
        "rpt_restatements": ["service_id", "stay_date"],
        "rpt_portfolio_daily": ["stay_date"],
    } -%}
    {%- if relation.identifier in keys and tests_touched_nights() -%}
        {{ return(
            "(select counted.* from " ~ relation ~ " as counted "
            ~ semi_join_touched_nights("counted", keys[relation.identifier])
            ~ " where " ~ (config.get("where") or "true") ~ ") as touched_rows"
        ) }}
    {%- endif -%}
    {{ return(default__get_where_subquery(relation)) }}
{%- endmacro %}

{# For other tests: keep only the rows of the dates on which any night was touched. #}
{% macro tested_dates(rows) -%}
    {%- if tests_touched_nights() -%}{{ semi_join_touched_nights(rows, ["stay_date"]) }}{%- endif -%}
{%- endmacro %}

{% macro semi_join_touched_nights(rows, keys) -%}
    semi join {{ touched_nights_of_this_build() }} as touched_nights
        on
            {% for key in keys -%}
                {{ rows }}.{{ key }} is not distinct from touched_nights.{{ key }}
                {{ "and " if not loop.last }}
            {%- endfor -%}
{%- endmacro %}

{#
    Whether tests read the touched nights alone: in a refresh, which is the build that selects no test
    indirectly. At night they read all. No night is touched after a build that counted every night; then
    they read all too.
#}
{% macro tests_touched_nights() -%}
    {{ return(
        execute
        and flags.INDIRECT_SELECTION | string == "empty"
        and run_query("select 1 from " ~ touched_nights_of_this_build() ~ " limit 1").rows | length > 0
    ) }}
{%- endmacro %}

{% macro touched_nights_of_this_build() -%}
    {{ return(api.Relation.create(target.database, "intermediate", "int_touched_nights")) }}
{%- endmacro %}
