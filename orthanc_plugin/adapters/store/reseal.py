"""Encrypt what lies under older keys anew under the newest one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, LargeBinary, func, select, type_coerce, update

from ..keyring import Keyring, version_prefix
from .database import reading, transaction
from .schema import contact_messages, outbox, share_studies, shares


@dataclass(frozen=True)
class Reseal:
    """Notes and awaited accession numbers of shares, addresses and messages of e-mails, the contact page.

    Whatever has changed meanwhile is left to the next call.
    """

    engine: Engine
    keyring: Keyring

    def __call__(self, limit: int) -> int:
        """Renew at most `limit` texts; answers how many."""
        newest = version_prefix(self.keyring.newest)
        done = 0
        for table, key, column, part in (
            (shares, (shares.c.id,), shares.c.note, ()),
            (share_studies, (share_studies.c.share_id, share_studies.c.position), share_studies.c.awaited, ()),
            (contact_messages, (contact_messages.c.id,), contact_messages.c.text, ()),
            (outbox, (outbox.c.id,), outbox.c.address, ("address",)),
            (outbox, (outbox.c.id,), outbox.c.message, ("message",)),
        ):
            prefix = type_coerce(func.substr(column, 1, len(newest)), LargeBinary)
            query = select(*key, column).where(column.is_not(None), prefix != newest).limit(limit - done)
            with reading(self.engine) as connection:
                rows = connection.execute(query).all()
            for row in rows:
                *place, old = row
                context = "/".join((*map(str, place), *part))
                try:
                    text = self.keyring.decrypt(old, context)
                except KeyError:
                    # Its key has been taken out of the file: nobody can read it, and nobody is to lose it.
                    continue
                here = [name == value for name, value in zip(key, place, strict=True)]
                change = update(table).where(*here, column == old)
                with transaction(self.engine) as connection:
                    connection.execute(change.values({column: self.keyring.encrypt(text, context)}))
                done += 1
        return done
