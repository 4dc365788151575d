"""``postrider doors``: what sign-ups have to bring, and for how long."""

from datetime import timedelta

import click

from service.cli.opening import open_session
from service.subscribers.defence import is_under_attack
from service.subscribers.signup_rules import change_rules


@click.command()
@click.option("--refuse-disposable/--take-disposable", default=None, help="Send throw-away addresses back.")
@click.option("--ask-for-work/--no-work", default=None, help="Have every form bring a proof of work.")
@click.option("--attack", type=int, metavar="MINUTES", help="Treat sign-ups as under attack for so long; 0 ends it.")
def doors(refuse_disposable: bool | None, ask_for_work: bool | None, attack: int | None) -> None:
    """Show what the doors of sign-ups ask for, and change what is told."""
    with open_session() as session:
        rules = change_rules(
            session,
            refuses_disposable=refuse_disposable,
            asks_for_work=ask_for_work,
            attack_for=timedelta(minutes=attack) if attack is not None else None,
        )
        until = rules.attack_until if is_under_attack(session) else None
        click.echo(f"throw-away addresses: {'sent back' if rules.refuses_disposable else 'taken'}")
        click.echo(f"proof of work: {'always' if rules.asks_for_work else 'under attack only'}")
        click.echo(f"attack mode: {f'until {until:%d %B %Y, %H:%M} UTC' if until else 'off'}")
