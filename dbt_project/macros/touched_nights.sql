{#
    For counts per service and night: keep only the rows of touched nights. Every version of a touched
    reservation touches its nights, so nights that it held earlier are counted again too. Counting a
    night twice gives the same numbers.
#}
{% macro of_touched_nights(rows, night, is_kept=true) -%}
    {%- set touched = ref("int_touched_nights") -%}
    {%- do ref("int_touched_service_orders") -%}
    {%- if is_incremental() and is_kept -%}
    semi join {{ touched }} as touched
        on
            {{ rows }}.service_id = touched.service_id
            and {{ rows }}.{{ night }} is not distinct from touched.stay_date
    {%- endif -%}
{%- endmacro %}

{#
    Pre-hook: delete the touched nights before they are counted again, in the same transaction. If the
    zone or offsets of a service changed, all its reservations are touched and its earlier nights may
    be others, so all its nights are deleted.
#}
{% macro delete_touched_nights() -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as counted
        where
            service_id in (
                select touched_id from {{ ref('int_touched_service_orders') }}
                where entity = 'service'
            )
            or exists (
                select 1 from {{ ref('int_touched_nights') }} as touched
                where
                    counted.service_id = touched.service_id
                    and counted.stay_date is not distinct from touched.stay_date
            )
    {%- endif -%}
{%- endmacro %}

{# Pre-hook of a model over the calendar: delete the touched nights, or all if it counts all again. #}
{% macro delete_nights_of_calendar() -%}
    {%- if is_calendar_kept() -%}{{ delete_touched_nights() }}
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
    What a generic test reads. In a refresh, which is the build that selects no test indirectly, tests
    of the counts per night read the touched nights alone, and at night they read all.
#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set keys = {
        "fct_occupancy_daily": "service_id = rows.service_id and touched.stay_date",
        "rpt_booking_pace": "service_id = rows.service_id and touched.stay_date",
        "rpt_restatements": "service_id = rows.service_id and touched.stay_date",
        "rpt_portfolio_daily": "stay_date",
    } -%}
    {%- if execute and relation.identifier in keys and flags.INDIRECT_SELECTION | string == "empty" -%}
        {%- set touched = api.Relation.create(
            target.database, "intermediate", "int_touched_nights"
        ) -%}
        {{ return(
            "(select * from " ~ relation ~ " as rows where exists (select 1 from " ~ touched
            ~ " as touched where touched." ~ keys[relation.identifier]
            ~ " is not distinct from rows.stay_date)) as touched_rows"
        ) }}
    {%- endif -%}
    {{ return(default__get_where_subquery(relation)) }}
{%- endmacro %}
