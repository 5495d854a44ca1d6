from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orthanc_plugin.domain.audit import DETAILS, SYSTEM, AuditEvent, Who, session_mark
from orthanc_plugin.domain.audit_terms import KINDS, Action, Code, Outcome
from orthanc_plugin.domain.credential import CODE_BITS, PASSWORD_BITS, AccessCode, Password

from ..support.studies import share, uid

SHARE = share("share")
# DICOM PS3.16 context groups 400 and 401, as far as they are used.
STANDARD = {
    "110100": "Application Activity",
    "110101": "Audit Log Used",
    "110103": "DICOM Instances Accessed",
    "110104": "DICOM Instances Transferred",
    "110105": "DICOM Study Deleted",
    "110106": "Export",
    "110107": "Import",
    "110110": "Patient Record",
    "110113": "Security Alert",
    "110114": "User Authentication",
    "110120": "Application Start",
    "110121": "Application Stop",
    "110122": "Login",
    "110123": "Logout",
    "110129": "Security Configuration",
    "110132": "Use of Restricted Function",
    "110135": "Object Security Attributes Changed",
    "110137": "User Security Attributes Changed",
}
# DICOM PS3.15 section A.5.3: the EventActionCodes that each event may have.
OPERATIONS = {
    "110100": "E",
    "110101": "R",
    "110103": "CRUD",
    "110104": "CRUE",
    "110105": "D",
    "110106": "R",
    "110107": "C",
    "110110": "CRUD",
    "110113": "E",
    "110114": "E",
}

# A UID of digits may look like a password of digits.
WORD_KEYS = sorted({*DETAILS} - {"series_instance_uid"})


def event(**changes: object) -> AuditEvent:
    values: dict[str, object] = {"action": Action.LOGIN, "at": 1000, "who": SYSTEM}
    return AuditEvent(**{**values, **changes})  # type: ignore[arg-type]


def test_every_action_has_a_name_of_the_standard() -> None:
    assert set(KINDS) == set(Action)
    for kind in KINDS.values():
        for code in (kind.event, kind.type):
            assert code is None or code == Code(code.value, STANDARD[code.value])
        assert kind.operation in OPERATIONS[kind.event.value]
        assert len(kind.operation) == 1


def test_an_event_is_always_the_same_text() -> None:
    found = event(
        who=Who.staff("Empfang Süd"),
        outcome=Outcome.MINOR_FAILURE,
        share_id=SHARE.id,
        studies=(uid("a"), uid("b")),
        series=2,
        detail={"device": "phone", "count": 3},
    )
    text = found.canonical()
    assert text.isascii()
    assert " " not in text.replace("User Authentication", "").replace("Empfang S", "")
    assert json.loads(text) == {
        "action": "login",
        "at": 1000,
        "detail": {"count": 3, "device": "phone"},
        "event": {"code": "110114", "meaning": "User Authentication"},
        "event_type": {"code": "110122", "meaning": "Login"},
        "operation": "E",
        "outcome": 4,
        "series": 2,
        "share_id": SHARE.id,
        "studies": [uid("a"), uid("b")],
        "who": "staff:Empfang Süd",
    }
    assert text == event(**{**vars(found), "detail": {"count": 3, "device": "phone"}}).canonical()


def test_a_modality_that_sends_a_name_as_uid_does_not_get_it_into_the_log() -> None:
    assert event(studies=("Mustermann^Erika", uid("a"))).study_instance_uids == ("malformed", uid("a"))


@pytest.mark.parametrize("detail", [{"name": "x"}, {"Count": 1}, {"": ""}, {"device\n": "x"}])
def test_a_key_that_nobody_has_thought_about_is_refused(detail: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="DETAILS"):
        event(detail=detail)


WORDS = ["", "Erika Mustermann", "Mustermann", "müller", "a b", "x" * 81, "a\nb", "Phone", "{}", "a@b.c", "1,5;3"]


@pytest.mark.parametrize("word", WORDS)
def test_what_is_no_short_word_of_the_program_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"detail\.reason") as fault:
        event(detail={"reason": word})
    assert not word or word not in str(fault.value)


@given(
    st.integers(0, (1 << CODE_BITS) - 1),
    st.integers(0, (1 << PASSWORD_BITS) - 1),
    st.sampled_from(WORD_KEYS),
)
def test_codes_and_passwords_are_refused_in_every_spelling(code: int, password: int, key: str) -> None:
    for secret in (AccessCode.from_number(code), Password.from_number(password)):
        for text in (secret.text, secret.grouped):
            for spelling in (text, text.lower(), text.lower().replace("-", ".")):
                with pytest.raises(ValueError, match="detail"):
                    event(detail={key: spelling})


def test_a_short_uid_is_no_password() -> None:
    assert event(detail={"series_instance_uid": "1.2.840.12.34.5"}).detail
    with pytest.raises(ValueError, match="detail"):
        event(detail={"series_instance_uid": "abcde12345"})


def test_a_share_is_named_by_its_id_alone() -> None:
    with pytest.raises(ValueError, match="share_id"):
        event(share_id="ABCDE-FGHJK-MNPQ")


def test_a_session_is_told_apart_by_a_part_of_its_hash() -> None:
    assert session_mark("0123456789abcdef" * 4) == "0123456789abcdef"
    assert event(detail={"session": session_mark("f" * 64)}).detail


def test_who_is_one_of_three() -> None:
    assert [who.text for who in (Who.staff("a:b"), Who.recipient("1"), SYSTEM)] == [
        "staff:a:b",
        "recipient:1",
        "system",
    ]
    assert len(Who.staff("x" * 500).text) == 206


def test_every_key_is_explained() -> None:
    assert all(re.fullmatch(r"[a-z_]+", key) and meaning for key, meaning in DETAILS.items())
