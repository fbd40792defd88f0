"""Which peers are there, and how to get the others. Nothing is installed unless asked for."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from muster import ROOT
from peers.places import POSTGRES

VENV = ROOT / ".build_bench/venv"
# In the order of the tables. The hourly loop only says what the hourly peers must come to.
PEERS = ("python", "sqlite", "postgres", "postgres-trigger", "duckdb")


def python_with_duckdb():
    for python in (sys.executable, str(VENV / "bin/python")):
        if Path(python).exists() and subprocess.run(
                [python, "-c", "import duckdb"], stderr=subprocess.DEVNULL).returncode == 0:
            return python
    return None


def missing(peer):
    """Why a peer can't run here, or None."""
    if peer.startswith("postgres"):
        if not (POSTGRES / "initdb").exists():
            return "PostgreSQL 15 is not installed (Tools/bench peers --install)"
        if os.geteuid() == 0 and subprocess.run(["id", "postgres"],
                                                capture_output=True).returncode:
            return "there is no user postgres to run the server as"
    if peer == "duckdb" and not python_with_duckdb():
        return "the Python package duckdb is not installed (Tools/bench peers --install)"
    return None


def python_for(peer):
    return python_with_duckdb() if peer == "duckdb" else sys.executable


def install():
    """PostgreSQL 15 by apt, without a cluster of its own; DuckDB by pip into .build_bench."""
    apt = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"]
    if os.geteuid():
        apt = ["sudo", *apt]
    if not (POSTGRES / "initdb").exists():
        subprocess.run([*apt, "postgresql-15"], check=True)
        if shutil.which("pg_dropcluster"):
            words = ["pg_dropcluster", "--stop", "15", "main"]
            subprocess.run(words if os.geteuid() == 0 else ["sudo", *words], check=False)
    if not python_with_duckdb():
        VENV.parent.mkdir(exist_ok=True)
        if subprocess.run([sys.executable, "-m", "venv", VENV]).returncode:
            subprocess.run([*apt, "python3-venv"], check=True)
            subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        subprocess.run([VENV / "bin/pip", "install", "--quiet", "duckdb"], check=True)
