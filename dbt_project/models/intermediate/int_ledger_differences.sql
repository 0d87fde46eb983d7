{{ ledger_differences(of_touched=true) }}
