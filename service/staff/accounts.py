"""Staff accounts: making one, signing in, ending sessions. Owns the lock after wrong passwords; never a cookie."""

from datetime import timedelta
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from service.addresses import parse_address
from service.clock import now
from service.errors import BadInput
from service.staff.models import Account
from service.staff.roles import Role

SHORTEST_PASSWORD = 12
FAILURES_BEFORE_LOCK = 10
LOCK = timedelta(minutes=15)


def create_account(session: Session, address: str, name: str, password: str, role: Role) -> Account:
    """Add a member of staff.

    Raises:
        BadInput: when the address or the password will not do, or the address is taken.
    """
    key = parse_address(address).key
    if session.scalar(select(Account).where(Account.address_key == key)):
        raise BadInput(f"{address} already has an account.")
    account = Account(address_key=key, name=name, password_hash=_hash(password), role=role)
    session.add(account)
    session.flush()
    return account


def sign_in(session: Session, address: str, password: str) -> Account | None:
    """Return the account, or None when the address and password don't belong together or the account is locked.

    Takes the same time for known and unknown addresses. Counts failures: commit also when it answers None.
    """
    account = _lock_account(session, address)
    if account is None:
        check_password_hash(_decoy(), password)
        return None
    fits = check_password_hash(account.password_hash, password)
    if account.locked_until and account.locked_until > now():
        return None
    if not fits:
        _count_failure(account)
        return None
    account.failed_sign_ins = 0
    return account


def find_account(session: Session, account_id: int, epoch: int) -> Account | None:
    """Return the account of a session, or None when its sessions were ended since."""
    return session.scalar(select(Account).where(Account.id == account_id, Account.epoch == epoch))


def list_names(session: Session) -> dict[int, str]:
    """Return the name of each account by its id, for lists of who did what."""
    return dict(session.execute(select(Account.id, Account.name)).all())


def end_sessions(session: Session, account_id: int) -> None:
    """End every session of the account, in every browser."""
    session.get_one(Account, account_id).epoch += 1


def change_password(session: Session, account_id: int, old: str, new: str) -> None:
    """Set a new password and end every session.

    Raises:
        BadInput: when ``old`` is wrong or ``new`` is too short.
    """
    account = session.get_one(Account, account_id)
    if not check_password_hash(account.password_hash, old):
        raise BadInput("The present password is not right.")
    account.password_hash = _hash(new)
    end_sessions(session, account_id)


def _lock_account(session: Session, address: str) -> Account | None:
    try:
        key = parse_address(address).key
    except BadInput:
        return None
    return session.scalar(select(Account).where(Account.address_key == key).with_for_update())


def _count_failure(account: Account) -> None:
    account.failed_sign_ins += 1
    if account.failed_sign_ins >= FAILURES_BEFORE_LOCK:
        account.failed_sign_ins = 0
        account.locked_until = now() + LOCK


def _hash(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"A password needs at least {SHORTEST_PASSWORD} characters.")
    return generate_password_hash(password)


@cache
def _decoy() -> str:
    """Return a hash to spend the same time on when the address is unknown."""
    return generate_password_hash("an account that does not exist")
