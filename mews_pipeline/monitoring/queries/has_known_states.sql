-- States that no report can place
select format('{} reservations are {}', count(distinct id), state) from raw.reservations
where not list_contains($states, state)
group by state
union all
select format('{} reservations have no state', count(distinct id)) from raw.reservations
where state is null
having count(*) > 0
