"""A worker: opens a snapshot, then answers one request after the other over its socket, until that closes."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import socket
import sys
import traceback
from pathlib import Path
from typing import Final, NoReturn

from govgraph.errors import GovGraphError
from govgraph.server import problems, sandbox
from govgraph.server.answering import Answerer, write_problem
from govgraph.server.formats import PLAIN, choose_encoding
from govgraph.server.frames import BROKEN, OPENED, REFUSED, WORK, FrameReader, Work, pack
from govgraph.server.opened import open_snapshot
from govgraph.server.output import EnoughError, Output
from govgraph.server.site import Site
from govgraph.server.stack import with_stack

NICENESS: Final = 5
"""Below the server itself: whatever workers compute, `/health` and kept answers wait for no processor."""
_AT_ONCE: Final = 256 * 1024
"""Bytes that are read at a time."""
_M_ARENA_MAX: Final = -8
SPARE: Final = 512 * 1024**2
"""Bytes of address space beyond twice the limit of memory: allocators reserve more than they use."""


def main(stream: socket.socket, site: Site, folder: str, *, may_ask_others: bool) -> NoReturn:
    """Answers over `stream` from the snapshot in `folder`, and ends the process: never returns."""
    status = 1
    try:
        os.nice(NICENESS)
        _use_one_arena()
        sandbox.deny_network()
        with_stack(lambda: _run(stream, site, folder, may_ask_others))
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _use_one_arena() -> None:
    """Has glibc give the thread of queries memory from the main arena: in those of threads, each piece that
    is taken or given back at the end costs a system call.
    """
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _run(stream: socket.socket, site: Site, folder: str, may_ask_others: bool) -> None:
    try:
        opened = open_snapshot(Path(folder))
    except GovGraphError as e:
        stream.sendall(pack(REFUSED, json.dumps(problems.details(e)).encode()))
        stream.recv(1)  # until the server has read it: else it may hear of the end of this process first
        return
    answerer = Answerer(site, opened, may_ask_others=may_ask_others)
    sandbox.cap_memory(2 * site.limits.memory + SPARE)
    gc.collect()
    gc.freeze()
    reader = FrameReader()
    buffer = memoryview(bytearray(_AT_ONCE))  # one for all: a new one each time is a new mapping each time
    try:
        stream.sendall(pack(OPENED, b"{}"))
        while size := stream.recv_into(buffer):
            for kind, body in reader.feed(buffer[:size]):
                assert kind == WORK
                _answer(answerer, Work.unpack(body), stream, site)
    except ConnectionError:
        return  # the server is gone, or wants no more of this answer


def _answer(answerer: Answerer, work: Work, stream: socket.socket, site: Site) -> None:
    encoding = choose_encoding(work.encoding) or PLAIN
    out = Output(stream, method=work.method, encoding=encoding, limit=site.limits.result)
    try:
        facts = answerer.answer(work, out)
        if facts is not None:
            out.finish(facts)
    except ConnectionError:
        raise
    except EnoughError:
        out.finish_without_body({})
    except Exception as e:
        problem, facts = problems.details(e), problems.facts(e)
        if out.begun:
            stream.sendall(pack(BROKEN, json.dumps({**problem, **facts}).encode()))
        else:  # to tell of it has failed as well
            write_problem(problem, None, out)
            out.finish(facts)
