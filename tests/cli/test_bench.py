"""The bench really measures: every event is answered while mails go out. How fast is for whoever runs it."""

import json

from click.testing import CliRunner

from service.cli.bench import bench


def test_the_webhook_bench_answers_every_event_while_mails_go_out() -> None:
    ran = CliRunner().invoke(
        bench, ["webhooks", "--seconds", "1", "--per-second", "10", "--recipients", "60", "--json"]
    )
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.output.splitlines()[-1])
    assert (figures["events"], figures["refused"], figures["audience"]) == (10, 0, 60)
    assert figures["mails_after"] >= figures["mails_before"] > 0
    assert figures["slowest_ms"] >= figures["p99_ms"] >= figures["p50_ms"]
    assert figures["settled_after_seconds"] is not None


def test_the_import_bench_brings_everybody_in_and_takes_them_back() -> None:
    ran = CliRunner().invoke(bench, ["import", "--rows", "1000", "--json"])
    assert ran.exit_code == 0, ran.output
    figures = json.loads(ran.output.splitlines()[-1])
    assert (figures["rows"], figures["added"], figures["changed_again"], figures["undone"]) == (1_000, 470, 0, True)
    assert figures["suppressed"] > 0
    assert figures["rows_per_second"] > 0
    assert figures["ratio"] > 0
    assert figures["peak_mb"] > 0
