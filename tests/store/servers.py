"""Servers of one city that can be killed: a process that forks them on demand.

All of them listen at one address, whose socket outlives them: who connects waits for the next.
Commands come as lines on standard input: ``start`` forks a server, ``kill PID`` kills it with
SIGKILL. On standard output stand ``PORT``, then ``PID ready`` and ``PID gone``, a line each.
"""

import logging
import os
import signal
import socket
import sys

import waitress

from web.app import create_app
from web.cli import LARGEST, THREADS


def main() -> None:
    city = sys.argv[1]
    logging.getLogger("waitress").setLevel(logging.ERROR)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        tell(str(listening.getsockname()[1]))
        for line in sys.stdin:
            command, *rest = line.split()
            if command == "start":
                if not os.fork():
                    serve(city, listening)
            else:
                (pid,) = map(int, rest)
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                tell(f"{pid} gone")


def tell(line: str) -> None:
    """Write one line; it arrives whole, or not at all."""
    os.write(1, f"{line}\n".encode())


def serve(city: str, listening: socket.socket) -> None:
    """Serve until killed, with the options of ``stationmap serve``."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        server = waitress.create_server(
            create_app(city),
            sockets=[listening],
            threads=THREADS,
            max_request_body_size=LARGEST,
        )
        tell(f"{os.getpid()} ready")
        server.run()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main()
