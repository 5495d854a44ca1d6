"""Messages of the contact page in the store."""

from __future__ import annotations

import json
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from sqlalchemy import Engine, delete, func, insert, select, update

from ...domain.contact import ContactMessage
from .database import reading, transaction
from .schema import contact_messages as messages
from .share_rows import TextCipher


@dataclass(frozen=True)
class SqlMessages:
    """MessageBox on SQLAlchemy."""

    engine: Engine
    cipher: TextCipher

    def add(self, message_id: str, message: ContactMessage, now: int) -> None:
        """Keep it, encrypted."""
        text = json.dumps([message.name, message.reach, message.text])
        row = {"id": message_id, "created_at": now, "next_at": now, "attempts": 0,
               "text": self.cipher.encrypt(text, message_id)}  # fmt: skip
        with transaction(self.engine) as connection:
            connection.execute(insert(messages).values(row))

    def waiting(self) -> int:
        """How many there are."""
        with reading(self.engine) as connection:
            return int(connection.execute(select(func.count()).select_from(messages)).scalar_one())

    def due(self, now: int) -> tuple[str, ContactMessage, int] | None:
        """The one that is due longest."""
        wanted = select(messages).where(messages.c.next_at <= now).order_by(messages.c.next_at).limit(1)
        with reading(self.engine) as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return None
        try:
            found = json.loads(self.cipher.decrypt(row.text, row.id))
        except (KeyError, InvalidTag):
            # Its key is gone: nobody will ever read it.
            self.remove(row.id)
            return None
        return row.id, ContactMessage(*found), row.attempts

    def postpone(self, message_id: str, attempts: int, next_at: int) -> None:
        """Note a try."""
        change = update(messages).where(messages.c.id == message_id)
        with transaction(self.engine) as connection:
            connection.execute(change.values(attempts=attempts, next_at=next_at))

    def remove(self, message_id: str) -> None:
        """Forget it."""
        with transaction(self.engine) as connection:
            connection.execute(delete(messages).where(messages.c.id == message_id))

    def purge(self, before: int) -> int:
        """Forget what came before this moment."""
        with transaction(self.engine) as connection:
            return connection.execute(delete(messages).where(messages.c.created_at < before)).rowcount
