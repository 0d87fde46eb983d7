"""A process that lands one day of an entity from a fake Mews: `declared_entity.py TABLE WAREHOUSE`.

Run with a copy of the package in which one more module declares that entity.
"""

import json
import sys
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

from mews_pipeline.extract.entities import ENTITIES, UPDATED, personal_columns
from mews_pipeline.ingest import Ingest
from mews_pipeline.settings import Settings
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline.warehouse.raw import instant_of

DAY = date(2025, 1, 5)
RECORD = {"Id": "b1", "OwnerName": "Jane", "UpdatedUtc": "2025-01-05T10:00:00Z"}


class _Mews(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["UpdatedUtc"]
        is_asked = asked["StartUtc"] <= RECORD["UpdatedUtc"] < asked["EndUtc"]
        listing = {"Bills": [RECORD] if is_asked else [], "Cursor": None}
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(listing).encode())

    def log_message(self, *_: object) -> None:
        """Keep the process quiet."""


def main(table: str, warehouse: str) -> None:
    """Land the day, then print what the derived lists say of the entity."""
    server = HTTPServer(("127.0.0.1", 0), _Mews)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings = Settings(
        platform_address=f"http://127.0.0.1:{server.server_port}",
        client_token="client",  # noqa: S106 - of a fake
        access_tokens="token",
        start_date=DAY,
        warehouse=warehouse,
    )
    entity = ENTITIES[table]
    for run in ("first", "again"):
        work = Ingest(settings, DuckDBFile(Path(warehouse)), Run(run, run), lambda _: None)
        work.updates([entity], [DAY, DAY + timedelta(1)])
    found = {
        "is_updated": entity in UPDATED,
        "instant": instant_of(table),
        "personal": sorted(personal_columns() & entity.columns.keys()),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
