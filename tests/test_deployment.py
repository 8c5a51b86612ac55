"""The examples in deploy/ as they are: a real nginx before a real gunicorn, the unit's and the image's commands."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from engine import Settings
from tests.conftest import to_csv, until, wave
from tests.serving import ROOT, Server, reserved_port

DEPLOY = ROOT / "deploy"
HOST = "hindcast.example.net"
MAIN = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; {user}
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {server}
}}
"""


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of nginx, with the example's own server block but for ports and TLS."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("there is no nginx on this machine")
    folder = tmp_path_factory.mktemp("nginx")
    settings = {"HINDCAST_PROXIES": "1", "HINDCAST_TRUSTED_HOSTS": HOST, "HINDCAST_MODEL": "last-value"}
    with Server(folder / "cache", host=HOST, **settings) as behind:
        with reserved_port() as held:
            port = int(held.getsockname()[1])
        block = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
        block = re.sub(r"^ *ssl_.*\n", "", block, flags=re.M)
        own_ports = {"listen 443 ssl": f"listen 127.0.0.1:{port}", "127.0.0.1:8050": f"127.0.0.1:{behind.port}"}
        for given, own in own_ports.items():
            assert block.count(given) == 1
            block = block.replace(given, own)
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user, server=block), encoding="utf-8")
        nginx = subprocess.Popen([program, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
        try:
            until(lambda: nginx.poll() is not None or _answers(port))
            assert nginx.poll() is None, (folder / "error.log").read_text()
            yield port
        finally:
            nginx.terminate()
            nginx.wait(20)


def _answers(port: int) -> bool:
    try:
        return asked(port, "/healthz")[0] == 200
    except OSError:
        return False


def asked(
    port: int, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": HOST} | given)
        answer = connection.getresponse()
        return answer.status, answer.read(), dict(answer.getheaders())
    finally:
        connection.close()


def test_pages_and_calls_go_through_the_proxy_and_bear_its_number(proxied: int) -> None:
    status, page, headers = asked(proxied, "/")
    assert (status, b"Hindcast" in page) == (200, True)
    assert re.fullmatch("[0-9a-f]{32}", headers["X-Request-ID"])
    assert asked(proxied, "/readyz")[0] == 200


def test_large_files_arrive(proxied: int) -> None:
    body = to_csv(wave(60_000))
    assert len(body) > 1_100_000, "more than nginx lets through by itself"
    assert asked(proxied, "/api/v1/datasets", "POST", body)[0] == 201


def test_who_lies_about_where_a_request_comes_from_gains_nothing(proxied: int) -> None:
    evil = {"Origin": "https://evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}
    assert asked(proxied, "/api/v1/cache", "DELETE", **evil)[0] == 403
    assert asked(proxied, "/healthz", X_Forwarded_Host="evil.example")[0] == 200, "the proxy replaces it"
    assert asked(proxied, "/healthz", Host="evil.example")[0] == 400


def test_a_browsers_writes_from_the_pages_own_address_are_taken(proxied: int) -> None:
    answer = asked(proxied, "/api/v1/cache/check", "POST", Origin=f"http://{HOST}")
    assert answer[0] == 200


def command_of(example: str) -> list[str]:
    """The words of the command that an example starts."""
    text = (DEPLOY / example).read_text(encoding="utf-8")
    if example == "Dockerfile":
        return re.findall(r'"([^"]+)"', text.splitlines()[-1])
    return re.search(r"^ExecStart=/opt/hindcast/(.*)$", text, re.M)[1].split()  # type: ignore[index]


@pytest.mark.parametrize("example", ["Dockerfile", "hindcast.service"])
def test_the_examples_start_what_the_procfile_starts(example: str) -> None:
    procfile = (ROOT / "Procfile").read_text(encoding="utf-8").split()[1:]
    command = command_of(example)
    assert command[0] == ".venv/bin/gunicorn"
    assert command[1:] == procfile[1:]


def test_the_images_health_is_asked_for_under_a_name_that_is_trusted(proxied: int) -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", "")
    python, *words = json.loads(re.search(r"^HEALTHCHECK .* CMD (.*)$", text, re.M)[1])  # type: ignore[index]
    assert python == "python"
    settings = {"HINDCAST_PORT": str(proxied), "HINDCAST_TRUSTED_HOSTS": f"{HOST}, localhost"}
    assert subprocess.run([sys.executable, *words], env=os.environ | settings, timeout=30, check=False).returncode == 0


def test_every_setting_in_the_examples_is_one() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(DEPLOY.iterdir()) if path.is_file())
    named = set(re.findall(r"HINDCAST_([A-Z_]+)", text))
    assert len(named) > 5
    assert named <= {name.upper() for name in Settings.__dataclass_fields__}
