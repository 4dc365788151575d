"""Let a subscription's newsletter be vouched for by triggers: a foreign key would ask anew for each row of an import.

It asked "is newsletter 1 there?" a million times for a million people, a fifth of the server's work. No newsletter is
ever deleted, so it is enough to ask once for each statement that adds subscriptions, and to let nothing move later.
"""

from alembic import op

revision = "0042"
down_revision = "0041"

_KEEP_NEWSLETTERS = """
create function keep_newsletters() returns trigger language plpgsql as $$
begin
  raise exception 'newsletters stay, under their ids: subscriptions name them' using errcode = 'restrict_violation';
end $$;
create trigger keep_newsletters before delete or update of id on newsletters
    for each row execute function keep_newsletters();
create trigger keep_all_newsletters before truncate on newsletters
    for each statement execute function keep_newsletters();
"""
_ASK = """
create function check_subscriptions_newsletters() returns trigger language plpgsql as $$
declare
  unknown bigint;
begin
  select named.newsletter_id into unknown from (select distinct newsletter_id from added) named
   where not exists (select from newsletters where id = named.newsletter_id) limit 1;
  if found then
    raise exception 'there is no newsletter % to subscribe to', unknown using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger check_subscriptions_newsletters after insert on subscriptions referencing new table as added
    for each statement execute function check_subscriptions_newsletters();
"""
_KEEP_TIES = """
create function keep_subscriptions_newsletter() returns trigger language plpgsql as $$
begin
  raise exception 'a subscription stays with its newsletter' using errcode = 'restrict_violation';
end $$;
create trigger keep_subscriptions_newsletter before update of newsletter_id on subscriptions for each row
    when (new.newsletter_id <> old.newsletter_id) execute function keep_subscriptions_newsletter();
"""


def upgrade() -> None:
    """Put the triggers in place before the key goes, in one transaction: no row comes in between unasked."""
    op.execute(_KEEP_NEWSLETTERS)
    op.execute(_ASK)
    op.execute(_KEEP_TIES)
    op.drop_constraint("fk_subscriptions_newsletter_id_newsletters", "subscriptions", type_="foreignkey")
