"""The built pages on a local port as a static host serves them: text compressed, files kept a while."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from sustainment.errors import UserError

COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".txt"}


class HostHandler(SimpleHTTPRequestHandler):
    """Answers like a host with gzip and Cache-Control; says nothing in the terminal."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path = path / "index.html"
        status = HTTPStatus.OK
        if not path.is_file():
            status, path = HTTPStatus.NOT_FOUND, Path(str(self.directory), "404.html")
        body = path.read_bytes() if path.is_file() else b""
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if path.suffix in COMPRESSED and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        static = "/_static/" in self.path or "/_images/" in self.path
        self.send_header("Cache-Control", "max-age=604800" if static else "no-cache")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on a free local port; yields the address, such as http://127.0.0.1:40123/."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(HostHandler, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def pages_of(site: Path) -> list[str]:
    """Every page of a built site, as an address below its root; UserError when there is none."""
    found = [
        name
        for path in sorted(site.rglob("*.html"))
        if not (name := path.relative_to(site).as_posix()).startswith("_static/")
    ]
    if not found:
        raise UserError(f"There are no pages in {site}. Build them first: make book.")
    return found


def chosen_pages(site: Path, wanted: list[str]) -> list[str]:
    """The pages whose address holds one of the words; all of them when no word is given."""
    pages = pages_of(site)
    chosen = [page for page in pages if any(word in page for word in wanted)] if wanted else pages
    if not chosen:
        raise UserError(
            f"No page of {site} has {' or '.join(map(repr, wanted))} in its address. Name a part of one, "
            f"such as {pages[0]!r}."
        )
    return chosen
