"""A name server that knows no name, so that jobs without a way out learn at once that a name does not exist.

Runs in a container of the rig as `python3 -m tests.rig.nameserver`. source: RFC 1035, section 4.1
"""

from __future__ import annotations

import socket

PORT = 53
HEADER = 12  # bytes before the question
NO_SUCH_NAME = b"\x81\x83"  # a response, recursion desired and available, code 3


def answer(query: bytes) -> bytes:
    """The response to `query`: its question, no records, and that the name does not exist."""
    end = HEADER
    while query[end]:
        end += query[end] + 1
    question = query[HEADER : end + 5]  # the closing zero, the type and the class
    return query[:2] + NO_SUCH_NAME + b"\0\1" + b"\0" * 6 + question


def serve() -> None:
    """Answer until killed; what is no query gets no answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", PORT))
        while True:
            query, sender = server.recvfrom(4096)
            try:
                server.sendto(answer(query), sender)
            except IndexError:
                continue


if __name__ == "__main__":
    serve()
