"""A real PostgreSQL in a container of its own."""

import secrets
from dataclasses import dataclass, field

from harness.container import Contained, free_port
from harness.engine import CLONE, LABEL, client
from harness.network import unique_name

DATABASE = USER = "share"
# A cluster under /var/lib, made at the first start; authentication by password, as in practice.
_START = """set -eu
data=/var/lib/postgresql/share
if [ ! -s $data/PG_VERSION ]; then
    install -m 0600 /dev/null /tmp/password
    printf %s "$PASSWORD" > /tmp/password
    initdb --pgdata=$data --username=share --pwfile=/tmp/password --auth=scram-sha-256 --encoding=UTF8 \
        --no-locale --no-instructions >/dev/null
    rm /tmp/password
    echo 'host all all all scram-sha-256' >> $data/pg_hba.conf
    printf 'CREATE DATABASE share;\\n' | postgres --single -D $data postgres >/dev/null
fi
unset PASSWORD
exec postgres -D $data -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=$FSYNC"""


@dataclass
class PostgresServer(Contained):
    """PostgreSQL with an empty database `share`; also published on the loopback interface for tests without Orthanc.

    Its data stay while it is stopped and started, and go when it is removed.
    """

    image: str
    network: str
    name: str = field(default_factory=lambda: unique_name("postgres"))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    port: int = field(default_factory=free_port)
    # Off where a test makes and drops many tables and pulls no plug.
    fsync: bool = True

    @property
    def url(self) -> str:
        """The setting Database for an Orthanc on the same network."""
        return f"postgresql://{USER}:{self.password}@{self.name}/{DATABASE}"

    @property
    def published_url(self) -> str:
        """The same for programs on this machine."""
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def create(self) -> None:
        """Create the container, not yet running."""
        self._container = client().containers.create(
            self.image,
            ["sh", "-c", _START],
            name=self.name,
            user="postgres",
            ports={"5432/tcp": ("127.0.0.1", self.port)},
            environment={"PASSWORD": self.password, "FSYNC": "on" if self.fsync else "off"},
            # Its "fast" shutdown; on SIGTERM it would wait until all clients have gone.
            stop_signal="SIGINT",
            labels={LABEL: CLONE},
            network=self.network,
        )

    def _ready(self) -> bool:
        return self.execute("pg_isready", "--host=127.0.0.1", f"--dbname={DATABASE}", f"--username={USER}").code == 0

    def hang(self) -> None:
        """Stop every process of the server where it stands: connections stay open and nothing answers."""
        self.container.pause()

    def go_on(self) -> None:
        """Let it run again."""
        self.container.unpause()
