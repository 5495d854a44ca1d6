"""Share studies by rules once they are complete: each rule once for each study, whatever happens in between.

The letter (where the link goes by e-mail: the half with the password) is laid out and written to the disk hidden; then
share, claim and e-mail are filed in one transaction; then the letter gets its name. Killed before the transaction,
nothing is shared and the study is looked at again; killed after it, the letter gets its name in the next round.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..domain.automatic import AutomaticRule, StudyFacts
from ..domain.email_address import EmailAddress
from ..domain.errors import AlreadyShared, InvalidInput, PatientObjects, StudyNotFound
from ..domain.study import StudyKey, StudyKeyKind
from ..ports import AutomaticClaims, Clock, LetterTray, ShareRepository, StudyFeed
from .create_share import CreateShare, NewShare, ShareOrder

_PAGES_AT_ONCE = 50


@dataclass(frozen=True)
class ShareAutomatically:
    """A step of maintenance. `letter` makes the document of a new share, True: the half with the password alone.

    `report` says a line to the administrator; `invite` files an e-mail with the link for the user who is named.
    """

    rules: Sequence[AutomaticRule]
    feed: StudyFeed
    claims: AutomaticClaims
    create_share: CreateShare
    shares: ShareRepository
    tray: LetterTray
    letter: Callable[[NewShare, bool], bytes]
    clock: Clock
    default_language: str
    report: Callable[[str], None]
    dry_run: bool = True
    invite: Callable[[EmailAddress, NewShare, str], object] | None = None

    def __call__(self) -> None:
        """Look at what has become complete since the last time; raises what a later try may cure."""
        if not self.dry_run:
            self._give_out()
        cursor = self.claims.cursor()
        last = self.feed.last()
        if cursor is None or cursor > last:
            # Switched on for the first time, or over another index: what was there before is nobody's wish.
            self.claims.move(last)
            return
        for _ in range(_PAGES_AT_ONCE):
            page = self.feed.since(cursor)
            for study_id in page.studies:
                self.claims.wait_for(study_id, int(self.clock.now()))
            if page.last != cursor:
                cursor = page.last
                self.claims.move(cursor)
            if page.done:
                break
        for study_id in self.claims.awaited():
            facts = self.feed.facts(study_id)
            if facts is not None and not facts.is_stable:
                continue
            if facts is not None:
                self._consider(study_id, facts)
            self.claims.looked_at(study_id)

    def _consider(self, study_id: str, facts: StudyFacts) -> None:
        for rule in self.rules:
            if not rule.matches(facts) or self.claims.claimed(study_id, rule.name):
                continue
            if self.dry_run:
                self.report(f"automatic sharing, dry run: rule {rule.name} would share study {study_id}")
            else:
                self._share(study_id, rule, facts)

    def _share(self, study_id: str, rule: AutomaticRule, facts: StudyFacts) -> None:
        address = rule.address(facts) if self.invite else None
        order = ShareOrder(
            studies=(StudyKey(StudyKeyKind.ORTHANC_ID, study_id),),
            audience=rule.audience,
            language=rule.language or self.default_language,
            validity_days=rule.validity_days,
            note="",
            user=f"rule {rule.name}",
            consent=rule.consent,
            report=rule.report,
            once=study_id,
        )

        def write_letter(new: NewShare) -> None:
            self.tray.write(new.share.id, self.letter(new, address is not None))

        def claim(new: NewShare) -> None:
            self.claims.add(study_id, rule.name, new.share.id, int(self.clock.now()))
            if self.invite and address:
                self.invite(address, new, order.user)

        try:
            self.create_share(order, along=claim, ahead=write_letter)
        except (AlreadyShared, StudyNotFound):
            # By another instance a moment ago, or deleted meanwhile.
            return
        except (PatientObjects, InvalidInput) as refusal:
            why = type(refusal).__name__
            self.report(f"automatic sharing: rule {rule.name} does not share study {study_id}: {why}")
            return
        if rule.email_tag and not address:
            self.report(f"automatic sharing: study {study_id} names no e-mail address, the whole letter is printed")
        self._give_out()

    def _give_out(self) -> None:
        for share_id in self.claims.waiting():
            if self.shares.get(share_id) is None:
                self.tray.drop(share_id)
            else:
                self.tray.give_out(share_id)
            self.claims.finish(share_id)
