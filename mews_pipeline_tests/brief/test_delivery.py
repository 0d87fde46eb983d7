"""A brief is sent once a morning to each recipient; a channel that refuses is asked again alone."""

import email
import smtplib
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from pydantic import SecretStr

from mews_pipeline.brief import delivery
from mews_pipeline.brief.content import Morning
from mews_pipeline.brief.delivery import Delivery, deliver, due
from mews_pipeline.notify import ChannelError, Message, addresses, send
from mews_pipeline.notify.sender import is_mail
from mews_pipeline.settings import BriefSettings, SettingsError, load
from mews_pipeline_tests.support.chat import Channels, channels

TODAY = date(2026, 4, 25)
PRAGUE, NEW_YORK = "Europe/Prague", "America/New_York"
ADDRESS = "json://user:hunter2@127.0.0.1:9/secret"


@pytest.fixture
def served() -> Iterator[Channels]:
    with channels() as served:
        yield served


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take a message for a brief, whose content other tests look at."""
    monkeypatch.setattr(delivery, "message", lambda found: Message("Morning", found.time_zone))


def settings(*to: str, at: str = "07:00") -> BriefSettings:
    return BriefSettings.model_validate({"brief_to": list(to), "brief_at": at})


def morning(zone: str) -> Morning:
    return Morning(zone, TODAY, [], [], [], [], datetime(2026, 4, 25, tzinfo=UTC))


def asked(found: BriefSettings, *sent: str) -> list[Delivery]:
    return due(found, [PRAGUE, NEW_YORK], datetime(2026, 4, 25, 12, tzinfo=UTC), sent)


def test_a_brief_is_due_when_the_morning_has_come_on_the_propertys_clock() -> None:
    found = settings("json://127.0.0.1/a")

    def zones(hour: int, minute: int = 0) -> list[tuple[str, date]]:
        now = datetime(2026, 4, 25, hour, minute, tzinfo=UTC)
        return [(d.time_zone, d.morning) for d in due(found, [PRAGUE, NEW_YORK], now)]

    # Summer time: Prague is two hours ahead of UTC, New York four behind
    assert PRAGUE not in dict(zones(4, 59))
    assert dict(zones(5))[PRAGUE] == TODAY
    assert zones(10, 59) == [(PRAGUE, TODAY)]
    # A morning that had no brief yet has it until its midnight
    assert (NEW_YORK, date(2026, 4, 24)) in zones(3)
    assert zones(11) == [(PRAGUE, TODAY), (NEW_YORK, TODAY)]


def test_a_zone_that_nobody_knows_has_its_morning_in_utc() -> None:
    now = datetime(2026, 4, 25, 7, tzinfo=UTC)
    assert [each.morning for each in due(settings("json://h/a"), ["Mars/../One"], now)] == [TODAY]


def test_what_was_recorded_is_not_due_again_and_an_address_twice_is_once() -> None:
    found = settings("json://h/a", "json://h/b", "json://h/a")
    first, *others = asked(found)
    assert len(others) == 3
    assert asked(found, first.record) == others
    assert [each.record for each in asked(found, *(each.record for each in others))] == [
        first.record
    ]


def test_only_the_channel_that_refused_is_asked_again(served: Channels) -> None:
    found, sent = settings(served.json("one"), served.json("two")), list[str]()
    served.down = {"one"}

    def tick() -> list[str]:
        return deliver(
            asked(found, *sent), [morning(PRAGUE), morning(NEW_YORK)],
            lambda each: sent.append(each.record),
        )  # fmt: skip

    problems = tick()
    assert served.paths == ["two", "two"]
    assert problems == [
        "number 1 of MEWS_BRIEF_TO (json) answered with status 503; Europe/Prague, 2026-04-25",
        "number 1 of MEWS_BRIEF_TO (json) answered with status 503; America/New_York, 2026-04-25",
    ]
    served.down = set()
    assert tick() == []
    assert served.paths == ["two", "two", "one", "one"]
    assert tick() == []
    assert len(served.accepted) == 4


def test_a_brief_is_recorded_after_it_was_accepted_and_before_the_next(served: Channels) -> None:
    seen: list[list[str]] = []
    found = asked(settings(served.json("one"), served.webhook("two")))
    deliver(found, [morning(PRAGUE)], lambda _: seen.append(list(served.paths)))
    assert seen == [["one"], ["one", "two"]]


def test_a_webhook_gets_slacks_json_and_apprise_its_own(served: Channels) -> None:
    message = Message("Morning", "R&B <!channel> @everyone")
    for address in (served.webhook("slack"), served.json("apprise")):
        send(SecretStr(address), message, "it")
    slack, apprise = (body for _, body in served.accepted)
    assert slack == {"text": "Morning\nR&amp;B &lt;!channel&gt; @\u200beveryone"}
    assert (apprise["title"], apprise["message"]) == (
        "Morning",
        "R&B <\u200b!channel> @\u200beveryone",
    )


def test_mail_gets_the_html_with_a_plain_text_and_chats_the_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mails: list[str] = []

    class Server:
        def __init__(self, *_: object, **__: object) -> None:
            """Accept whatever is sent."""

        def sendmail(self, _: str, to: list[str], mail: str) -> None:
            mails.append(f"{to} {mail}")

        def __getattr__(self, name: str) -> object:
            return lambda *_, **__: None

    monkeypatch.setattr(smtplib, "SMTP", Server)
    message = Message("Morning", "as text", "<table><tr><td>as HTML</td></tr></table>")
    send(SecretStr("mailto://user:password@example.com?to=hotel@example.com"), message, "it")
    [mail] = mails
    assert "hotel@example.com" in mail
    parsed = email.message_from_string(mail[mail.index("] ") + 2 :])
    parts = {part.get_content_type(): part for part in parsed.walk() if not part.is_multipart()}
    assert parsed["Subject"] == "Morning"
    assert "<td>as HTML</td>" in str(parts["text/html"].get_payload(decode=True))
    assert "as HTML" in str(parts["text/plain"].get_payload(decode=True))
    for chat in ("json://h", "syslog://", "tgram://123456789:abcdefg_hijklmnop/12315544/"):
        service = addresses.service(SecretStr(chat))
        assert service
        assert not is_mail(service)


def test_a_channel_that_is_down_is_named_and_its_address_never_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ChannelError) as raised:
        send(SecretStr(ADDRESS), Message("Morning", "all well"), "number 1")
    assert str(raised.value) == "number 1 did not accept the message"
    assert "hunter2" not in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize("name", ["MEWS_BRIEF_TO", "MEWS_ALERT_WEBHOOK"])
@pytest.mark.parametrize("value", ["hunter2", "nothing://hunter2", "mailto://"])
def test_an_address_that_is_none_is_an_error_of_the_settings_that_hides_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} cannot be used .*nor a URL of apprise") as it:
        load(BriefSettings)
    assert "hunter2" not in str(it.value)


def test_addresses_are_split_at_commas_before_addresses_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = "mailto://u:p@example.com?to=one@example.com,two@example.com"
    monkeypatch.setenv("MEWS_BRIEF_TO", f"{mail}, {ADDRESS},https://chat.test/hook,")
    found = load(BriefSettings)
    assert [each.get_secret_value() for each in found.brief_to] == [
        mail, ADDRESS, "https://chat.test/hook",
    ]  # fmt: skip
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize("value", ["7", "07:00Z", "seven", "25:00"])
def test_the_hour_of_the_brief_is_hours_and_minutes(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MEWS_BRIEF_AT", value)
    with pytest.raises(SettingsError, match="MEWS_BRIEF_AT cannot be used"):
        load(BriefSettings)


def test_without_the_extra_one_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    monkeypatch.setenv("MEWS_BRIEF_TO", f"{ADDRESS}, {ADDRESS}")
    with pytest.raises(SettingsError) as raised:
        load(BriefSettings)
    assert str(raised.value).count(r"pip install 'mews-pipeline[notify]'") == 1
    # A webhook needs no extra
    monkeypatch.setenv("MEWS_BRIEF_TO", "https://chat.test/hook")
    assert load(BriefSettings).brief_to
