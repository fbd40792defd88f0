"""Where Debian puts what the peers need."""

from pathlib import Path

POSTGRES = Path("/usr/lib/postgresql/15/bin")
