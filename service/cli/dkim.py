"""``postrider dkim``: the keys that sign mail and the DNS records that go with them."""

import re
from pathlib import Path

import click

from service.cli.opening import open_services
from service.errors import BadInput
from service.mail.dkim_keys import KINDS, KeyKind, SigningKey, choose_keys, load_keys, make_key, split_record

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


@click.group()
def dkim() -> None:
    """Make and show the keys that sign mail (DKIM)."""


@dkim.command()
@click.argument("domain")
@click.argument("selector")
@click.option("--kind", type=click.Choice(KINDS), default="rsa", show_default=True)
@click.option("--output", "file", type=click.Path(path_type=Path), required=True, help="The new file, for the key.")
def new(domain: str, selector: str, kind: KeyKind, file: Path) -> None:
    """Make a key that signs mail from DOMAIN, and print what to publish and what to set.

    RSA is what every receiver verifies; an Ed25519 key is for a second signature beside it. To change keys, publish the
    new one under another SELECTOR, put it first in DKIM_KEYS, and take the old record away a week later.
    """
    if not _LABEL.fullmatch(selector):
        raise BadInput("SELECTOR: letters, digits and hyphens, such as s2026.")
    if "." not in domain or not all(_LABEL.fullmatch(label) for label in domain.split(".")):
        raise BadInput("DOMAIN: the domain after the @ of the sender's address, such as letters.example.org.")
    if re.search(r"\s", str(file.absolute())):
        raise BadInput("--output: DKIM_KEYS separates its keys by blanks, so the file's path can't have one in it.")
    key = make_key(kind, domain, selector, file)
    _print_record(key)
    click.echo("\nAnd set, beside the keys that are there already:")
    click.echo(f"DKIM_KEYS={selector}@{key.domain}={file.absolute()}")


@dkim.command()
def show() -> None:
    """Show which keys of DKIM_KEYS sign, and each one's record."""
    with open_services() as services:
        keys = load_keys(services.settings.dkim_keys)
    if not keys:
        click.echo("DKIM_KEYS is not set: mail leaves unsigned, and the relay must sign it.")
    for key in keys:
        signs = key in choose_keys(keys, key.domain)
        click.echo(f"{key.domain}: {key.selector} ({key.kind}) {'signs' if signs else 'is only still published'}")
        _print_record(key)


def _print_record(key: SigningKey) -> None:
    click.echo(f"Publish in DNS:\n{key.host}. IN TXT {split_record(key.record)}")
