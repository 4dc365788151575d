"""`postrider bench …`: how fast it is, on servers of its own. Translates; measures nothing itself."""

import json

import click

from service.development.bench.webhooks import measure_webhooks


@click.group("bench")
def bench() -> None:
    """Measure on this machine, with servers of its own that are thrown away."""


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
