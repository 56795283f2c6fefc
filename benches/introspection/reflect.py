"""SQLAlchemy's reflection of every table, in both servers by turns: prints `title|seconds direct|seconds sluice`.

    reflect.py PORT_OF_POSTGRESQL PORT_OF_SLUICE ROUNDS
"""
import statistics
import sys
import time

import sqlalchemy

PORTS, ROUNDS = sys.argv[1:3], int(sys.argv[3])
USERS = ["bench:bench", "risk_officer:sluice"]


def reflect(user, port):
    engine = sqlalchemy.create_engine(f"postgresql+psycopg://{user}@127.0.0.1:{port}/bank?sslmode=disable")
    start = time.perf_counter()
    metadata = sqlalchemy.MetaData()
    metadata.reflect(engine, schema="wide")
    taken = time.perf_counter() - start
    engine.dispose()
    shape = sorted((table.name, [str(column.type) for column in table.columns], len(table.foreign_keys))
                   for table in metadata.tables.values())
    return taken, shape


def main():
    times = [[], []]
    for _ in range(ROUNDS):
        shapes = []
        for side in range(2):
            taken, shape = reflect(USERS[side], PORTS[side])
            times[side].append(taken)
            shapes.append(shape)
        assert shapes[0] == shapes[1], "the servers show different tables"
    print("SQLAlchemy, reflection of all", *(f"{statistics.median(side):.3f}" for side in times), sep="|")


main()
