"""Wires sharing without a button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine

from .adapters import orthanc_sdk as sdk
from .adapters.letter_folder import LetterFolder
from .adapters.orthanc_changes import OrthancChanges
from .adapters.store.automatic import SqlAutomatic
from .domain.automatic import AutomaticRule
from .domain.dicom_tag import DicomTag
from .domain.email_address import EmailAddress
from .domain.report import ReportRule
from .domain.share import Audience
from .handout.letter import LetterPrinter, Part
from .ports import Clock, ShareRepository
from .settings import AutomaticRuleSettings, Role, Settings, SettingsError
from .use_cases.create_share import CreateShare, NewShare
from .use_cases.order_mail import OrderInvitation
from .use_cases.share_automatically import ShareAutomatically


def build_automatic(
    settings: Settings,
    engine: Engine,
    rest: sdk.OrthancRest,
    create_share: CreateShare,
    shares: ShareRepository,
    letters: LetterPrinter,
    as_pdf: Callable[[Sequence[str]], bytes],
    clock: Clock,
    invite: OrderInvitation | None,
) -> Callable[[], None] | None:
    """The step of maintenance, None where there are no rules; raises SettingsError for a folder of no use.

    A portal leaves it to the other instance: it stands where strangers come.
    """
    automatic = settings.automatic
    if not automatic.rules or settings.role is Role.PORTAL:
        return None
    folder = Path(automatic.letter_folder or "/nowhere")
    if not automatic.dry_run and not folder.is_dir():
        raise SettingsError(f"The folder {folder} of Automatic.LetterFolder does not exist.")
    zone = create_share.validity.zone

    def letter(new: NewShare, password_only: bool) -> bytes:
        part = Part.PASSWORD if password_only else Part.BOTH
        made = letters.of_share(new.share, new.code, new.password, new.studies, settings.public_url, zone, part)
        return as_pdf([made])

    def send(address: EmailAddress, new: NewShare, user: str) -> None:
        if invite:
            invite(address, new.share, new.studies, new.code, user)

    rules = [_rule(rule) for rule in automatic.rules]
    tags = {tag for rule in rules for tag in (*rule.tags, rule.email_tag) if tag}

    return ShareAutomatically(
        rules=rules,
        feed=OrthancChanges(rest, tuple(tags)),
        claims=SqlAutomatic(engine),
        create_share=create_share,
        shares=shares,
        tray=LetterFolder(folder),
        letter=letter,
        clock=clock,
        default_language=settings.default_language,
        report=sdk.log_warning,
        dry_run=automatic.dry_run,
        invite=send if invite else None,
    )


def _rule(given: AutomaticRuleSettings) -> AutomaticRule:
    return AutomaticRule(
        name=given.name,
        modalities=frozenset(given.modalities),
        ae_titles=frozenset(given.ae_titles),
        stations=frozenset(given.stations),
        institutions=frozenset(given.institutions),
        labels=frozenset(given.labels),
        tags={DicomTag.parse(tag): frozenset(values) for tag, values in given.tags.items()},
        with_referring_physician=given.with_referring_physician,
        audience=Audience(given.audience),
        language=given.language,
        validity_days=given.validity_days or None,
        report=ReportRule.parse(given.report) if given.report else None,
        consent=given.consent,
        email_tag=DicomTag.parse(given.email_tag) if given.email_tag else None,
    )
