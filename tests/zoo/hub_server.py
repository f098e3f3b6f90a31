"""A small Hub on loopback: repositories in memory, and faults on request.

It answers what `huggingface_hub` asks while it makes repositories, commits regular and LFS files,
lists, resolves revisions and downloads, in the Hub's own forms. It has no Xet storage.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

WRITER, READER = "hf_writer", "hf_reader"
"""Tokens of the user alice: one may write, the other only read."""
USER = "alice"


class File(NamedTuple):
    """A file of a commit; large ones are kept as LFS objects."""

    content: bytes
    lfs: bool

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def git_oid(self) -> str:
        stored = self.content
        if self.lfs:
            lines = ("version https://git-lfs.github.com/spec/v1", f"oid sha256:{self.sha256}")
            stored = "\n".join([*lines, f"size {len(self.content)}\n"]).encode()
        return hashlib.sha1(b"blob %d\0" % len(stored) + stored).hexdigest()


@dataclass
class Repository:
    """Branches and tags name commits; a commit is a set of files."""

    private: bool
    sdk: str | None = None
    commits: dict[str, dict[str, File]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, File]) -> str:
        sha = secrets.token_hex(20)
        self.commits[sha] = files
        self.names[branch] = sha
        return sha

    def files(self, revision: str = "main") -> dict[str, File]:
        return self.commits[self.names.get(revision, revision)]


@dataclass
class Fault:
    """What goes wrong with requests whose "METHOD /path" matches; the first so many of them."""

    match: str
    times: int = 1
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    spoil: Callable[[bytes], bytes] = bytes
    pause: float = 0.0


class HubServer:
    """The server: `url`, what it holds, what was asked of it, and `faults` to come."""

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.objects: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.connections: list[socket.socket] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self._http.hub = self  # type: ignore[attr-defined]
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        # Another host for the client, as the Hub's store of large files is.
        self.store = f"http://localhost:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cut the network: connections that are open end, new ones are refused."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._http.server_close()
            self._thread.join()
            for connection in self.connections:
                with suppress(OSError):  # it has ended before
                    connection.shutdown(socket.SHUT_RDWR)

    def asked(self, pattern: str) -> list[dict[str, str]]:
        """Headers of the requests so far whose "METHOD /path" matches."""
        return [headers for line, headers in self.requests if re.search(pattern, line)]

    def take_fault(self, line: str) -> Fault:
        """The fault that is due for a request."""
        for fault in self.faults:
            if fault.times and re.search(fault.match, line):
                fault.times -= 1
                return fault
        return Fault("")


class _Refused(Exception):
    """A request ends with this status and, in the Hub's words, this reason."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        self.status, self.message, self.code = status, message, code


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits for 40 ms
    timeout = 30

    def setup(self) -> None:
        super().setup()
        self.server.hub.connections.append(self.connection)  # type: ignore[attr-defined]

    def _serve(self) -> None:
        hub: HubServer = self.server.hub  # type: ignore[attr-defined]
        self.hub, self.url = hub, urlsplit(self.path)
        path = unquote(self.url.path)
        line = f"{self.command} {path}"
        hub.requests.append((line, {key.lower(): value for key, value in self.headers.items()}))
        self.fault = hub.take_fault(line)
        self.body = self._read_body()
        if self.fault.status:
            self._answer_json({"error": "a fault"}, self.fault.status, self.fault.headers)
            return
        try:
            for old, new in hub.moved.items():
                if f"/{old}/" in f"{path}/":
                    self._answer(b"", 307, {"Location": self.path.replace(old, new, 1)})
                    return
            for pattern, answer in ROUTES:
                if match := re.fullmatch(pattern, line):
                    answer(self, **match.groupdict())
                    return
            raise _Refused(404, f"no such page: {line}")
        except _Refused as refused:
            headers = {"X-Error-Message": refused.message}
            if refused.code:
                headers["X-Error-Code"] = refused.code
            self._answer_json({"error": refused.message}, refused.status, headers)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            chunks = []
            while size := int(self.rfile.readline(), 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(chunks)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _answer_json(
        self, document: Any, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        headers = {"Content-Type": "application/json"} | (headers or {})
        self._answer(json.dumps(document).encode(), status, headers)

    def _answer(
        self, body: bytes, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        body = self.fault.spoil(body)
        self.send_response(status)
        for key, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if self.fault.cut_after is not None:
            self.wfile.write(body[: self.fault.cut_after])
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif self.fault.pause:
            for start in range(0, len(body), 512):
                self.wfile.write(body[start : start + 512])
                time.sleep(self.fault.pause)
        else:
            self.wfile.write(body)

    # Who asks, and what is asked for.

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _may_write(self, owner: str) -> None:
        if self._token() not in (WRITER, READER):
            raise _Refused(401, "Invalid username or password.")
        if self._token() == READER or owner != USER:
            raise _Refused(403, "You don't have the required permissions")

    def _repository(self, repo: str, kind: str = "models") -> Repository:
        found = self.hub.repositories.get(f"{kind}/{repo}")
        known = self._token() in (WRITER, READER)
        if found is None or (found.private and not known):
            raise _Refused(404 if known else 401, "Repository not found", "RepoNotFound")
        return found

    def _commit(self, found: Repository, revision: str) -> str:
        sha = found.names.get(revision, revision)
        if sha not in found.commits:
            raise _Refused(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return sha

    # Reading.

    def info(self, kind: str, repo: str, revision: str | None) -> None:
        found = self._repository(repo, kind)
        sha = self._commit(found, revision or "main")
        siblings = [{"rfilename": path} for path in found.commits[sha]]
        self._answer_json({"id": repo, "sha": sha, "private": found.private, "siblings": siblings})

    def list_models(self) -> None:
        asked = parse_qs(self.url.query)
        author, library = asked["author"][0], asked["filter"][0]
        found = []
        for key, repository in self.hub.repositories.items():
            card = repository.files().get("README.md", File(b"", False)).content.decode()
            if key.startswith(f"models/{author}/") and f'library_name: "{library}"' in card:
                found.append({"id": key.removeprefix("models/")})
        self._answer_json(found)

    def tree(self, kind: str, repo: str, revision: str) -> None:
        found = self._repository(repo, kind)
        entries = []
        for path, file in found.commits[self._commit(found, revision)].items():
            size = len(file.content)
            entry = {"type": "file", "path": path, "size": size, "oid": file.git_oid}
            if file.lfs:
                entry["lfs"] = {"oid": file.sha256, "size": size, "pointerSize": 134}
            entries.append(entry)
        self._answer_json(entries)

    def resolve(self, repo: str, revision: str, path: str) -> None:
        found = self._repository(repo)
        sha = self._commit(found, revision)
        if path not in found.commits[sha]:
            raise _Refused(404, "Entry not found", "EntryNotFound")
        file = found.commits[sha][path]
        headers = {"X-Repo-Commit": sha, "ETag": f'"{file.git_oid}"', "Accept-Ranges": "bytes"}
        if file.lfs:
            self.hub.objects[file.sha256] = file.content
            linked = {"X-Linked-ETag": f'"{file.sha256}"', "X-Linked-Size": str(len(file.content))}
            place = {"Location": f"{self.hub.store}/store/{file.sha256}"}
            self._answer(b"", 302, headers | linked | place)
        else:
            self._answer_range(file.content, headers)

    def stored(self, oid: str) -> None:
        self._answer_range(self.hub.objects[oid], {"Accept-Ranges": "bytes"})

    def _answer_range(self, content: bytes, headers: dict[str, str]) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked is None:
            self._answer(content, 200, headers)
            return
        start = int(asked[1])
        place = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"}
        self._answer(content[start:], 206, headers | place)

    # Writing.

    def create(self) -> None:
        asked = json.loads(self.body)
        owner = asked.get("organization") or USER
        self._may_write(owner)
        kind = f"{asked.get('type') or 'model'}s"
        repo = f"{owner}/{asked['name']}"
        url = {"url": f"{self.hub.url}/{'' if kind == 'models' else kind + '/'}{repo}"}
        if f"{kind}/{repo}" in self.hub.repositories:
            self._answer_json(url | {"error": "You already created this repo"}, 409)
            return
        new = Repository(asked.get("visibility") == "private", asked.get("sdk"))
        new.commit("main", {".gitattributes": File(b"*.safetensors filter=lfs\n", False)})
        self.hub.repositories[f"{kind}/{repo}"] = new
        self._answer_json(url)

    def branch(self, kind: str, repo: str, branch: str) -> None:
        self._may_write(repo.split("/")[0])
        found = self._repository(repo, kind)
        if branch in found.names:
            raise _Refused(409, "Reference already exists")
        found.names[branch] = found.names["main"]
        self._answer_json({})

    def validate_card(self) -> None:
        content = json.loads(self.body)["content"]
        if content.startswith("---\n") and "\n---\n" in content:
            self._answer_json({"errors": [], "warnings": []})
        else:
            self._answer_json({"errors": [{"message": "there is no metadata"}]}, 400)

    def preupload(self, kind: str, repo: str, revision: str) -> None:
        self._may_write(repo.split("/")[0])
        there = self._repository(repo, kind).files(revision)
        files = []
        for asked in json.loads(self.body)["files"]:
            path = asked["path"]
            mode = "lfs" if path.endswith(".safetensors") else "regular"
            old = there.get(path)
            oid = None if old is None else old.sha256 if old.lfs else old.git_oid
            files.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._answer_json({"files": files})

    def lfs_batch(self, repo: str) -> None:
        self._may_write(repo.removeprefix("spaces/").split("/")[0])
        objects = json.loads(self.body)["objects"]
        for entry in objects:
            if entry["oid"] not in self.hub.objects:
                upload = {"href": f"{self.hub.store}/store/{entry['oid']}"}
                verify = {"href": f"{self.hub.url}/lfs/verify"}
                entry["actions"] = {"upload": upload, "verify": verify}
        self._answer_json({"transfer": "basic", "objects": objects})

    def store(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            raise _Refused(400, "the content is not what its checksum says")
        self.hub.objects[oid] = self.body
        self._answer(b"")

    def lfs_verify(self) -> None:
        asked = json.loads(self.body)
        content = self.hub.objects.get(asked["oid"])
        whole = content is not None and len(content) == asked["size"]
        self._answer_json({}, 200 if whole else 404)

    def commit(self, kind: str, repo: str, revision: str) -> None:
        self._may_write(repo.split("/")[0])
        found = self._repository(repo, kind)
        files = dict(found.files(revision))
        for line in self.body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = File(base64.b64decode(value["content"]), False)
            elif entry["key"] == "lfsFile":
                files[value["path"]] = File(self.hub.objects[value["oid"]], True)
            elif entry["key"] == "deletedFile":
                del files[value["path"]]
        sha = found.commit(revision, files)
        url = f"{self.hub.url}/{repo}/commit/{sha}"
        self._answer_json({"success": True, "commitOid": sha, "commitUrl": url})


_REPO = r"(?P<repo>[^/]+/[^/]+)"
_API = rf"/api/(?P<kind>models|spaces)/{_REPO}"
ROUTES: tuple[tuple[str, Callable[..., None]], ...] = (
    (r"GET /api/models", _Handler.list_models),
    (rf"GET {_API}(/revision/(?P<revision>.+))?", _Handler.info),
    (rf"GET {_API}/tree/(?P<revision>.+)", _Handler.tree),
    (rf"(GET|HEAD) /{_REPO}/resolve/(?P<revision>[^/]+)/(?P<path>.+)", _Handler.resolve),
    (r"GET /store/(?P<oid>\w+)", _Handler.stored),
    (r"POST /api/repos/create", _Handler.create),
    (rf"POST {_API}/branch/(?P<branch>.+)", _Handler.branch),
    (r"POST /api/validate-yaml", _Handler.validate_card),
    (rf"POST {_API}/preupload/(?P<revision>.+)", _Handler.preupload),
    (r"POST /(?P<repo>.+)\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    (r"PUT /store/(?P<oid>\w+)", _Handler.store),
    (r"POST /lfs/verify", _Handler.lfs_verify),
    (rf"POST {_API}/commit/(?P<revision>.+)", _Handler.commit),
)
