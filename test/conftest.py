# SPDX-License-Identifier: Apache-2.0
"""Lets the tests import test/support/*.py, and interrupt what they start."""
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "support"))

# A shell starts what it runs in the background with these ignored, and that is inherited.
for number in (signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT
                      else signal.SIG_DFL)
