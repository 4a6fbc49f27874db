"""The guarded child processes that parse untrusted bytes: what a mail does to its reader, it does to nobody else."""

from gateway.reader.pool import ReaderDied, Readers

__all__ = ["ReaderDied", "Readers"]
