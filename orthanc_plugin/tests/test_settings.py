from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from orthanc_plugin.settings import Settings, SettingsError, parse_settings

SECRET = "s3cret-value-of-somebody"
SMALLEST: dict[str, Any] = {
    "PublicUrl": "http://127.0.0.1:8042",
    "KeyFile": "/run/secrets/key",
    "Practice": {"Name": "Praxis am Markt"},
}


def parsed(**changes: Any) -> Settings:
    return parse_settings({"PatientShare": {**SMALLEST, **changes}})


def fault(**changes: Any) -> str:
    with pytest.raises(SettingsError) as refusal:
        parsed(**changes)
    return str(refusal.value)


def test_three_settings_are_enough() -> None:
    settings = parsed()
    assert settings.public_url == "http://127.0.0.1:8042"
    assert settings.default_validity_days == 30
    assert settings.max_validity_days == 365
    assert settings.time_zone == "Europe/Berlin"
    assert settings.default_language == "de"
    assert settings.viewers.orthanc_web_viewer is False
    assert settings.session_idle_minutes == 15
    assert settings.session_absolute_hours == 4
    assert settings.trusted_proxies == ()
    assert settings.database is None
    assert settings.login_answer_milliseconds == 300


def test_every_setting_can_be_set() -> None:
    settings = parsed(
        PublicUrl="https://portal.practice.example:8443",
        Practice={"Name": "P", "Address": ["Markt 1", "Ort"], "Telephone": "1", "Email": "a@b", "Website": "https://p"},
        Database="postgresql+psycopg://db/share",
        DefaultValidityDays=14,
        MaxValidityDays=90,
        TimeZone="UTC",
        DefaultLanguage="en",
        Viewers={"OrthancWebViewer": True},
        TrustedProxies=["10.0.0.5/32", "fd00::/8"],
        SessionIdleMinutes=5,
        SessionAbsoluteHours=1,
        LoginAnswerMilliseconds=500,
        Threads=4,
    )
    assert settings.login_answer_milliseconds == 500
    assert settings.practice.address == ("Markt 1", "Ort")
    assert settings.trusted_proxies == ("10.0.0.5/32", "fd00::/8")
    assert settings.viewers.orthanc_web_viewer is True


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValidationError):
        parsed().public_url = "http://other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "configuration", [{}, {"PatientShare": None}, {"PatientShare": []}, {"patientshare": SMALLEST}]
)
def test_a_missing_section_is_named(configuration: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match='no section "PatientShare"'):
        parse_settings(configuration)


@pytest.mark.parametrize("key", sorted(SMALLEST))
def test_a_missing_setting_is_named(key: str) -> None:
    rest = {name: value for name, value in SMALLEST.items() if name != key}
    with pytest.raises(SettingsError) as refusal:
        parse_settings({"PatientShare": rest})
    assert str(refusal.value) == f"PatientShare.{'Practice.Name' if key == 'Practice' else key} is missing."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"PublicURL": SECRET}, "PatientShare.PublicURL is not a setting (did you mean PublicUrl?)."),
        ({"keyFile": SECRET}, "PatientShare.keyFile is not a setting (did you mean KeyFile?)."),
        ({"Zzz": SECRET}, "PatientShare.Zzz is not a setting."),
        (
            {"Practice": {"Name": "P", "Telefone": SECRET}},
            "PatientShare.Practice.Telefone is not a setting (did you mean Telephone?).",
        ),
        (
            {"Viewers": {"OrthancWebviewer": True}},
            "PatientShare.Viewers.OrthancWebviewer is not a setting (did you mean OrthancWebViewer?).",
        ),
        ({"Practice": {}}, "PatientShare.Practice.Name is missing."),
    ],
)
def test_unknown_and_missing_keys_are_named_with_a_suggestion(changes: dict[str, Any], sentence: str) -> None:
    assert fault(**changes) == sentence


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("DefaultValidityDays", "30"),
        ("DefaultValidityDays", True),
        ("DefaultValidityDays", 30.5),
        ("DefaultValidityDays", 0),
        ("MaxValidityDays", 366),
        ("SessionIdleMinutes", 0),
        ("SessionIdleMinutes", 10**30),
        ("SessionAbsoluteHours", 25),
        ("Threads", 3),
        ("Threads", None),
        ("KeyFile", ""),
        ("KeyFile", 5),
        ("KeyFile", None),
        ("PublicUrl", None),
        ("Practice", SECRET),
        ("Practice", None),
        ("Viewers", [SECRET]),
        ("TrustedProxies", SECRET),
        ("Database", 7),
        ("DefaultLanguage", SECRET),
        ("DefaultLanguage", "fr"),
        ("TimeZone", SECRET),
        ("TimeZone", ""),
        ("TimeZone", "../../etc/passwd"),
        ("TimeZone", "/etc/passwd"),
        ("TimeZone", "Europe"),
    ],
)
def test_a_value_of_the_wrong_kind_gives_one_sentence_that_names_the_key_and_not_the_value(
    key: str, value: Any
) -> None:
    text = fault(**{key: value})
    assert text.startswith(f"PatientShare.{key}: ")
    assert text.count("PatientShare") == 1
    assert "\n" not in text
    assert SECRET not in text
    assert text.endswith(".")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "portal.example",
        "//portal.example",
        "ftp://portal.example",
        "https://",
        "https:///path",
        "https://portal.example/",
        "https://portal.example/portal",
        "https://portal.example?x=1",
        "https://portal.example#x",
        f"https://user:{SECRET}@portal.example",
        "https://portal.example\n",
        " https://portal.example",
        "https://[::1",
        "javascript://portal.example",
        "https://portal.example:notaport",
        "https://portal.example:99999",
        "https://portal example",
    ],
)
def test_the_public_address_must_be_an_origin(value: str) -> None:
    text = fault(PublicUrl=value)
    assert text.startswith("PatientShare.PublicUrl: ")
    assert SECRET not in text


@pytest.mark.parametrize(
    "value", ["https://portal.example", "http://localhost:8042", "http://[::1]:8042", "http://10.0.0.1"]
)
def test_origins_are_taken_as_they_are(value: str) -> None:
    assert parsed(PublicUrl=value).public_url == value


@pytest.mark.parametrize("value", [SECRET, "10.0.0.7/33", "10.0.0.6/24", "", "10.9.0"])
def test_a_bad_network_is_named_without_its_value(value: str) -> None:
    text = fault(TrustedProxies=["10.0.0.0/8", value])
    assert text.startswith("PatientShare.TrustedProxies.1: ")
    assert not value or value not in text


def test_a_practice_without_a_name_is_refused() -> None:
    assert fault(Practice={"Name": ""}).startswith("PatientShare.Practice.Name: ")


def test_the_default_validity_must_fit_under_the_longest() -> None:
    assert fault(DefaultValidityDays=60, MaxValidityDays=30) == (
        "PatientShare.DefaultValidityDays must not be larger than MaxValidityDays."
    )


def test_all_faults_are_told_at_once() -> None:
    text = fault(Threads=1, PublicUrl="x", Zzz=1)
    assert text.count("PatientShare.") == 3


RULE = {"Name": "ct", "Modalities": ["CT"]}


def with_rules(*rules: dict[str, Any], **automatic: Any) -> dict[str, Any]:
    return {"Automatic": {"Rules": list(rules), **automatic}}


def test_a_rule_is_read_with_the_practice_s_own_for_what_it_leaves_out() -> None:
    settings = parsed(**with_rules(RULE))
    (rule,) = settings.automatic.rules
    assert (rule.name, rule.modalities, rule.audience, rule.validity_days) == ("ct", ("CT",), "patient", 0)
    assert settings.automatic.dry_run


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (with_rules({"Name": "all"}), "needs a condition"),
        (with_rules({**RULE, "Name": "Großes CT"}), "Name"),
        (with_rules({**RULE, "Report": "sometimes"}), "Rules"),
        (with_rules({**RULE, "Patients": ["x"]}), "Patients is not a setting"),
        (with_rules(RULE, RULE), "a name of its own"),
        (with_rules(RULE, DryRun=False), "LetterFolder is needed"),
        ({**with_rules(RULE), "RequireConsent": True}, "must state Consent"),
        ({**with_rules({**RULE, "ValidityDays": 90}), "MaxValidityDays": 60}, "MaxValidityDays"),
    ],
)
def test_a_rule_that_would_do_harm_is_refused(given: dict[str, Any], text: str) -> None:
    assert text in fault(**given)


def test_keys_come_from_a_file_or_from_a_program() -> None:
    without = {name: value for name, value in SMALLEST.items() if name != "KeyFile"}
    settings = parse_settings({"PatientShare": {**without, "KeyCommand": ["/usr/bin/store", "get", "x"]}})
    assert settings.key_command == ("/usr/bin/store", "get", "x") and settings.key_file == ""
    assert "only one of them" in fault(KeyCommand=["/usr/bin/store"])
    with pytest.raises(SettingsError, match="whole path"):
        parse_settings({"PatientShare": {**without, "KeyCommand": ["store"]}})
