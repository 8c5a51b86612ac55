"""A real browser among hostile names, injected scripts and another site's page: nothing of theirs runs or writes."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.browser.conftest import Page

PAYLOADS = (
    '<img src=x onerror="window.pwned=1">',
    "<svg onload='window.pwned=1'>",
    "</script><script>window.pwned=1</script>",
    '<a href="https://example.org">prize</a>',
    "$\\href{javascript:window.pwned=1}{x}$",
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
)
FOREIGN = "document.querySelectorAll('#page img, #page svg[onload], #page a[href*=example], #forecast a').length"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def clean(page: Page) -> bool:
    """Whether nothing of the payloads has become more than text."""
    return bool(page.js("window.pwned === undefined") and page.js(FOREIGN) == 0)


def test_names_of_columns_and_files_are_text_on_every_page(page: Page, csv_file: Path, tmp_path: Path) -> None:
    lines = csv_file.read_text().splitlines()[1:]
    head = ",".join(quoted(name) for name in ("time", *PAYLOADS))
    body = "\n".join(f"{line},{','.join([line.split(',')[1]] * (len(PAYLOADS) - 1))}" for line in lines)
    hostile = tmp_path / f"{PAYLOADS[0].replace('/', '')}.csv"
    hostile.write_text(f"{head}\n{body}\n")
    page.show(hostile)
    page.until("document.querySelector('#series-name').innerText.startsWith('<img')")
    page.until("[...document.querySelectorAll('#forecast .annotation')].some(e => e.textContent.startsWith('<img'))")
    page.find("#read-strip summary").click()
    page.until(f"document.querySelectorAll('#picker .picker-card').length === {len(PAYLOADS)}")
    assert "</script>" in page.js("document.querySelector('#picker').textContent")
    assert clean(page)
    handle = page.js("location.pathname.split('/').pop()")
    page.open(f"/accuracy/{handle}")
    page.until("document.querySelector('#page h1, #page h2')")
    assert clean(page)
    page.open("/cache")
    page.until("document.querySelector('#page table, #page h1')")
    assert clean(page)
    page.open()
    page.until("document.querySelector('.recent-name')?.innerText.startsWith('<img')")
    assert clean(page)
    assert page.complaints() == []


def test_a_script_that_was_not_sent_by_the_server_does_not_run(page: Page) -> None:
    """The policy that forbids it is the one under which every journey runs."""
    page.open()
    page.until("document.querySelector('#choose')")
    page.driver.execute_script(
        """
        window.refused = [];
        document.addEventListener('securitypolicyviolation', (event) => window.refused.push(event.violatedDirective));
        document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.pwned = 1">');
        const script = document.createElement('script');
        script.textContent = 'window.pwned = 2';
        document.body.append(script);
        const elsewhere = document.createElement('script');
        elsewhere.src = 'http://example.invalid/x.js';
        document.body.append(elsewhere);
        const base = document.createElement('base');
        base.href = 'http://example.invalid/';
        document.head.append(base);
        fetch('http://example.invalid/told').catch(() => null);
        """
    )
    page.until("new Set(window.refused).size >= 4")
    assert page.js("window.pwned === undefined")
    refused = set(page.js("window.refused"))
    assert {"script-src-elem", "script-src-attr", "connect-src", "base-uri"} <= refused


SITE = b"""<!doctype html><title>elsewhere</title><iframe name="hidden"></iframe>
<form method="post" enctype="text/plain" target="hidden"><input name="time,value" value="1"></form>"""


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Another site's page."""

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(SITE)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        serving = threading.Thread(target=site.serve_forever)
        serving.start()
        yield f"http://localhost:{site.server_address[1]}/"
        site.shutdown()
        serving.join(10)


def stored(server: str) -> int:
    with urllib.request.urlopen(f"{server}/api/v1/datasets", timeout=30) as answer:
        return len(json.load(answer)["datasets"])


def test_another_sites_page_cannot_write_from_a_browser(
    page: Page, server: str, elsewhere: str, csv_file: Path
) -> None:
    page.drop(csv_file)
    handle, before = page.js("location.pathname.split('/').pop()"), stored(server)
    page.driver.get(elsewhere)
    asked = page.driver.execute_async_script(
        """
        const [server, handle, body, done] = arguments;
        const send = (path, method, how = {}) =>
          fetch(server + path, { method, ...how }).then(() => 'read', () => 'refused');
        const form = document.querySelector('form');
        form.action = `${server}/api/v1/datasets`;
        form.submit();
        Promise.all([
          send('/api/v1/datasets', 'POST', { mode: 'no-cors', body }).then(() => 'sent'),
          send(`/api/v1/datasets/${handle}/recalculate`, 'POST', { mode: 'no-cors' }).then(() => 'sent'),
          send(`/api/v1/datasets/${handle}`, 'DELETE'),
          send('/api/v1/cache', 'DELETE'),
          send('/_dash-update-component', 'POST', { headers: { 'Content-Type': 'application/json' }, body: '{}' }),
          send('/api/v1/datasets', 'GET'),
        ]).then(done);
        """,
        server,
        handle,
        csv_file.read_text().replace("Load", "Planted"),
    )
    assert asked == ["sent", "sent", "refused", "refused", "refused", "refused"]
    assert stored(server) == before
    page.open(f"/explore/{handle}")
    page.drawn()
