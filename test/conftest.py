# SPDX-License-Identifier: Apache-2.0
"""Lets the tests import test/support/*.py."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))
