"""Makes `report.html` from the published marts. Never reads raw tables or asks Mews."""
