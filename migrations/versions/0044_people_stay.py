"""Let a subscription's person be vouched for by triggers too: the foreign key took a sixth of an import's time.

It looked up and locked each person by a statement of its own, a million times for a million people, all of whom the
same transaction had just made. One look for each statement tells those apart, of whom nobody else knows yet; anybody
else is locked as the key locked them, so that whoever deletes people waits and then sees who names them.
"""

from alembic import op

revision = "0044"
down_revision = "0043"

# The limits have each person looked for in the index, whatever the tables' sizes were when the plan was made. Of
# those whom this transaction made (xmin) nobody can delete one before it ends.
_ASK = """
create or replace function check_subscriptions_named() returns trigger language plpgsql as $$
declare
  named bigint;
begin
  select each.newsletter_id into named from (select distinct newsletter_id from added) each
   where not exists (select from newsletters where id = each.newsletter_id) limit 1;
  if found then
    raise exception 'there is no newsletter % to subscribe to', named using errcode = 'foreign_key_violation';
  end if;
  for named in
    select each.subscriber_id from added each
      left join lateral (select xmin from subscribers where id = each.subscriber_id limit 1) person on true
     where person.xmin is distinct from cast(pg_current_xact_id() as xid) order by 1
  loop
    perform from subscribers where id = named for key share;
    if not found then
      raise exception 'there is no subscriber % to subscribe', named using errcode = 'foreign_key_violation';
    end if;
  end loop;
  return null;
end $$;
create trigger check_subscriptions_named after insert on subscriptions referencing new table as added
    for each statement execute function check_subscriptions_named();
drop trigger check_subscriptions_newsletters on subscriptions;
drop function check_subscriptions_newsletters();
"""
_KEEP_TIES = """
create function keep_subscriptions_ends() returns trigger language plpgsql as $$
begin
  raise exception 'a subscription stays with its newsletter and its subscriber' using errcode = 'restrict_violation';
end $$;
create trigger keep_subscriptions_ends before update of newsletter_id, subscriber_id on subscriptions for each row
    when (new.newsletter_id <> old.newsletter_id or new.subscriber_id <> old.subscriber_id)
    execute function keep_subscriptions_ends();
drop trigger keep_subscriptions_newsletter on subscriptions;
drop function keep_subscriptions_newsletter();
"""
# A look of its own after the deletion sees who was subscribed while it waited; under a snapshot it would not.
_KEEP_PEOPLE = """
create function check_subscribers_unnamed() returns trigger language plpgsql as $$
declare
  named bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'people are deleted under read committed only' using errcode = 'restrict_violation';
  end if;
  select gone.id into named from gone
   cross join lateral (select from subscriptions where subscriber_id = gone.id limit 1) tie limit 1;
  if found then
    raise exception 'subscriber % has subscriptions', named using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger check_subscribers_unnamed after delete on subscribers referencing old table as gone
    for each statement execute function check_subscribers_unnamed();
create function keep_subscribers() returns trigger language plpgsql as $$
begin
  raise exception 'subscribers stay under their ids: subscriptions name them' using errcode = 'restrict_violation';
end $$;
create trigger keep_subscribers before update of id on subscribers for each row
    when (new.id <> old.id) execute function keep_subscribers();
create trigger keep_all_subscribers before truncate on subscribers
    for each statement execute function keep_subscribers();
"""


def upgrade() -> None:
    """Put the triggers in place before the key goes, in one transaction: no row comes in between unasked."""
    op.execute(_ASK)
    op.execute(_KEEP_TIES)
    op.execute(_KEEP_PEOPLE)
    op.drop_constraint("fk_subscriptions_subscriber_id_subscribers", "subscriptions", type_="foreignkey")
