"""The issue that is measured with: its mail has the wanted size, and the wanted links stand in both of its parts."""

import pytest

from service.development.bench.crowd import DOMAINS, add_readers
from service.development.bench.specimen import add_specimen, add_specimen_newsletter
from service.errors import BadInput
from service.issues.checks import Level, check_issue
from service.issues.render import render_draft
from service.rendering.template import ReaderValues, compile_template
from service.subscribers.eligibility import select_audience
from tests.fixtures.services import OpenTransaction

BASE = "http://letters.example.org"


@pytest.mark.parametrize(("size", "links"), [(60_000, 30), (30_000, 10), (100_000, 60), (60_000, 0)])
def test_a_mail_has_the_wanted_size_and_links_in_both_parts(
    open_transaction: OpenTransaction, size: int, links: int
) -> None:
    with open_transaction() as session:
        issue = add_specimen(session, add_specimen_newsletter(session, "plain"), size, links, BASE)
        rendered = render_draft(issue, BASE)
        template = compile_template(rendered)
        prefix = "http://letters.example.org/c/" + "t" * 40 + "/"
        ada = ReaderValues("Ada", "http://a.test/u", "http://a.test/v", prefix, "http://a.test/o")

        assert len(template.join(ada)) == pytest.approx(size, rel=0.03)
        assert len(rendered.links) == links
        for number in (link.number for link in rendered.links):
            assert f'{prefix}{number}"' in template.asks.html.read(lambda slot: prefix + slot.argument)
            assert f"{prefix}{number}" in template.asks.text.read(lambda slot: prefix + slot.argument)
        assert "Dear Ada" in template.view_text(ada, {link.number: link.url for link in rendered.links})
        assert [problem for problem in check_issue(issue, rendered) if problem.level is Level.STOP] == []


def test_a_mail_that_can_not_be_so_small_says_how_small_it_can_be(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        newsletter = add_specimen_newsletter(session, "plain")
        with pytest.raises(BadInput, match=r"with 30 links can't have 5,000 bytes; the nearest has \d\d,\d{3}\."):
            add_specimen(session, newsletter, 5_000, 30, BASE)


def test_readers_are_people_of_many_domains_with_names_of_their_own(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        one, other = add_specimen_newsletter(session, "one"), add_specimen_newsletter(session, "other")
        add_readers(session, 120, one, other)

        for newsletter in (one, other):
            addresses = {address for _, _, address in session.execute(select_audience(newsletter.id))}
            assert len(addresses) == 120
            assert len({address.partition("@")[2] for address in addresses}) == DOMAINS
