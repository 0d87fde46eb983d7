"""Run PostgreSQL, an S3-compatible store and Redis on loopback."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import redis

from mews_pipeline.demo.cluster.subprocesses import (
    ClusterError,
    free_port,
    port_pairs,
    running_process,
    wait_for,
)
from mews_pipeline.temporary import temporary_folder

# Not real passwords: tests check that they do not appear where they must not
PASSWORD, S3_SECRET = "catalog-password-of-the-demo", "s3-secret-of-the-demo"


@dataclass
class Catalog:
    """A PostgreSQL server, which can be killed and restarted."""

    folder: Path
    port: int = field(default_factory=free_port)
    _stack: ExitStack = field(default_factory=ExitStack)
    # PostgreSQL refuses to run as root; Debian's package creates this user
    user: str | None = "postgres" if os.geteuid() == 0 else None

    def create(self) -> None:
        """Create the server's files and start it."""
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, self.user)
        password = self.folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        subprocess.run(  # noqa: S603
            [_postgres("initdb"), "-D", self.folder / "data", "-U", "lake", "-A", "scram-sha-256",
             "--no-sync", f"--pwfile={password}"],
            user=self.user, cwd=self.folder, check=True, capture_output=True,
        )  # fmt: skip
        self.start()

    def add(self, database: str) -> None:
        """Create a database, for a lake or for Dagster."""
        with self.connect("postgres") as connection:
            connection.execute(f'create database "{database}"'.encode())

    def start(self) -> None:
        """Start the server and wait until it responds."""
        command = [
            _postgres("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), "-F",
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
        ]  # fmt: skip
        log = self.folder.with_name("postgres.log")
        self._stack.enter_context(running_process(command, log, self.user))
        wait_for(lambda: self.connect("postgres").close(), psycopg.OperationalError, log)

    def kill(self) -> None:
        """Kill the server, as a power cut would."""
        self._stack.close()

    def connect(self, database: str) -> psycopg.Connection:
        """Open a connection that bypasses the pipeline."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user="lake", password=PASSWORD,
            autocommit=True,
        )  # fmt: skip

    def environment(self, database: str) -> dict[str, str]:
        """Return the settings of a lake in one of the server's databases."""
        return {
            "MEWS_WAREHOUSE": "ducklake:postgres:",
            "MEWS_LAKE_HOST": "127.0.0.1",
            "MEWS_LAKE_PORT": str(self.port),
            "MEWS_LAKE_DATABASE": database,
            "MEWS_LAKE_USER": "lake",
            "MEWS_LAKE_PASSWORD": PASSWORD,
        }


@contextmanager
def catalog() -> Iterator[Catalog]:
    """Run PostgreSQL, and stop it in any case. Raises ClusterError."""
    # Not in a user's folder, which the user that it runs as could not enter
    with temporary_folder() as home:
        home.chmod(0o755)
        server = Catalog(home / "pg")
        try:
            server.create()
            yield server
        finally:
            server.kill()


@dataclass
class ObjectStore:
    """An S3-compatible store, which can be killed and restarted."""

    folder: Path
    # Master, volumes, filer, S3; each also listens on its port plus 10,000
    ports: tuple[int, ...] = field(default_factory=lambda: tuple(port_pairs(4)))
    _stack: ExitStack = field(default_factory=ExitStack)

    def create(self) -> None:
        """Create the store's folder and its only identity, and start it."""
        self.folder.mkdir()
        keys = [{"accessKey": "lake-key", "secretKey": S3_SECRET}]
        actions = ["Admin", "Read", "Write", "List"]
        admin = {"name": "admin", "credentials": keys, "actions": actions}
        self._identities.write_text(json.dumps({"identities": [admin]}))
        self.start()

    def start(self) -> None:
        """Start the server and wait until it responds."""
        master, volume, filer, s3 = self.ports
        command = [
            str(Path(sys.executable).with_name("weed")), "server", f"-dir={self.folder}",
            "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-master.port={master}",
            "-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=0",
            f"-volume.port={volume}", "-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}",
            f"-s3.config={self._identities}", "-s3.port.iceberg=0", "-s3.port.lance=0",
        ]  # fmt: skip
        log = self.folder.with_name("weed.log")
        self._stack.enter_context(running_process(command, log))
        wait_for(lambda: httpx.get(f"http://127.0.0.1:{s3}/status"), httpx.TransportError, log)

    def kill(self) -> None:
        """Kill the server, as a power cut would."""
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """Return the settings of a lake in a bucket of the store."""
        return {
            "MEWS_LAKE_DATA_PATH": "s3://lake/",
            "MEWS_LAKE_S3_ENDPOINT": f"127.0.0.1:{self.ports[-1]}",
            "MEWS_LAKE_S3_KEY_ID": "lake-key",
            "MEWS_LAKE_S3_SECRET": S3_SECRET,
            "MEWS_LAKE_S3_USE_SSL": "false",
            "MEWS_LAKE_S3_URL_STYLE": "path",
        }

    @property
    def _identities(self) -> Path:
        return self.folder / "identities.json"


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """Run an S3-compatible store, and stop it in any case. Raises ClusterError."""
    store = ObjectStore(folder)
    try:
        store.create()
        yield store
    finally:
        store.kill()


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run Redis; yield its address. Raises ClusterError."""
    folder.mkdir()
    port = free_port()
    command = [
        _installed("redis-server", shutil.which("redis-server")), "--bind", "127.0.0.1",
        "--port", str(port), "--dir", str(folder), "--save", "",
    ]  # fmt: skip
    address, log = f"redis://127.0.0.1:{port}/0", folder.with_name("redis.log")
    with running_process(command, log), redis.Redis.from_url(address) as client:
        wait_for(client.ping, redis.ConnectionError, log)
        yield address


def _postgres(program: str) -> str:
    """Find a program of the newest PostgreSQL from Debian, which is not on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), reverse=True)
    return _installed("postgresql", str(versions[0]) if versions else shutil.which(program))


def _installed(package: str, found: str | None) -> str:
    if not found:
        raise ClusterError(f"{package} is not installed: apt-get install {package}")
    return found
