"""The mail catcher: an SMTP server on the loopback address that keeps every mail and delivers none.

Owns the listening process; what a kept mail looks like on disk belongs to ``inbox``. Started by ``postrider run``.
"""

import argparse
import asyncio
import signal
from functools import partial
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from service.development.inbox import new_envelope, store_mail

MAX_MAIL_BYTES = 32 * 1024 * 1024


class Catcher:
    """The handler that aiosmtpd calls once a whole mail has arrived."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the mail; the reply names it, as a relay's queue id would."""
        peer = session.peer[0] if session.peer else ""
        caught = new_envelope(envelope.mail_from, envelope.rcpt_tos, peer)
        try:
            mail_id = store_mail(self._folder, envelope.original_content or b"", caught)
        except OSError as problem:
            return f"452 4.3.1 The mail catcher could not keep this mail: {problem.strerror}"
        return f"250 2.0.0 Ok: kept as {mail_id}"


async def catch_mails(port: int, folder: Path, host: str = "127.0.0.1") -> None:
    """Listen until SIGTERM or SIGINT, storing every mail in ``folder``."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    session = partial(
        SMTP,
        Catcher(folder),
        hostname="localhost",  # else aiosmtpd asks the name service at every connection, and stands still meanwhile
        data_size_limit=MAX_MAIL_BYTES,
        enable_SMTPUTF8=True,
        ident="Postrider",
    )
    server = await loop.create_server(session, host, port)
    await stopped.wait()
    server.close()


def main() -> None:
    """Read ``--port`` and ``--dir`` and catch mails until told to stop."""
    parser = argparse.ArgumentParser(prog="catcher", description="Keep every mail, deliver none.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--dir", type=Path, required=True, help="where the mails are kept")
    options = parser.parse_args()
    asyncio.run(catch_mails(options.port, options.dir))


if __name__ == "__main__":
    main()
