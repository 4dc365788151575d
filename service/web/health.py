"""Whether this instance can serve: its database and its broker, asked now. Says nothing about anything else."""

from flask import Blueprint
from flask.typing import ResponseReturnValue
from redis.exceptions import RedisError
from sqlalchemy import text

from service.errors import Unavailable
from service.web.services import get_services
from service.web.transaction import unit_of_work

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def show_health() -> ResponseReturnValue:
    """Answer 200 when both answer, else 503; the JSON names which is away."""
    answers = {"database": _database_answers(), "broker": _broker_answers()}
    words = {part: "ok" if is_there else "away" for part, is_there in answers.items()}
    return words, 200 if all(answers.values()) else 503


def _database_answers() -> bool:
    try:
        with unit_of_work() as session:
            session.execute(text("select 1"))
    except Unavailable:
        return False
    return True


def _broker_answers() -> bool:
    try:
        return bool(get_services().redis.ping())
    except RedisError:
        return False
