#!/usr/bin/env python3
"""clang-tidy with .clang-tidy, which says what is enforced. A file that passed
is not looked at again until it, an own header that it includes, .clang-tidy or
this program changes (build/tidy/clean). Reads build/release's compile commands
without precompiled headers, so a missing include shows here. Tests, generated
code and the firmware are not looked at. Needs build/release built."""
import argparse
import concurrent.futures
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / "build/release"
TIDY = ROOT / "build/tidy"
FOLDERS = ("base", "proto", "boards", "engine", "emulator", "agent", "server",
           "client", "cli")
# A change of more files than this is looked at by --all.
BOUND = 16
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


def git(*words):
    run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True,
                         text=True, check=False)
    return run.stdout.split() if run.returncode == 0 else []


def without_precompiled_headers(command):
    command = re.sub(r"\S*ccache ", "", command)
    command = re.sub(r"^\S*cmake -E env \S+ ", "", command)
    command = re.sub(r" -include \S*cmake_pch\.hxx", "", command)
    command = re.sub(r" -I(\S*/gen) ", r" -isystem \1 ", command)
    return re.sub(r" -(Winvalid-pch|fpch-preprocess)\b", "", command)


def write_commands():
    """The database for clang-tidy; returns the sources that it may look at."""
    entries = json.loads((RELEASE / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = without_precompiled_headers(entry["command"])
    TIDY.mkdir(parents=True, exist_ok=True)
    (TIDY / "compile_commands.json").write_text(json.dumps(entries))
    names = {os.path.relpath(entry["file"], ROOT) for entry in entries}
    tracked = set(git("ls-files", "-co", "--exclude-standard", "*.cc"))
    return sorted(name for name in names & tracked
                  if name.split("/")[0] in FOLDERS
                  and not name.endswith("_test.cc") and "/testing/" not in name)


def changed():
    """What differs from the branch's start, or from the commit before."""
    base = []
    for main in ("origin/main", "main"):
        base = base or git("merge-base", "HEAD", main)
    if not base or base == git("rev-parse", "HEAD"):
        base = git("rev-parse", "HEAD~1")
    names = git("diff", "--name-only", "--diff-filter=d", base[0]) if base else []
    names += git("ls-files", "-o", "--exclude-standard")
    return {re.sub(r"\.h$", ".cc", name) for name in names}


@functools.cache
def closure(name):
    """The file and every own header that it reaches."""
    seen, todo = set(), [name]
    while todo:
        file = todo.pop()
        if file in seen or not (ROOT / file).is_file():
            continue
        seen.add(file)
        todo += INCLUDE.findall((ROOT / file).read_text())
    return sorted(seen)


def stamp(name):
    digest = hashlib.sha256()
    for file in [*closure(name), ".clang-tidy", "tools/tidy.py"]:
        digest.update(file.encode() + (ROOT / file).read_bytes())
    return TIDY / "clean" / digest.hexdigest()


def look_at(name):
    """What clang-tidy says about the file: nothing when it is clean."""
    run = subprocess.run(["clang-tidy", "--quiet", "-p", TIDY, name], cwd=ROOT,
                         capture_output=True, text=True, check=False)
    if run.returncode == 0:
        stamp(name).parent.mkdir(exist_ok=True)
        stamp(name).touch()
        return ""
    return run.stdout or run.stderr


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="the whole tree")
    parser.add_argument("-j", type=int, default=os.cpu_count(), metavar="N",
                        help="at a time (default: as many as cores)")
    parser.add_argument("files", nargs="*",
                        help="these (default: what changed since the branch "
                        f"left main or, on main, in the last commit; at most "
                        f"{BOUND})")
    args = parser.parse_args()
    if not (RELEASE / "compile_commands.json").is_file():
        print("tidy: configure and build the release preset first",
              file=sys.stderr)
        return 2
    start = time.monotonic()
    every = write_commands()
    files = every
    if args.files:
        files = [os.path.relpath(file, ROOT) for file in args.files]
        unknown = sorted(set(files) - set(every))
        if unknown:
            print(f"tidy: not a source it looks at: {', '.join(unknown)}",
                  file=sys.stderr)
            return 2
    elif not args.all:
        files = sorted(changed() & set(every))
    todo = [name for name in files if not stamp(name).exists()]
    known, left = len(files) - len(todo), 0
    if not args.all and not args.files:
        left = max(0, len(todo) - BOUND)
        todo = todo[:BOUND]
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(max(1, args.j)) as pool:
        for output in pool.map(look_at, todo):
            if output:
                bad += 1
                print(output, flush=True)
    print(f"tidy: {len(todo)} looked at, {known} known to be clean, "
          f"{bad} not clean, {left} left to --all, "
          f"{time.monotonic() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
