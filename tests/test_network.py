from __future__ import annotations

import os
import socket
import urllib.request

import pytest


def test_another_machine_is_out_of_reach():
    with pytest.raises(RuntimeError, match="tests use no network"):
        urllib.request.urlopen("http://example.org/", timeout=1)
    with socket.socket() as outside, pytest.raises(RuntimeError, match="tests use no network"):
        outside.connect(("192.0.2.1", 80))


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as here:
        here.connect(server.getsockname())


def test_settings_of_the_machine_are_set_aside():
    assert {name for name in os.environ if name.startswith("KG_")} == {"KG_DATA", "KG_ONLINE"}
    assert not os.path.exists(os.environ["KG_DATA"])  # noqa: PTH110 - the text itself is what matters
