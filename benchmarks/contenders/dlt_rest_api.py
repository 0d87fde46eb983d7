"""dlt: its `rest_api` source into its `duckdb` destination, written as in its documentation.

The third argument is the loader's file format, `parquet` or `default`.
"""

import sys
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_resources

from benchmarks.contenders.requests import LIST_KEY, PATH, body


def main(address: str, warehouse: Path, file_format: str) -> None:
    """Run the pipeline once, with its working files beside the warehouse."""
    config: Any = {
        "client": {
            "base_url": address,
            "paginator": {
                "type": "cursor",
                "cursor_path": "Cursor",
                "cursor_body_path": "Limitation.Cursor",
            },
        },
        "resources": [
            {
                "name": "reservations",
                "primary_key": "Id",
                "write_disposition": "append",
                "endpoint": {
                    "path": PATH.removeprefix("/"),
                    "method": "POST",
                    "json": body(None),
                    "data_selector": LIST_KEY,
                },
            }
        ],
    }
    pipeline = dlt.pipeline(
        pipeline_name="benchmark",
        pipelines_dir=str(warehouse.parent / "dlt"),
        destination=dlt.destinations.duckdb(str(warehouse)),
        dataset_name="raw",
    )
    chosen: Any = {} if file_format == "default" else {"loader_file_format": file_format}
    pipeline.run(rest_api_resources(config), **chosen)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
