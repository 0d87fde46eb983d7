with

services as (

    select * from {{ ref('int_services') }}

)

select * from services
