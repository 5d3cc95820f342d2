#!/usr/bin/env python3
"""check_includes.py on small trees: what it lets pass and what it refuses."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("check_includes.py")


def check(files):
    """Exit code and output for a tree of {path: included path}."""
    with tempfile.TemporaryDirectory() as root:
        for path, included in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f'#include "{included}"\n')
        run = subprocess.run([sys.executable, PROGRAM, root],
                             capture_output=True, text=True, check=False)
        return run.returncode, run.stdout


class CheckIncludesTest(unittest.TestCase):
    def test_lets_allowed_includes_pass(self):
        self.assertEqual(check({
            "server/store/a.cc": "server/queue/b.h",
            "server/store/b.cc": "base/file.h",
            "cli/a.cc": "engine/plan/b.h",
            "engine/emit/ops/a.cc": "engine/emit/b.h",
            "tests/e2e/a.cc": "server/lab/b.h",
        })[0], 0)

    def test_refuses_a_folder(self):
        code, output = check({"base/a.cc": "server/lab/b.h"})
        self.assertEqual(code, 1)
        self.assertIn("base/a.cc:1: base/ may not include server/lab/b.h",
                      output)

    def test_refuses_a_room(self):
        code, output = check({"server/store/a.h": "server/lab/b.h"})
        self.assertEqual(code, 1)
        self.assertIn("server/store/ may not include server/lab/b.h", output)

    def test_refuses_a_room_of_another_folder(self):
        self.assertEqual(check({"bench/server/a.cc": "server/lab/b.h"})[0], 1)

    def test_lets_tests_include_rooms_of_their_folder_only(self):
        self.assertEqual(check({"server/store/a_test.cc": "server/lab/b.h",
                                "server/testing/a.cc": "server/api/b.h",
                                "agent/job/testing/a.cc": "agent/link/b.h"})[0],
                         0)
        self.assertEqual(check({"server/store/a_test.cc": "cli/b.h"})[0], 1)

    def test_refuses_a_room_without_a_name(self):
        code, output = check({"server/attic/a.cc": "base/file.h"})
        self.assertEqual(code, 1)
        self.assertIn("does not name", output)


if __name__ == "__main__":
    unittest.main()
