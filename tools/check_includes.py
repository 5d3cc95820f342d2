#!/usr/bin/env python3
"""Fails when a folder includes what it may not. The table IS the house:
docs/ARCHITECTURE.md draws it, this file holds it."""
import pathlib
import re
import sys

# folder -> prefixes that it may include (itself is always allowed)
ALLOWED = {
    "base": [],
    "proto": ["base"],
    "proto/wire": [],
    "proto/abi": [],
    "boards": ["base", "proto/abi"],
    "engine/kernels": [],
    "engine": ["base", "proto", "boards", "tinyrig"],
    "firmware": ["proto/wire", "proto/abi", "engine/kernels"],
    "emulator": ["base", "boards"],
    "agent": ["base", "proto", "boards", "tinyrig"],
    "server": ["base", "proto", "boards", "tinyrig"],
    "cli": ["base", "proto", "boards", "engine", "tinyrig"],
    "bench": ["base", "proto", "server", "boards", "tinyrig"],
}
# Generated headers: tinyrig/v1/*.pb.h, engine/read/tflite_generated.h
INCLUDE = re.compile(r'\s*#\s*include\s+"([^"]+)"')
SKIPPED = {"build", "node_modules", ".git"}


def folder_of(path):
    hits = [f for f in list(ALLOWED) + ["tinyrig"] if path.startswith(f + "/")]
    return max(hits, key=len) if hits else None


def problems(root):
    for file in sorted(root.rglob("*")):
        path = file.relative_to(root)
        if SKIPPED & set(path.parts) or file.suffix not in {".h", ".cc", ".c"}:
            continue
        home = folder_of(path.as_posix())
        if home is None:
            continue  # tests/ and examples/ may include anything
        allowed = {home, *ALLOWED[home]}
        for number, line in enumerate(file.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            target = folder_of(match[1]) if match else None
            if target and not any(
                    target == a or target.startswith(a + "/") for a in allowed):
                yield f"{path}:{number}: {home}/ may not include {match[1]}"


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(problems(root))
    print("\n".join(found) or "includes: every folder keeps to its table")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
