"""What is known of a person, as SQL: language, name, tags, answers, newsletters, since when. Case makes no difference.

Each condition is true or false, never null: "not" has to hold for a person of whom the fact is not known.
"""

from sqlalchemy import ColumnElement, SQLColumnExpression, false, func, or_, select
from sqlalchemy.orm import aliased

from service.deliveries.segments.ground import Ground
from service.issues.models import Newsletter
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.segments.tree import AnswerContains, AnswerIs, Contains, Field, Is, JoinedSince
from service.subscribers.states import MailFrequency, SubscriptionState


def compile_fact(
    clause: Is | Contains | AnswerIs | AnswerContains | JoinedSince, ground: Ground
) -> ColumnElement[bool]:
    """Return the SQL condition that this is so of the person behind the subscription."""
    match clause:
        case Is():
            return _is(clause)
        case Contains():
            return _contains(clause)
        case AnswerIs() | AnswerContains():
            return _answered(clause)
        case JoinedSince(day):
            # Of some whom a file brought nobody knows when they agreed.
            return func.coalesce(Subscription.confirmed_at >= ground.begin(day), false())


def _is(clause: Is) -> ColumnElement[bool]:
    match clause.field:
        case Field.LANGUAGE:
            return _speaks(clause.text)
        case Field.FREQUENCY:
            return Subscription.frequency == MailFrequency(clause.text)
        case Field.NEWSLETTER:
            return _gets(clause.text)
        case Field.TAG:
            tag = func.unnest(Subscriber.tags).column_valued("tag")
            return _has_tag(tag, _is_same(tag, clause.text))
        case Field.NAME | Field.SOURCE:
            return _is_same(_column_of(clause.field), clause.text)


def _contains(clause: Contains) -> ColumnElement[bool]:
    if clause.field is Field.TAG:
        tag = func.unnest(Subscriber.tags).column_valued("tag")
        return _has_tag(tag, _is_in(tag, clause.text))
    return _is_in(_column_of(clause.field), clause.text)


def _answered(clause: AnswerIs | AnswerContains) -> ColumnElement[bool]:
    answer = func.coalesce(Subscriber.fields[clause.name].astext, "")
    return _is_same(answer, clause.text) if isinstance(clause, AnswerIs) else _is_in(answer, clause.text)


def _column_of(field: Field) -> SQLColumnExpression[str]:
    return func.coalesce(Subscriber.name, "") if field is Field.NAME else Subscription.source


def _speaks(code: str) -> ColumnElement[bool]:
    """A range of languages: "zh" is "zh-Hant", too (RFC 4647, section 3.3.1)."""
    language = func.lower(Subscriber.language)
    return or_(language == code, func.starts_with(language, f"{code}-"))


def _gets(slug: str) -> ColumnElement[bool]:
    other = aliased(Subscription)
    newsletters = select(Newsletter.id).where(Newsletter.slug == slug)
    gotten = select(other.id).where(other.subscriber_id == Subscriber.id, other.newsletter_id.in_(newsletters))
    return gotten.where(other.state == SubscriptionState.ACTIVE).exists()


def _has_tag(tag: ColumnElement[str], condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(tag).where(condition).correlate(Subscriber).exists()


def _is_same(fact: SQLColumnExpression[str], text: str) -> ColumnElement[bool]:
    return func.lower(fact) == func.lower(text)


def _is_in(fact: SQLColumnExpression[str], text: str) -> ColumnElement[bool]:
    # Not LIKE: to it some of the text's own characters would be signs.
    return func.strpos(func.lower(fact), func.lower(text)) > 0
