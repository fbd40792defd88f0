"""Disks that are full."""

import sys

import scripts
from trial import demand

ABOUT = "a real disk that is full again and again and grows by a little: a documented end each time, nothing lost"
SHORT = 1

# Says a script on a tmpfs of its own in a private mount namespace; a step that ends with 73 or 74 is said again
# once the disk has grown. Prints the number of the step, its status and the size of the disk.
SAY = """
size=%d
mkdir full
mount -t tmpfs -o size=${size}k disk full || exit 99
cd full
say() {
    number=$1; shift
    while true; do
        "$MUSTER" "$@" >> ../output-$number 2>> ../errors-$number
        status=$?
        echo $number $status $size >> ../ends
        case $status in 73|74) ;; *) break;; esac
        size=$((size + %d))
        mount -o remount,size=${size}k disk .
    done
}
%s
cp -a store backup restored imported ..
"""


def trial(trial):
    random = trial.random
    whole = trial.directory / "whole"
    whole.mkdir()
    there, trial.directory = trial.directory, whole
    steps = scripts.script(whole, random, events=random.choice([16, 60, 200]))
    reference = scripts.Reference(trial, steps)
    trial.directory = there

    lines = []
    for number, step in enumerate(steps):
        words = [f"../whole/{word}" if str(word).endswith((".yaml", ".ndjson")) else str(word) for word in step.words]
        lines.append(f"say {number} {' '.join(words)}")
    say = SAY % (random.randrange(8, 60), random.choice([4, 8, 12, 32]), "\n".join(lines))
    done = trial.run(["unshare", "-rm", "sh", "-c", say], environment={"MUSTER": trial.muster_path}, timeout=600)
    if done.status in (1, 99) and not (there / "ends").exists():
        print("full: this user can't have a disk of his own; nothing was tried", file=sys.stderr)
        return
    demand(done.status == 0, f"{done}")
    told = scripts.Told()
    for number, step in enumerate(steps):
        told.note(step, (there / f"output-{number}").read_bytes())
    refused = set()
    for line in (there / "ends").read_text().splitlines():
        number, status, size = map(int, line.split())
        demand(status in (73, 74) or status in steps[number].statuses,
               f"{steps[number]} on {size} KiB: status {status}")
        if status in (73, 74):
            refused.add(number)
    demand(refused, "the disk was never full")
    for number in refused:
        errors = (there / f"errors-{number}").read_text()
        demand("No space left on device" in errors, f"{steps[number]} does not say that the disk is full: {errors}")
    scripts.demand_same(trial, reference, told)
