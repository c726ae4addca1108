# SPDX-License-Identifier: Apache-2.0
"""--sarif against the 2.1.0 schema, and read by the multitool of SARIF's own authors."""
import json
import os
import pathlib
import subprocess

import jsonschema
import pytest

from avs_shim import ROOT, run

MULTITOOL = pathlib.Path(os.environ.get("AVS_NPM_DIR", "/nowhere")) / (
    "node_modules/@microsoft/sarif-multitool-linux")


def faults(file):
    schema = json.loads((MULTITOOL / "sarif-2.1.0.json").read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    return [error.message for error in validator.iter_errors(json.loads(file.read_text()))]


def test_the_schema_sees_a_fault(tmp_path):
    bad = tmp_path / "bad.sarif"
    bad.write_text('{"version": "2.1.0", "runs": [{"results": [{"level": "loud"}]}]}')
    assert len(faults(bad)) >= 2  # no tool, no such level


def write_lint(tmp_path):
    config = tmp_path / "AlexaClientSDKConfig.json"
    config.write_text('{\n  "sampleApp": {\n    "endpoint": "https://x",\n  }\n}\n')
    return ["endpoint", "lint", "--config", config]


def write_clean(tmp_path):
    (tmp_path / "clean.json").write_text("{}\n")
    return ["endpoint", "lint", "--config", tmp_path / "clean.json"]


def write_image(tmp_path):
    bundle = tmp_path / "image/etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes((ROOT / "config/roots/amazon-root-ca-1.pem").read_bytes() + b"\r\n")
    return ["trust", "audit", "--sysroot", tmp_path / "image"]


@pytest.mark.parametrize("write", [write_lint, write_clean, write_image])
def test_files_are_valid_and_read(write, tmp_path):
    file, summary = tmp_path / "out.sarif", tmp_path / "again.sarif"
    run(*write(tmp_path), "--sarif", file)
    assert faults(file) == []
    subprocess.run([MULTITOOL / "Sarif.Multitool", "rewrite", file, "--output", summary],
                   check=True, capture_output=True)
    results = json.loads(file.read_text())["runs"][0]["results"]
    again = json.loads(summary.read_text())["runs"][0].get("results", [])
    assert [each["message"] for each in again] == [each["message"] for each in results]
