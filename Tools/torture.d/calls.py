"""System calls of a command, seen and interfered with by strace."""

import re
import signal

from trial import demand

# What changes a store or tells somebody, and what LMDB and the locks go by.
CHANGING = ("open,openat,creat,close,write,writev,pwrite64,pwritev,fsync,fdatasync,msync,ftruncate,fallocate,"
            "rename,renameat,renameat2,mkdir,mkdirat,rmdir,unlink,unlinkat,flock,fcntl,mmap,munmap,pread64")
LINE = re.compile(r"^(?P<process>\d+) +(?P<call>\w+)\((?P<rest>.*)$")


def strace(*options):
    """The beginning of a command line under strace."""
    return ["strace", "--follow-forks", "--quiet=all", "--decode-fds=path", *options]


def touching(trial, step, directory):
    """Runs a step; its calls that touch files of a directory or standard output, as (call, number of its kind).

    The numbers are those by which `inject` knows them: of each thread and kind of call, from 1.
    """
    record = trial.directory / "calls"
    done = trial.run([*strace("--output", record, f"--trace={CHANGING}"), trial.muster_path, *step.words])
    demand(done.status in step.statuses, f"{step} under strace: {done}")
    counts, found = {}, {}
    for line in record.read_text(errors="replace").splitlines():
        if not (match := LINE.match(line)):
            continue
        key = match["process"], match["call"]
        counts[key] = counts.get(key, 0) + 1
        tells = match["call"] in ("write", "writev") and match["rest"].startswith("1<")
        if tells or touches(match["rest"], directory):
            found[match["call"], counts[key]] = None
    record.unlink()
    return list(found)


def touches(rest, directory):
    """Whether a call's arguments name something below a directory: absolute by descriptors, else relative."""
    return f"<{directory}/" in rest or f'"{directory}/' in rest or re.search(
        r'^(AT_FDCWD<[^>]*>, )?"(?!/)(\./)?(store|backup|restored|imported|mail)', rest) is not None


def killed(trial, step, call, number, may_end=False):
    """Runs a step that is killed when it begins the n-th call of a kind; what it told before."""
    done = trial.run([*strace(f"--trace={call}", f"--inject={call}:signal=KILL:when={number}", "--output=/dev/null"),
                      trial.muster_path, *step.words])
    is_killed = done.status in (-signal.SIGKILL, 128 + signal.SIGKILL)
    # Some threads' calls are not the same each time.
    demand(is_killed or may_end or step.words[0] == "deliver", f"{step} was not killed at {call} {number}: {done}")
    return done
