"""The whole API, attacked from its own OpenAPI document."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECKS = "not_a_server_error,response_schema_conformance,content_type_conformance,unsupported_method"


@pytest.mark.slow
def test_no_request_breaks_the_contract(live, tmp_path):
    done = subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{live.address}/openapi.json", "--checks",
            CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--max-response-time",
            "60",
            "--request-timeout", "60", "--workers", "2", "--seed", "1", "--no-color", "--header",
            "Prefer: wait=1",
        ],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
