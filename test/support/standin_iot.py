# SPDX-License-Identifier: Apache-2.0
"""avs-shim standin --iot as a separate process, and what it lists."""
import json
import pathlib
import signal
import subprocess

from avs_shim import AVS_SHIM, ENVIRONMENT, run

PATIENCE = 30  # seconds
LISTED = json.loads(run("standin", "--iot", "--list", "--json").stdout)
SCENARIOS = {row["name"]: row for row in LISTED["scenarios"]}


class StandinIot:
    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [AVS_SHIM, "standin", "--iot", "--json", "--dir", folder, *options],
            stdout=subprocess.PIPE, env=ENVIRONMENT)
        told = json.loads(self.process.stdout.readline())
        assert told["schema"] == "avs-shim.standin-iot/1"
        self.ports = told["ports"]
        self.dir = pathlib.Path(told["directory"])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(PATIENCE) == 0
        self.process.stdout.close()
