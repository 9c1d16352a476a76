"""A Hub on loopback: what `huggingface_hub` calls to make repositories, to commit with LFS, and to read them again.

It keeps everything in memory. `HubServer.failures` makes it fail where a test wants it to.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from huggingface_hub import constants, hf_api

MESSAGES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 500: "Internal Error"}


@dataclass
class Repository:
    """Commits, each a whole tree of path -> content, and the names of some of them."""

    private: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=lambda: {"0" * 40: {}})
    refs: dict[str, str] = field(default_factory=lambda: {"main": "0" * 40})
    lfs_paths: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)

    def sha(self, revision: str) -> str | None:
        """Return the commit that a branch, a tag or an id stands for."""
        return self.refs.get(revision) or (revision if revision in self.commits else None)

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """Return the files of a revision."""
        return self.commits[self.refs[revision]]


class HubServer:
    """The server; use it as a context, or `close` it."""

    def __init__(self) -> None:
        self.repositories: dict[tuple[str, str], Repository] = {}
        """By kind (`models`, `datasets`) and id."""
        self.tokens: dict[str, str] = {"hf_writer00": "me"}
        """Token -> the one namespace that it may write to; an empty one: none."""
        self.failures: list[tuple[str, int, int]] = []
        """Part of a path, status (0: the connection is cut), and how many times still."""
        self.blobs: dict[str, bytes] = {}
        self.calls: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def model(self, name: str) -> Repository:
        """Return a repository of a model."""
        return self.repositories["models", name]

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def failure(self, call: str) -> int | None:
        """Return the status that a call is to fail with, if it is."""
        for index, (part, status, times) in enumerate(self.failures):
            if part in call and times:
                self.failures[index] = (part, status, times - 1)
                return status
        return None


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        """Be quiet."""

    def _serve(self) -> None:
        path = urlsplit(self.path).path
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = f"{self.command} {path}"
        self.hub.calls.append(call)
        status = self.hub.failure(call)
        if status == 0:
            self.close_connection = True
            self.connection.close()
            return
        if status is not None:
            self._fail(status)
            return
        for method, pattern, answer in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and self.command in method.split("|"):
                try:
                    answer(self, *map(unquote, found.groups()))
                except (LookupError, ValueError, TypeError) as error:
                    self._fail(400, message=f"this server does not understand {call}: {error!r}")
                return
        self._fail(404)

    do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815  # as http.server names them

    def _send(self, content: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _json(self, value: Any, status: int = 200, **headers: str) -> None:
        self._send(json.dumps(value).encode(), status=status, **headers)

    def _fail(self, status: int, code: str = "", message: str = "") -> None:
        headers = {"X_Error_Code": code} if code else {}
        self._json({"error": message or MESSAGES.get(status, "failed")}, status, **headers)

    def _asked(self) -> Any:
        return json.loads(self.body or b"{}")

    def _owner(self) -> str | None:
        return self.hub.tokens.get((self.headers.get("Authorization") or "").removeprefix("Bearer "))

    def _may_write(self, owner: str) -> bool:
        if self._owner() is None:
            self._fail(401)
        elif self._owner() != owner:
            self._fail(403, message=f"You don't have the rights to write to {owner}")
        return self._owner() == owner

    def _found(self, kind: str, name: str) -> Repository | None:
        found = self.hub.repositories.get((kind, name))
        if found is None or (found.private and self._owner() != name.split("/")[0]):
            self._fail(404, "RepoNotFound", "Repository not found")
            return None
        return found

    def who_am_i(self) -> None:
        """Answer with the owner of the token."""
        self._json({"name": self._owner(), "type": "user"}) if self._owner() is not None else self._fail(401)
        return

    def validate(self) -> None:
        """Take any metadata."""
        self._json({"errors": [], "warnings": []})

    def create(self) -> None:
        """Make a repository."""
        asked = self._asked()
        owner = asked.get("organization") or self._owner() or ""
        if not self._may_write(owner):
            return
        key, name = (f"{asked.get('type', 'model')}s", f"{owner}/{asked['name']}"), f"{owner}/{asked['name']}"
        if key in self.hub.repositories:
            self._json({"error": "You already created this repo", "url": f"{self.hub.address}/{name}"}, 409)
            return
        self.hub.repositories[key] = Repository(private=asked.get("visibility") == "private")
        prefix = "datasets/" if key[0] == "datasets" else ""
        self._json({"url": f"{self.hub.address}/{prefix}{name}", "id": "1"})

    def info(self, kind: str, name: str, revision: str = "main") -> None:
        """Describe a repository."""
        if (repo := self._found(kind, name)) is None:
            return
        if (sha := repo.sha(revision)) is None:
            self._fail(404, "RevisionNotFound", "Invalid rev id")
            return
        siblings = [{"rfilename": path} for path in repo.commits[sha]]
        self._json({"id": name, "sha": sha, "private": repo.private, "siblings": siblings, "tags": [], "downloads": 0})

    def preupload(self, kind: str, name: str, revision: str) -> None:
        """Say which files are to come by LFS: the binary ones."""
        if self._found(kind, name) is None or not self._may_write(name.split("/")[0]):
            return
        modes = []
        for file in self._asked()["files"]:
            is_text = b"\0" not in base64.b64decode(file["sample"]) and not file["path"].endswith(".safetensors")
            mode = "regular" if is_text else "lfs"
            modes.append({"path": file["path"], "uploadMode": mode, "shouldIgnore": False, "oid": None})
        self._json({"files": modes})

    def lfs_batch(self, kind: str, name: str) -> None:
        """Say where to put large files."""
        if not self._may_write(name.split("/")[0]):
            return
        objects = [
            {"oid": each["oid"], "size": each["size"]}
            | ({} if each["oid"] in self.hub.blobs else {"actions": {"upload": self._place(each["oid"])}})
            for each in self._asked()["objects"]
        ]
        self._json({"transfer": "basic", "objects": objects})

    def _place(self, oid: str) -> dict[str, Any]:
        return {"href": f"{self.hub.address}/lfs/{oid}", "header": {}}

    def lfs_put(self, oid: str) -> None:
        """Take a large file."""
        if hashlib.sha256(self.body).hexdigest() != oid:
            self._fail(400)
            return
        self.hub.blobs[oid] = self.body
        self._send(b"")

    def commit(self, kind: str, name: str, revision: str) -> None:
        """Add files to a branch."""
        if (repo := self._found(kind, name)) is None or not self._may_write(name.split("/")[0]):
            return
        if revision not in repo.refs:
            self._fail(404, "RevisionNotFound", "Invalid rev id")
            return
        files = dict(repo.files(revision))
        for line in map(json.loads, self.body.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                repo.messages.append(value["summary"])
            elif line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.blobs[value["oid"]]
                repo.lfs_paths.add(value["path"])
            elif line["key"] == "deletedFile":
                files.pop(value["path"], None)
            elif line["key"] == "deletedFolder":
                files = {path: held for path, held in files.items() if not path.startswith(value["path"])}
        sha = hashlib.sha1(f"{name}{len(repo.commits)}".encode()).hexdigest()
        repo.commits[sha], repo.refs[revision] = files, sha
        self._json({"success": True, "commitOid": sha, "commitUrl": f"{self.hub.address}/{name}/commit/{sha}"})

    def name(self, kind: str, name: str, what: str, ref: str) -> None:
        """Make a branch or a tag."""
        if (repo := self._found(kind, name)) is None or not self._may_write(name.split("/")[0]):
            return
        new = ref if what == "branch" else self._asked()["tag"]
        if new in repo.refs:
            self._fail(409)
            return
        repo.refs[new] = repo.sha("main" if what == "branch" else ref) or repo.refs["main"]
        self._send(b"")

    def tree(self, kind: str, name: str, revision: str) -> None:
        """List the files of a repository."""
        if (repo := self._found(kind, name)) is None or (sha := repo.sha(revision)) is None:
            return
        files = repo.commits[sha].items()
        self._json([{"type": "file", "path": path, "size": len(held), "oid": _oid(held)} for path, held in files])

    def resolve(self, prefix: str, name: str, revision: str, path: str) -> None:
        """Hand out a file."""
        if (repo := self._found("datasets" if prefix else "models", name)) is None:
            return
        sha = repo.sha(revision)
        if sha is None:
            self._fail(404, "RevisionNotFound", "Invalid rev id")
            return
        if path not in repo.commits[sha]:
            self._json({"error": "Entry not found"}, 404, X_Error_Code="EntryNotFound", X_Repo_Commit=sha)
            return
        content = repo.commits[sha][path]
        self._send(content, "application/octet-stream", ETag=f'"{_oid(content)}"', X_Repo_Commit=sha)


def _oid(content: bytes) -> str:
    return hashlib.sha1(content).hexdigest()


_ID = "([^/]+/[^/]+)"
_KIND = "/api/(models|datasets)"
_ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("GET", "/api/whoami-v2", _Handler.who_am_i),
    ("POST", "/api/validate-yaml", _Handler.validate),
    ("POST", "/api/repos/create", _Handler.create),
    ("GET", f"{_KIND}/{_ID}", _Handler.info),
    ("GET", f"{_KIND}/{_ID}/revision/([^/]+)", _Handler.info),
    ("POST", f"{_KIND}/{_ID}/preupload/([^/]+)", _Handler.preupload),
    ("POST", f"{_KIND}/{_ID}/commit/([^/]+)", _Handler.commit),
    ("POST", f"{_KIND}/{_ID}/(branch|tag)/([^/]+)", _Handler.name),
    ("GET", f"{_KIND}/{_ID}/tree/([^/]+)", _Handler.tree),
    ("POST", rf"(/datasets|)/{_ID}\.git/info/lfs/objects/batch", _Handler.lfs_batch),
    ("PUT", "/lfs/([^/]+)", _Handler.lfs_put),
    ("GET|HEAD", f"(/datasets|)/{_ID}/resolve/([^/]+)/(.+)", _Handler.resolve),
]


@contextlib.contextmanager
def serving_hub(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[HubServer]:
    """Let the Hub's client talk to a server of its own, with a token that may write and a cache in a folder."""
    hub = HubServer()
    url = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
    for name, value in {
        "ENDPOINT": hub.address,
        "HUGGINGFACE_CO_URL_TEMPLATE": url,
        "HF_HUB_DISABLE_XET": True,  # the client then speaks LFS, as it does where hf_xet is not installed
        "HF_HUB_OFFLINE": False,
        "HF_HUB_CACHE": str(folder / "cache"),
        "HF_TOKEN_PATH": str(folder / "no-token"),
    }.items():
        monkeypatch.setattr(constants, name, value)
    monkeypatch.setattr(hf_api.api, "endpoint", hub.address)
    monkeypatch.setattr("transformers.utils.hub._hf_api", None)  # its own client, which knows the address of its start
    monkeypatch.setattr("trl_rlvr.training.hub.commit.PAUSES_S", (0.0,))
    monkeypatch.setenv("HF_TOKEN", "hf_writer00")
    try:
        yield hub
    finally:
        hub.close()
