"""Opens sessions and prints the server's resident memory before, with and after them.

    sessions.py PORT PID IDLE SLOW
"""
import os
import select
import socket
import struct
import sys
import time

import psycopg

PORT, PID, IDLE, SLOW = (int(argument) for argument in sys.argv[1:5])
EXTRACT = "SELECT biz_date, acct_id, branch_id, balance FROM retail.daily_balance"


def memory():
    with open(f"/proc/{PID}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024


def connect(tls):
    mode = "require" if tls else "disable"
    # No preparing of statements behind our back: each session runs one statement.
    return psycopg.connect(f"host=127.0.0.1 port={PORT} user=risk_officer password=sluice dbname=bank sslmode={mode}",
                           autocommit=True, prepare_threshold=None)


def ask(session):
    return session.execute("SELECT branch_name FROM retail.branch WHERE branch_id = 'B11'").fetchall()


def told(what, before, during, after, count):
    # What sessions before have freed, the allocator keeps and gives to these: each is counted from the first figure.
    each = max(0, during - FIRST) / count / 1024
    print(f"{what:<44} {before >> 20:>5} {during >> 20:>5} {after >> 20:>5} MiB {each:>8.1f} KiB each", flush=True)


def settled():
    """Resident memory once it has stopped to fall."""
    last = memory()
    for _ in range(20):
        time.sleep(0.5)
        now = memory()
        if now >= last:
            return now
        last = now
    return last


def warm():
    """What is made once, for the first sessions, is not the cost of one more."""
    for session in [connect(number % 2 == 0) for number in range(40)]:
        ask(session)
        session.close()
    return settled()


def idle(tls):
    before = settled()
    sessions = []
    for _ in range(IDLE):
        sessions.append(connect(tls))
        assert ask(sessions[-1]), "no answer"
    during = settled()
    for session in sessions:
        session.close()
    told(f"{IDLE} idle sessions, {'TLS' if tls else 'plain'}", before, during, settled(), IDLE)


def slow():
    """Readers that take 4 KiB ten times a second of tens of megabytes."""
    before = settled()
    sessions = [connect(False) for _ in range(SLOW)]
    text = EXTRACT.encode() + b"\0"
    query = b"Q" + struct.pack("!i", len(text) + 4) + text
    sockets = []
    for session in sessions:
        raw = socket.socket(fileno=os.dup(session.fileno()))
        raw.setblocking(False)
        raw.send(query)
        # One after the other: this is about many streams, not about many log-ins at the source.
        assert select.select([raw], [], [], 20)[0], "no rows"
        sockets.append(raw)
    most, read, started = 0, 0, time.monotonic()
    while time.monotonic() - started < 30:
        tick = time.monotonic()
        for raw in select.select(sockets, [], [], 0)[0]:
            taken = raw.recv(4096)
            assert taken, "a reader was cut off"
            assert not (taken[:1] == b"E" and b"SERROR" in taken), taken
            read += len(taken)
        most = max(most, memory())
        time.sleep(max(0.0, 0.1 - (time.monotonic() - tick)))
    fed = len(select.select(sockets, [], [], 0)[0])
    for raw in sockets:
        raw.close()
    for session in sessions:
        session.close()
    told(f"{SLOW} slow readers of an extract, at most", before, most, settled(), SLOW)
    print(f"{'':<44} {fed} of {SLOW} have rows waiting, {read >> 20} MiB read")


print(f"{'resident memory':<44} {'before':>5} {'with':>5} {'after':>5}")
FIRST = warm()
idle(False)
idle(True)
slow()
