"""Access tokens instead of passwords (RFC 6749): asked for, kept, renewed ahead of time, one renewal for all nodes."""

from gateway.oauth.accounts import Account, accounts
from gateway.oauth.keeper import Keeper

__all__ = ["Account", "Keeper", "accounts"]
