#!/usr/bin/env python3
"""Fails when a folder includes what it may not. The tables ARE the house:
docs/ARCHITECTURE.md draws it, this file holds it.

FOLDERS says which top folders a folder may include, ROOMS which rooms of its
own top folder (or, of bench, of another) a room may. Tests (*_test.cc and
testing/) may include any room of their top folder. ROOMS may have no circle.
"""
import argparse
import pathlib
import re
import sys

# folder -> prefixes that it may include (itself is always allowed)
FOLDERS = {
    "base": [],
    "proto": ["base"],
    "proto/wire": [],
    "proto/abi": [],
    "proto/file": ["base", "tinyrig"],
    "boards": ["base", "proto/abi"],
    "engine/kernels": [],
    "engine": ["base", "proto", "boards", "tinyrig"],
    "firmware": ["proto/wire", "proto/abi", "engine/kernels"],
    "emulator": ["base", "boards"],
    "agent": ["base", "proto", "boards", "tinyrig"],
    "server": ["base", "proto", "boards", "tinyrig"],
    "client": ["base", "proto", "tinyrig"],
    "cli": ["base", "proto", "boards", "client", "engine", "tinyrig"],
    "bench": ["base", "proto", "server", "boards", "tinyrig"],
}

# room -> rooms that it may include; deeper folders belong to their room
ROOMS = {
    "engine/ir": [],
    "engine/kernels": [],
    "engine/read": ["engine/ir"],
    "engine/passes": ["engine/ir"],
    "engine/reference": ["engine/ir"],
    "engine/plan": ["engine/ir"],
    "engine/stream": ["engine/ir", "engine/kernels", "engine/plan"],
    "engine/emit": ["engine/ir", "engine/kernels", "engine/plan",
                    "engine/stream"],
    "engine/image": ["engine/emit"],
    "engine": ["engine/emit", "engine/image", "engine/ir", "engine/passes",
               "engine/plan", "engine/read"],
    "emulator": [],
    "emulator/cpu": ["emulator"],
    "emulator/chip": ["emulator"],
    "agent/port": [],
    "agent/lines": ["agent/port"],
    "agent/flash": ["agent/lines", "agent/port"],
    "agent/device": ["agent/port"],
    "agent/config": ["agent/lines"],
    "agent/job": ["agent/device", "agent/flash"],
    "agent/link": ["agent/job"],
    "agent/supervisor": ["agent/config", "agent/device", "agent/flash",
                         "agent/job", "agent/lines", "agent/port"],
    "agent/vboard": ["agent/supervisor"],
    "agent/testing": [],
    "agent": ["agent/config", "agent/job", "agent/link", "agent/supervisor",
              "agent/vboard"],
    "server/blob": [],
    "server/filter": [],
    "server/queue": [],
    "server/stats": [],
    "server/request": ["server/filter"],
    "server/store": ["server/filter", "server/queue", "server/request"],
    "server/compile": ["server/blob", "server/store"],
    "server/lab": ["server/blob", "server/compile", "server/queue",
                   "server/request", "server/stats", "server/store"],
    "server/api": ["server/compile", "server/lab", "server/queue",
                   "server/request", "server/store"],
    "server/query": ["server/api", "server/filter", "server/lab",
                     "server/queue", "server/request", "server/store"],
    "server/admin": ["server/blob", "server/lab", "server/request",
                     "server/store"],
    "server/transfer": ["server/compile", "server/filter", "server/lab",
                        "server/request", "server/stats", "server/store"],
    "server/rpc": ["server/admin", "server/api", "server/lab", "server/query",
                   "server/transfer"],
    "server/http": ["server/admin", "server/api", "server/query",
                    "server/request", "server/transfer"],
    "server/program": ["server/admin", "server/api", "server/blob",
                       "server/compile", "server/http", "server/lab",
                       "server/query", "server/rpc", "server/store"],
    "server": ["server/program"],
    "bench/server": ["server/request", "server/store"],
}

# The rooms that speak SQL, and the one that opens their database.
SQL_ROOMS = {"server/store", "server/query", "server/admin", "server/program"}
SQL_HEADER = re.compile(r'\s*#\s*include\s+[<"](sqlite3\.h|server/store/'
                        r'(sqlite|admin_store|board_events|list_))')

# Generated headers: tinyrig/v1/*.pb.h, engine/read/tflite_generated.h
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
SKIPPED = {"build", "node_modules", ".git"}
TOPS_WITH_ROOMS = {room.split("/")[0] for room in ROOMS}


def inside(path, folder):
    return path == folder or path.startswith(folder + "/")


def home_of(path, table):
    """The longest entry of the table that the path lies in."""
    return max((f for f in table if inside(path, f)), key=len, default=None)


def circle():
    """A room that reaches itself, or None."""
    def reaches(room, goal, seen):
        return any(next_room == goal or (
            next_room not in seen and
            reaches(next_room, goal, seen | {next_room}))
            for next_room in ROOMS.get(room, []))
    return next((room for room in ROOMS if reaches(room, room, {room})), None)


def is_test(path):
    return path.stem.endswith("_test") or "testing" in path.parts


def room_of(path):
    """The room of a file; a folder that the table does not name has none."""
    folder = path.rsplit("/", 1)[0]
    top = path.split("/")[0]
    room = home_of(folder, ROOMS)
    # The top's own entry holds its own files, not rooms that nobody named.
    return None if room == top and folder != top else room


def refused(path, target):
    """Why `path` may not include `target`, or None."""
    folders = [*FOLDERS, "tinyrig"]
    home, goal = home_of(path, folders), home_of(target, folders)
    if home is None or goal is None:
        return None  # tests/ and examples/ may include anything
    if not any(inside(goal, a) for a in [home, *FOLDERS[home]]):
        return f"{home}/ may not include {target}"
    top = target.split("/")[0]
    if top not in TOPS_WITH_ROOMS or is_test(pathlib.PurePosixPath(path)):
        return None
    room, goal = room_of(path), room_of(target)
    if room == goal or path.split("/")[0] not in TOPS_WITH_ROOMS:
        return None  # cli/ takes what the engine offers
    if goal not in ROOMS.get(room, []):
        return f"{room}/ may not include {target}"
    return None


def problems(root):
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if SKIPPED & set(path.parts) or file.suffix not in {".h", ".cc", ".c"}:
            continue
        name = path.as_posix()
        unnamed = name.split("/")[0] in TOPS_WITH_ROOMS and not room_of(name)
        if unnamed and not is_test(path):
            yield f"{name}: a room that the table ROOMS does not name"
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            reason = refused(name, match[1]) if match else None
            if (SQL_HEADER.match(line) and inside(name, "server") and
                    room_of(name) not in SQL_ROOMS and not is_test(path)):
                reason = "only store, query and admin speak SQL"
            if reason:
                yield f"{name}:{number}: {reason}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", default=".", type=pathlib.Path,
                        help="the tree to look at (default: here)")
    root = parser.parse_args().root.resolve()
    found = list(problems(root))
    if circle():
        found.append(f"tools/check_includes.py: {circle()} reaches itself")
    print("\n".join(found) or
          "includes: every folder and room keeps to its table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
