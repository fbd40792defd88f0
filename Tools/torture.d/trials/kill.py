"""Kills at random moments."""

import os
import signal
import subprocess
import time

import scripts
from trial import demand

ABOUT = "every command killed at random moments, also while it recovers; nothing told is lost, nothing done twice"
SHORT = 8

# So often is a command of a trial killed at most; from then on the script is said to its end.
KILLS = 10


def trial(trial):
    random = trial.random
    emits = trial.number % 3 != 2
    whole = trial.directory / "whole"
    whole.mkdir()
    there = trial.directory
    trial.directory = whole
    steps = scripts.script(whole, random, events=random.choice([30, 80, 200]), emits=emits)
    reference = scripts.Reference(trial, steps)
    trial.directory = there
    for name in ["program.yaml", "more.yaml", "first.ndjson", "second.ndjson"]:
        os.link(whole / name, there / name)

    told, kills = scripts.Told(), 0
    while kills < KILLS and (killed := killed_once(trial, steps, reference.seconds, told)):
        trial.counts["kills"] = kills = kills + killed
        scripts.demand_told(trial, told)
    scripts.say_again(trial, steps, told)
    scripts.demand_same(trial, reference, told, asks_checker=True)


def killed_once(trial, steps, seconds, told):
    """Says a script until a command was killed; zero where all of it went through."""
    random = trial.random
    for step, usual in zip(steps, seconds):
        if not scripts.make_way(trial, step):
            continue
        output = open(trial.directory / "output", "w+b")
        running = subprocess.Popen([trial.muster_path, *map(str, step.words)], cwd=trial.directory,
                                   stdout=output, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        # The first half of a short command is the loading of libraries.
        is_victim = random.random() < 0.35
        if is_victim:
            time.sleep(usual * random.uniform(0.3, 1.1))
            running.send_signal(signal.SIGKILL)
        errors = running.communicate(timeout=120)[1]
        output.seek(0)
        told.note(step, output.read())
        output.close()
        if running.returncode == -signal.SIGKILL:
            return 1
        statuses = (0, 73) if step.words[0] == "init" else step.statuses
        demand(running.returncode in statuses, f"{step}: status {running.returncode}, {errors.decode()}")
    return 0
