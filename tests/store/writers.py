"""Writers that can be killed: a process that forks them on demand, and tells what they did.

Commands come as lines on standard input: ``start JSON`` forks a writer, ``kill PID`` kills it with
SIGKILL. On standard output stand, a line each, ``PID started``, and what the writers tell: ``PID
ask JSON`` before they write, ``PID done ACTION`` once they hold the receipt. What one told before
it was killed stands before its ``PID gone``.
"""

import json
import os
import signal
import sys
import time
import uuid

from stationmap.errors import Conflict, RegisterError
from stationmap.store import Change, Register


def main() -> None:
    address = sys.argv[1]
    Register.open(address).close()  # whatever it needs is loaded before the first fork
    for line in sys.stdin:
        command, _, rest = line.partition(" ")
        if command == "start":
            if pid := os.fork():
                os.write(1, f"{pid} started\n".encode())
            else:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                order = json.loads(rest)
                try:
                    WRITERS[order["as"]](Register.open(address), order)
                except BaseException as error:
                    tell("failed", repr(error))
                    raise
                finally:
                    os._exit(0)
        else:
            pid = int(rest)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.write(1, f"{pid} gone\n".encode())


def tell(*words: str) -> None:
    """Write one line; it arrives whole, or not at all."""
    os.write(1, (" ".join([str(os.getpid()), *words]) + "\n").encode())


def count(register: Register, order: dict) -> None:
    """Add stations for ever, each with a step of one counter; `order` has what is left to do."""
    tell("ready")
    ask = order.get("ask")
    while True:
        try:
            ask = ask or next_step(register)
            tell("ask", json.dumps(ask))
            action, version, value = ask
            station = {"name": action, "geometry": (118.9, 29)}
            changes = [
                Change("station", f"S-{action}", station, expects=0),
                Change("unit", "counter", {"headcount": value}, expects=version),
            ]
            register.write(changes, action=action, by="a1", kind="edit")
            tell("done", action)
            ask = None
        except RegisterError:
            time.sleep(0.02)  # whether it was written is not known: ask the same once more
        except Conflict:
            ask = None


def next_step(register: Register) -> list:
    """Return what to ask next: an action, the counter's version, and its value plus one."""
    row = register.get("unit", "counter")
    return [str(uuid.uuid4()), row["version"], row["headcount"] + 1]


def import_rows(register: Register, order: dict) -> None:
    """Bring a list in one write: change half of what is there, add as much."""
    rows = [Change("station", f"S{n}", {"name": order["name"]}) for n in range(order["rows"])]
    tell("ready")
    register.write(rows, action=str(uuid.uuid4()), by="a1", kind="import")
    tell("done", order["name"])
    time.sleep(60)  # for whoever comes to kill


def edit(register: Register, order: dict) -> None:
    """Add marks to one text, each read before it is written; tell of every conflict."""
    tell("ready")
    for number in range(order["times"]):
        mark = f"{order['name']}-{number}"
        while True:
            row = register.get("station", "S0")
            change = {"address": f"{row['address']} {mark}"}
            try:
                register.write(
                    [Change("station", "S0", change, expects=row["version"])],
                    action=str(uuid.uuid4()),
                    by=order["name"],
                    kind="edit",
                )
            except Conflict as conflict:
                told = {name: conflict.params[name] for name in ("yours", "current", "base")}
                tell("conflict", json.dumps([row, told]))
                continue
            tell("done", mark)
            break
    tell("over")
    time.sleep(60)


WRITERS = {"count": count, "import": import_rows, "edit": edit}

if __name__ == "__main__":
    main()
