"""The SQL of an import, over the rows of one round of one chunk. Owns the statements; ``merge`` owns their order."""

from typing import Final

from service.subscribers.importing.classify import ERASED_REASON, SUPPRESSED_REASON, write_rules
from service.subscribers.importing.staging import Chunk

_PERSON, _TIE = ", ".join(Chunk.PERSON), ", ".join(Chunk.TIE)

# Rows of this connection only, emptied by each commit but for ``seen``, a dry run's memory of the lines before.
# ``incoming``: the lines that need a judgement. ``met``: the judgements.
TABLES: Final = (
    """create temp table incoming (line bigint, status text, address text, mailed_address text,
           address_key text collate "C", name text, language text, tags text[], fields jsonb,
           requested_at timestamptz, confirmed_at timestamptz, ended_at timestamptz, source text,
           frequency text, paused_until timestamptz) on commit delete rows""",
    """create temp table met (line bigint, subscriber_id bigint, subscription_id bigint, standing text,
           is_erased boolean, outcome text, deed text, reason text, suppresses boolean, name text, tags text[],
           fields jsonb, fills_in boolean, before jsonb) on commit delete rows""",
    """create temp table seen (address text, mailed_address text, address_key text collate "C" primary key, name text,
           language text, tags text[], fields jsonb, standing text,
           is_suppressed boolean default false, ended_at timestamptz)""",
)
COPY_INCOMING: Final = f"copy incoming ({', '.join(Chunk.INCOMING)}) from stdin"
COPY_REFUSED: Final = "copy import_lines (import_id, line, address, outcome, reason) from stdin"
COPY_PEOPLE: Final = f"copy subscribers (id, {_PERSON}, import_id) from stdin"
COPY_TIES: Final = f"copy subscriptions (subscriber_id, {_TIE}, newsletter_id, state, import_id) from stdin"
COPY_SEEN: Final = f"copy seen ({_PERSON}, standing) from stdin"

# A line that can't be read may still hold the address of somebody who was erased: the same hash as in FIND_ERASED.
FORGET_REFUSED: Final = f"""
update import_lines l set address = '', reason = '{ERASED_REASON}'
 where l.import_id = :import and l.line = any(:lines) and exists (
    select from regexp_matches(lower(l.address), '[^[:space:]"<>(),;:]+@[^[:space:]"<>(),;:]+', 'g') as found(words)
      join suppressions p
        on p.address_hash = sha256((select salt from suppression_salt) || convert_to(found.words[1], 'UTF8'))
     where p.lifted_at is null and p.address_key is null)
"""  # noqa: S608 - a sentence of ours
HAS_ERASED: Final = "select exists (select from suppressions where address_key is null and lifted_at is null)"
# Which of ``keys``, by their places from 1, are of somebody of whom anything is known here; some more than once. The
# limits have each key looked for in the index: a join would rather read the whole table again for every chunk.
FIND_KNOWN: Final = """
with asked as materialized (select * from unnest(cast(:keys as text[])) with ordinality as each(key, place))
select place from asked, lateral (select from subscribers where address_key = key collate "C" limit 1) found
union all select place from asked join suppressions on address_key = key collate "C" where lifted_at is null
"""
# Whether any address among new people, by their ids, must not be mailed.
HAS_SUPPRESSED: Final = """
select exists (
    select from subscribers p join suppressions s on s.address_key = p.address_key
     where p.id between :first and :last and s.lifted_at is null)
"""
FIND_SEEN: Final = f"""
{FIND_KNOWN}
union all select place from asked, lateral (select from seen where address_key = key collate "C" limit 1) found
"""  # noqa: S608 - words of ours
FIND_ERASED: Final = """
union all select place from asked
    join suppressions on address_hash = sha256((select salt from suppression_salt) || convert_to(key, 'UTF8'))
 where lifted_at is null and address_key is null
"""

# The identities of as many new people. Nearly always a row of numbers without a gap, of which the ends are enough.
_EACH_ID: Final = """
select nextval((select cast(pg_get_serial_sequence('subscribers', 'id') as regclass))) as id
from generate_series(1, :count)
"""
TAKE_IDS: Final = f"with taken as materialized ({_EACH_ID}) select min(id), max(id) from taken"  # noqa: S608 - ours
TAKE_SCATTERED_IDS: Final = _EACH_ID

# In ``incoming`` are the lines that may not simply add somebody. ``seen`` is empty but in a dry run. Limits: as above.
JUDGE: Final = f"""
insert into met (line, subscriber_id, subscription_id, standing, is_erased, outcome, deed, reason, suppresses,
                 name, tags, fields, fills_in)
select i.line, s.id, t.id, k.standing, p.id is not null and p.address_key is null,
       case when k.is_suppressed then 'suppressed'
            when r.deed = 'fill-in' and not f.fills_in then 'unchanged' else r.outcome end,
       case when not k.is_suppressed or r.deed = 'end' then r.deed else 'nothing' end,
       case when p.id is not null and p.address_key is null then '{ERASED_REASON}'
            when k.is_suppressed then '{SUPPRESSED_REASON}'
            else replace(r.reason, '{{day}}', to_char(coalesce(z.ended_at, t.ended_at, now()), 'YYYY-MM-DD')) end,
       r.suppresses and not k.is_suppressed, n.name, n.tags, n.fields,
       f.fills_in and r.deed in ('fill-in', 'add') and not k.is_suppressed
from incoming i
left join lateral (select * from seen where address_key = i.address_key limit 1) z on true
left join lateral (select * from subscribers where address_key = i.address_key limit 1) s on true
left join lateral (
    select * from subscriptions where subscriber_id = s.id and newsletter_id = :newsletter limit 1
) t on true
left join lateral (
    select id, address_key from suppressions where address_key = i.address_key and lifted_at is null
    union all {{by_hash}}
    limit 1
) p on true
cross join lateral (
    select case when z.address_key is not null then z.standing when s.id is null then 'new'
                when t.id is null then 'known' else t.state end as standing,
           p.id is not null or coalesce(z.is_suppressed, false) as is_suppressed,
           case when z.address_key is null then s.name else z.name end as name,
           case when z.address_key is null then coalesce(s.tags, '{{}}') else z.tags end as tags,
           case when z.address_key is null then coalesce(s.fields, '{{}}') else z.fields end as fields
) k
cross join lateral (
    select coalesce(k.name, i.name) as name,
           case when i.tags <@ k.tags then k.tags
                else k.tags || array(select tag from unnest(i.tags) with ordinality as each(tag, place)
                                     where tag <> all (k.tags) order by place) end as tags,
           i.fields || k.fields as fields
) n
cross join lateral (
    select k.standing <> 'new'
       and (n.name is distinct from k.name or n.tags <> k.tags or n.fields <> k.fields) as fills_in
) f
join (values {write_rules()}) as r(status, standing, outcome, deed, reason, suppresses)
  on r.status = i.status and r.standing = k.standing
"""  # noqa: S608 - column names and rules of ours
NO_HASH: Final = "select null, null where false"
BY_HASH: Final = """
    select id, null from suppressions where address_key is null and lifted_at is null
       and address_hash = sha256((select salt from suppression_salt) || convert_to(i.address_key, 'UTF8'))
"""

_NEW_TIE: Final = """
insert into subscriptions (subscriber_id, newsletter_id, state, requested_at, confirmed_at, ended_at, source,
                           frequency, paused_until, import_id)
select p.id, :newsletter, case when i.status = 'subscribed' then 'active' else 'unsubscribed' end,
       i.requested_at, i.confirmed_at,
       case when i.status <> 'subscribed' then coalesce(i.ended_at, now()) end,
       i.source, i.frequency, i.paused_until, :import
"""
_ADD: Final = f"""
with p as (
    insert into subscribers ({_PERSON}, import_id)
    select {", ".join(f"i.{column}" for column in Chunk.PERSON)}, :import
    from incoming i join met m on m.line = i.line
    where m.standing = 'new' and m.deed in ('add', 'keep-away') order by i.address_key
    returning id, address_key
) {_NEW_TIE} from p join incoming i on i.address_key = p.address_key
"""  # noqa: S608 - column names and rules of ours
_ADD_TIE: Final = f"""
{_NEW_TIE.replace("p.id", "m.subscriber_id")}
from met m join incoming i on i.line = m.line where m.standing = 'known' and m.deed in ('add', 'keep-away')
"""
# Whole rows as JSON, of the tables that a line changes.
_IMAGES: Final = """
    case when {person} then jsonb_build_object('subscribers', (select to_jsonb(s) from subscribers s
                                                               where s.id = m.subscriber_id)) else '{}' end
 || case when {tie} then jsonb_build_object('subscriptions', (select to_jsonb(t) from subscriptions t
                                                              where t.id = m.subscription_id)) else '{}' end
"""
_BEFORE: Final = _IMAGES.replace("{person}", "m.fills_in").replace("{tie}", "m.deed = 'end'")
_AFTER: Final = _IMAGES.replace("{person}", "m.before ? 'subscribers'").replace("{tie}", "m.before ? 'subscriptions'")
# What undoing will need is read once nobody else can change it.
_LOCK_PEOPLE: Final = """
select from subscribers s join met m on m.subscriber_id = s.id where m.fills_in order by s.id for update of s
"""
_LOCK_TIES: Final = """
select from subscriptions t join met m on m.subscription_id = t.id where m.deed = 'end' order by t.id for update of t
"""
_REMEMBER: Final = f"update met m set before = {_BEFORE} where m.fills_in or m.deed = 'end'"  # noqa: S608 - words of ours
_FILL_IN: Final = """
update subscribers s set name = m.name, tags = m.tags, fields = m.fields
from met m where m.subscriber_id = s.id and m.fills_in
"""
_END: Final = """
with ended as (
    update subscriptions t set state = 'unsubscribed', paused_until = null, ended_at = coalesce(i.ended_at, now())
    from met m join incoming i on i.line = m.line
    where t.id = m.subscription_id and m.deed = 'end' and t.state <> 'unsubscribed'
    returning t.id
)
insert into consent_events (subscription_id, event, source, wording, evidence, account_id)
select id, 'unsubscribe', 'import', :statement, jsonb_build_object('import', cast(:import as bigint)), :account
from ended
"""
# Beside ``suppression.suppress``, one by one, for tens of thousands at once: the same row, the same constraint.
_SUPPRESS: Final = """
insert into suppressions (address_key, reason, evidence, account_id)
select i.address_key, case when i.status = 'complained' then 'complaint' else 'imported' end,
       jsonb_build_object('import', cast(:import as bigint)), :account
from met m join incoming i on i.line = m.line where m.suppresses
on conflict (address_key) where lifted_at is null and address_key is not null do nothing
"""
WRITE_DOWN: Final = f"""
insert into import_lines (import_id, line, address, address_key, outcome, reason, before, after)
select :import, m.line, case when m.is_erased then '' else i.address end,
       case when not m.is_erased then i.address_key end, m.outcome, m.reason, m.before,
       case when m.before is not null then {_AFTER} end
from met m join incoming i on i.line = m.line
where m.outcome in ('updated', 'suppressed', 'skipped') or m.before is not null
"""  # noqa: S608 - column names and rules of ours
# What the judgements come to: the lines of each outcome, and whether any of them asks for a step of those below.
SUM_UP: Final = """
select outcome, count(*) as lines, bool_or(fills_in) as fills_in, bool_or(deed = 'end') as ends,
       bool_or(suppresses) as suppresses,
       bool_or(standing = 'new' and deed in ('add', 'keep-away')) as adds,
       bool_or(standing = 'known' and deed in ('add', 'keep-away')) as ties
from met group by outcome
"""
PERFORM: Final[tuple[tuple[set[str], str], ...]] = (
    ({"fills_in"}, _LOCK_PEOPLE),
    ({"ends"}, _LOCK_TIES),
    ({"fills_in", "ends"}, _REMEMBER),
    ({"adds"}, _ADD),
    ({"ties"}, _ADD_TIE),
    ({"fills_in"}, _FILL_IN),
    ({"ends"}, _END),
    ({"suppresses"}, _SUPPRESS),
)

REHEARSE: Final = f"""
insert into seen ({_PERSON}, standing, is_suppressed, ended_at)
select i.address, i.mailed_address, i.address_key, m.name, i.language, m.tags, m.fields,
       case m.deed when 'add' then 'active' when 'keep-away' then 'unsubscribed' when 'end' then 'unsubscribed'
                   else m.standing end,
       m.suppresses or m.outcome = 'suppressed',
       case when m.deed in ('keep-away', 'end') then coalesce(i.ended_at, now()) end
from met m join incoming i on i.line = m.line where m.deed <> 'nothing' or m.suppresses
on conflict (address_key) do update set standing = excluded.standing, name = excluded.name, tags = excluded.tags,
       fields = excluded.fields, is_suppressed = excluded.is_suppressed,
       ended_at = coalesce(excluded.ended_at, seen.ended_at)
"""  # noqa: S608 - column names and rules of ours
