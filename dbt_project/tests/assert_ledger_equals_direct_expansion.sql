{{ config(tags=["history"]) }}

{{ ledger_differences(of_touched=false) }}
