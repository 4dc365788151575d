"""Staff for tests who can really sign in. A password's hash, slow on purpose, is made once and kept by its password."""

from functools import cache

from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash

from service.addresses import parse_address
from service.staff.models import Account
from service.staff.roles import Role


def make_account(session: Session, address: str, name: str, password: str, role: Role) -> Account:
    """Store a member of staff."""
    account = Account(address_key=parse_address(address).key, name=name, password_hash=_hash_once(password), role=role)
    session.add(account)
    session.flush()
    return account


@cache
def _hash_once(password: str) -> str:
    return generate_password_hash(password)
