"""A network of a test's own, on which containers find one another by name."""

import secrets
from contextlib import suppress
from types import TracebackType
from typing import Self

from docker.errors import NotFound
from docker.models.networks import Network

from harness.engine import CLONE, LABEL, HarnessError, client


class OwnNetwork:
    """Exists within `with`; ends after the containers on it."""

    def __init__(self) -> None:
        self.name = f"patient-share-{CLONE}-{secrets.token_hex(4)}"
        self._network: Network | None = None

    def __enter__(self) -> Self:
        self._network = client().networks.create(self.name, driver="bridge", labels={LABEL: CLONE})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._network is not None:
            with suppress(NotFound):
                self._network.remove()

    def gateway(self) -> str:
        """The address under which this machine reaches the containers."""
        if self._network is None:
            raise HarnessError("This network does not exist yet.")
        self._network.reload()
        return str(self._network.attrs["IPAM"]["Config"][0]["Gateway"])


def unique_name(role: str) -> str:
    """A name for a container, which is its host name on a network."""
    return f"patient-share-{role}-{CLONE}-{secrets.token_hex(4)}"
