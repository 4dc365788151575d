"""What to look at before an issue goes out. Owns each check and its sentence; a stop can't be overruled."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from service.issues.models import Issue, Item
from service.issues.signing import domain_of, find_signing_domain
from service.issues.states import ItemKind
from service.rendering.issue import RenderedIssue

CLIPPED_BYTES = 102_000  # Gmail cuts a longer mail and hides its unsubscribe link
NEAR_BYTES = 85_000
PREVIEW_LENGTH = range(40, 111)


class Level(StrEnum):
    """Whether staff may go on."""

    STOP = "stop"
    WARN = "warn"


@dataclass(frozen=True)
class Problem:
    """One thing to look at, in a sentence; ``item_id`` says where, None means the issue as a whole."""

    level: Level
    sentence: str
    item_id: int | None = None


def check_issue(issue: Issue, rendered: RenderedIssue) -> list[Problem]:
    """Return what is wrong or doubtful, stops first."""
    problems = [*_check_size(rendered), *_check_masthead(issue), *_check_footer(issue), *_check_findings(issue)]
    if not issue.items:
        problems.append(Problem(Level.STOP, "The issue has no items yet."))
    for item in issue.items:
        problems.extend(_check_item(item))
    return sorted(problems, key=lambda problem: problem.level is not Level.STOP)


def check_signature(address: str, key_domains: Collection[str]) -> list[Problem]:
    """Return a doubt where mail from ``address`` leaves without a signature of ours, though there are keys.

    Args:
        address: what the mail is from.
        key_domains: the domains that have a DKIM key here.
    """
    if not key_domains or find_signing_domain(address, key_domains):
        return []
    theirs = ", ".join(sorted(set(key_domains)))
    return [
        Problem(
            Level.WARN,
            f"Mail from {address} leaves unsigned: the DKIM keys here are for {theirs}. Unless the relay signs it, "
            "receivers that check DMARC may refuse it. Whoever runs this service can add a key for "
            f"{domain_of(address)} (postrider dkim new).",
        )
    ]


def _check_size(rendered: RenderedIssue) -> Iterator[Problem]:
    size = f"{rendered.html_bytes:,} bytes"
    if rendered.html_bytes > CLIPPED_BYTES:
        yield Problem(
            Level.STOP, f"The mail has {size}; over {CLIPPED_BYTES:,} Gmail clips it and hides the unsubscribe link."
        )
    elif rendered.html_bytes > NEAR_BYTES:
        yield Problem(Level.WARN, f"The mail has {size}, which is near the {CLIPPED_BYTES:,} at which Gmail clips.")


def _check_masthead(issue: Issue) -> Iterator[Problem]:
    if not issue.title:
        yield Problem(Level.WARN, "The issue has no title; the subject will be the newsletter's name and number.")
    if len(issue.preheader) not in PREVIEW_LENGTH:
        yield Problem(
            Level.WARN,
            f"The preview line has {len(issue.preheader)} characters; 40 to 110 read best beside the subject.",
        )


def _check_footer(issue: Issue) -> Iterator[Problem]:
    if not issue.newsletter.postal_address.strip():
        yield Problem(Level.STOP, "The newsletter has no postal address; the law asks for one in every mail.")


def _check_findings(issue: Issue) -> Iterator[Problem]:
    findings = [finding for manuscript in issue.manuscripts for finding in manuscript.findings]
    waiting = sum(1 for finding in findings if finding.is_warning and finding.settled_at is None)
    if waiting:
        noun = "warning from the import waits" if waiting == 1 else "warnings from the import wait"
        yield Problem(Level.WARN, f"{waiting} {noun} for you to settle.")


def _check_item(item: Item) -> Iterator[Problem]:
    name = f"“{item.title}”" if item.title else f"The {item.kind}"
    if not item.markdown.strip():
        yield Problem(Level.STOP, f"{name} has no text.", item.id)
    if item.kind in {ItemKind.BRIEF, ItemKind.FEATURE} and not item.title:
        yield Problem(Level.STOP, f"A {item.kind} has no title.", item.id)
    if item.kind is ItemKind.FEATURE and not item.byline:
        yield Problem(Level.WARN, f"{name} has no byline.", item.id)
