"""`postrider bench …`: how fast it is, on servers of its own. Translates; measures nothing itself."""

import json
import secrets
from collections.abc import Callable
from typing import Any

import click

from service.development.bench.confirmations import measure_confirmations
from service.development.bench.faults import FaultOrder, measure_faults
from service.development.bench.imports import measure_importing
from service.development.bench.send import Order, measure_sending
from service.development.bench.webhooks import measure_webhooks
from service.development.ports import LOOPBACK
from service.errors import Conflict


def _read_sink(_context: click.Context, _parameter: click.Parameter, given: str | None) -> int | None:
    """Return the port of HOST:PORT."""
    if given is None:
        return None
    host, _, port = given.rpartition(":")
    if host not in {LOOPBACK, "localhost"} or not port.isdigit():
        raise click.BadParameter(f"must be {LOOPBACK}:PORT; figures compare only with a sink on this machine.")
    return int(port)


@click.group("bench")
def bench() -> None:
    """Measure on this machine, with servers of its own that are thrown away."""


@bench.command("send")
@click.option("--recipients", type=click.IntRange(1, 5_000_000), default=10_000, show_default=True)
@click.option("--sign", type=click.Choice(["none", "rsa2048", "ed25519"]), default="none", show_default=True)
@click.option("--size-kb", type=click.IntRange(1, 200), default=60, show_default=True, help="Size of a mail.")
@click.option("--links", type=click.IntRange(0, 200), default=30, show_default=True, help="Links in each of its parts.")
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Sending processes.")
@click.option("--presigned", is_flag=True, help="Sign before the start; the reference is then the same unsigned.")
@click.option(
    "--sink", "sink_port", callback=_read_sink, help="Another sink on this machine, HOST:PORT, instead of our own."
)
@click.option("--rounds", type=click.IntRange(1, 100), default=1, show_default=True, help="The median is printed last.")
@click.option("--json", "as_json", is_flag=True, help="The figures alone.")
def bench_send(*, as_json: bool, **order: Any) -> None:
    """Send an issue, the whole path, into a fast sink, beside a reference in the same run."""
    if order["presigned"] and order["sign"] == "none":
        raise click.UsageError("--presigned needs --sign rsa2048 or --sign ed25519.")
    figures = measure_sending(Order(**order), _choose_say(as_json=as_json))
    click.echo(json.dumps(figures.to_plain_data()))


@bench.command("faults")
@click.option("--kills", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Processes to kill.")
@click.option("--recipients", type=click.IntRange(10, 1_000_000), default=5_000, show_default=True)
@click.option(
    "--policy",
    type=click.Choice(["hold", "resend"]),
    default="hold",
    show_default=True,
    help="hold: an issue, never twice. resend: letters, never lost.",
)
@click.option("--seed", type=click.IntRange(0), help="Of the moments and the victims; by default a new one.")
@click.option("--json", "as_json", is_flag=True, help="The figures alone.")
def bench_faults(kills: int, recipients: int, policy: str, seed: int | None, *, as_json: bool) -> None:
    """Kill senders at random with kill -9 and count what is lost, doubled and uncertain."""
    order = FaultOrder(kills, recipients, policy, secrets.randbelow(2**32) if seed is None else seed)
    figures = measure_faults(order, _choose_say(as_json=as_json))
    click.echo(json.dumps(figures.to_plain_data()))
    if figures.breaks_promise(order):
        raise Conflict(f"The promise of policy {policy} does not hold.")


@bench.command("confirmations")
@click.option("--recipients", type=click.IntRange(1, 5_000_000), default=100_000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=2, show_default=True, help="Sending processes.")
@click.option("--json", "as_json", is_flag=True, help="The figures alone.")
def bench_confirmations(recipients: int, processes: int, *, as_json: bool) -> None:
    """Measure how soon confirmation mails reach the relay while an issue goes out."""
    figures = measure_confirmations(recipients, processes)
    if not as_json:
        click.echo(
            f"{figures.sign_ups} sign-ups while {figures.recipients:,} copies went out in {figures.issue_seconds:.0f} "
            f"s: half had their mail within {figures.p50_seconds:.2f} s, 95 of 100 within {figures.p95_seconds:.2f} s, "
            f"the slowest after {figures.slowest_seconds:.2f} s; {figures.lost} never came."
        )
    click.echo(json.dumps(figures.to_plain_data()))


@bench.command("import")
@click.option("--rows", type=click.IntRange(1_000, 5_000_000), default=100_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The figures alone, as the last line.")
def bench_import(rows: int, *, as_json: bool) -> None:
    """Bring in a file of readers, beside COPY of the same people; then once more, and take it back."""
    figures = measure_importing(rows, _choose_say(as_json=as_json))
    click.echo(json.dumps(figures.to_plain_data()))


@bench.command("webhooks")
@click.option("--seconds", type=click.IntRange(1, 600), default=30, show_default=True)
@click.option("--per-second", type=click.IntRange(1, 200), default=20, show_default=True, help="Events a second.")
@click.option(
    "--recipients",
    type=click.IntRange(1, 1_000_000),
    default=20_000,
    show_default=True,
    help="Readers to whom an issue is going out meanwhile.",
)
@click.option("--json", "as_json", is_flag=True, help="The figures alone, as the last line.")
def bench_webhooks(seconds: int, per_second: int, recipients: int, *, as_json: bool) -> None:
    """Measure how fast events about gifts are answered while an issue goes out."""
    figures = measure_webhooks(seconds, per_second, recipients)
    if not as_json:
        click.echo(
            f"{figures.events} events at {figures.per_second} a second: half within {figures.p50_ms} ms, "
            f"99 of 100 within {figures.p99_ms} ms, the slowest {figures.slowest_ms} ms; {figures.refused} refused. "
            f"Meanwhile {figures.mails_after - figures.mails_before} of {figures.audience} mails went out."
        )
    click.echo(json.dumps(figures.to_plain_data()))


def _choose_say(*, as_json: bool) -> Callable[[str], None]:
    return (lambda _: None) if as_json else click.echo
