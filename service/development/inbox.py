"""The caught mails on disk: their file format, storing one whole and reading them back. Never talks SMTP or HTML pages.

One mail is two files with the same stem: ``<id>.eml`` (the bytes as they came) and ``<id>.json`` (the envelope). The
envelope is put in place first, so that whoever sees an .eml sees a complete mail.
"""

import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from service.clock import now
from service.errors import NotFound

PAGE_SIZE = 50
_ID = re.compile(r"[0-9]{8}T[0-9]{12}-[0-9a-f]{8}")


@dataclass(frozen=True)
class Envelope:
    """What the SMTP dialogue said, which the mail itself need not repeat."""

    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    peer: str = ""


@dataclass(frozen=True)
class CaughtMail:
    """One line of the inbox. ``sender`` is what the headers say; ``envelope`` is where it really went."""

    id: str
    envelope: Envelope
    subject: str
    sender: str


@dataclass(frozen=True)
class OpenedMail(CaughtMail):
    """One mail to look at: bodies are empty where the mail has none, ``source`` is the mail byte for byte."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    source: bytes


def store_mail(folder: Path, content: bytes, envelope: Envelope) -> str:
    """Put one mail into ``folder``: seen whole or not at all.

    Args:
        content: the mail as it came over the wire, headers first.

    Returns:
        The new mail's id; ids sort by the time of arrival.
    """
    mail_id = f"{envelope.received_at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    sidecar = json.dumps({**asdict(envelope), "received_at": envelope.received_at.isoformat()}, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / f"{mail_id}.json", sidecar.encode("utf-8", "surrogateescape"))
    _put(folder / f"{mail_id}.eml", content)
    return mail_id


def count_mails(folder: Path) -> int:
    """Return how many mails were caught."""
    return len(_ids(folder))


def list_mails(folder: Path, limit: int = PAGE_SIZE, page: int = 1) -> list[CaughtMail]:
    """Return one page of the inbox, newest first; ``page`` counts from 1 and a page past the end is empty."""
    first = max(page - 1, 0) * limit
    return [_summarise(folder, mail_id) for mail_id in _ids(folder)[first : first + limit]]


def list_envelopes(folder: Path) -> list[Envelope]:
    """Return every caught mail's envelope, oldest first, without opening the mails."""
    return [_read_envelope(folder / f"{mail_id}.json") for mail_id in reversed(_ids(folder))]


def get_mail(folder: Path, mail_id: str) -> OpenedMail:
    """Return one mail with its bodies, headers and source.

    Raises:
        NotFound: no such mail, or ``mail_id`` is no id at all (so no path can be smuggled in).
    """
    if not _ID.fullmatch(mail_id) or not (folder / f"{mail_id}.eml").is_file():
        raise NotFound("There is no such mail in the inbox.")
    source = (folder / f"{mail_id}.eml").read_bytes()
    message = BytesParser(policy=policy.default).parsebytes(source)
    return OpenedMail(
        **vars(_summarise(folder, mail_id)),
        headers=_headers(message),
        html=_body(message, "html"),
        text=_body(message, "plain"),
        source=source,
    )


def new_envelope(sender: str | None, recipients: Sequence[str], peer: str = "") -> Envelope:
    """Return the envelope of a mail that has just arrived; an empty sender marks a bounce (RFC 5321 section 4.5.5)."""
    return Envelope(sender=(sender or "").strip("<>"), recipients=tuple(recipients), received_at=now(), peer=peer)


def _put(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.write_bytes(content)
    unfinished.rename(path)


def _ids(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    stems = (path.stem for path in folder.glob("*.eml"))
    return sorted((stem for stem in stems if _ID.fullmatch(stem)), reverse=True)


def _summarise(folder: Path, mail_id: str) -> CaughtMail:
    with (folder / f"{mail_id}.eml").open("rb") as file:
        message = BytesHeaderParser(policy=policy.default).parse(file)
    first = {name.lower(): value for name, value in reversed(_headers(message))}
    return CaughtMail(
        id=mail_id,
        envelope=_read_envelope(folder / f"{mail_id}.json"),
        subject=first.get("subject", ""),
        sender=first.get("from", ""),
    )


def _read_envelope(path: Path) -> Envelope:
    fields = json.loads(path.read_bytes().decode("utf-8", "replace"))
    return Envelope(
        sender=fields["sender"],
        recipients=tuple(fields["recipients"]),
        received_at=datetime.fromisoformat(fields["received_at"]),
        peer=fields["peer"],
    )


def _headers(message: EmailMessage) -> tuple[tuple[str, str], ...]:
    """Return the headers decoded; one that the standard library cannot parse is shown as it stands."""
    shown = []
    for name, raw in message.raw_items():
        try:
            shown.append((name, str(message.policy.header_fetch_parse(name, raw))))
        except Exception:  # noqa: BLE001 - email.headerregistry raises IndexError and others on odd headers
            shown.append((name, str(raw)))
    return tuple(shown)


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
