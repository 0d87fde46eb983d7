select * from {{ ref('int_ledger_differences') }}
