"""What tests of places outside have in common: places, a server of SFTP, exports to deliver."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import paramiko

from apps.importexport.models import DataEndpoint, ExportDelivery
from apps.importexport.services.endpoints import create_endpoint
from contracts.webhooks import new_secret

SECRET = new_secret(b"s" * 32)
USER, PASSWORD = "septet", "right"


def webhook(address: str, **more: Any) -> DataEndpoint:
    """Name a webhook at `host:port`."""
    settings = {"address": f"http://{address}/hook", **more}
    return create_endpoint(name="hook", kind="webhook", settings=settings, secret=SECRET)


def delivery() -> ExportDelivery:
    """Return the only one there is, as it stands now."""
    return ExportDelivery.objects.select_related("export", "endpoint").get()


class _Door(paramiko.ServerInterface):
    def __init__(self, public: paramiko.PKey | None) -> None:
        self._public = public

    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_auth_publickey(self, _username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self._public else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, _id: int) -> int:
        opens = kind == "session"
        return paramiko.OPEN_SUCCEEDED if opens else paramiko.OPEN_FAILED_UNKNOWN_CHANNEL_TYPE


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class _Folder(paramiko.SFTPServerInterface):
    """A real folder, as servers show one to whoever signs in."""

    folder: Path
    renames_over = True

    def _at(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    def stat(self, path: str) -> Any:
        return _tried(lambda: paramiko.SFTPAttributes.from_stat(self._at(path).stat()))

    lstat = stat

    def open(self, path: str, flags: int, _attr: Any) -> Any:
        def opened() -> Any:
            handle = _Handle(flags)
            # It closes them, as a server does at the end of a session.
            made = os.open(self._at(path), flags, 0o600)
            handle.readfile = handle.writefile = os.fdopen(made, "r+b" if flags else "rb")
            return handle

        return _tried(opened)

    def mkdir(self, path: str, _attr: Any) -> Any:
        return _tried(lambda: self._at(path).mkdir()) or paramiko.SFTP_OK

    def remove(self, path: str) -> Any:
        return _tried(lambda: self._at(path).unlink()) or paramiko.SFTP_OK

    def rename(self, old: str, new: str) -> Any:
        if self._at(new).exists():
            return paramiko.SFTP_FAILURE
        return _tried(lambda: self._moved(old, new)) or paramiko.SFTP_OK

    def posix_rename(self, old: str, new: str) -> Any:
        if not self.renames_over:
            return paramiko.SFTP_OP_UNSUPPORTED
        return _tried(lambda: self._moved(old, new)) or paramiko.SFTP_OK

    def _moved(self, old: str, new: str) -> None:
        self._at(old).replace(self._at(new))


def _tried(step: Any) -> Any:
    try:
        return step()
    except OSError as error:
        return paramiko.SFTPServer.convert_errno(error.errno or 0)


class Server:
    """A server of SFTP on a port of this machine."""

    def __init__(self, folder: Path, *, renames_over: bool, public: paramiko.PKey | None) -> None:
        self.folder = folder
        self.key = paramiko.ECDSAKey.generate()
        self.signed_in = 0
        self._public = public
        self._shows = type("_Shown", (_Folder,), {"folder": folder, "renames_over": renames_over})
        self._sessions: list[paramiko.Transport] = []
        self._listens = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listens.getsockname()[1])
        self._thread = Thread(target=self._serve)
        self._thread.start()

    @property
    def host_key(self) -> str:
        return f"{self.key.get_name()} {self.key.get_base64()}"

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return what names it."""
        usual = {"host": "127.0.0.1", "port": self.port, "user": USER, "host_key": self.host_key}
        usual["folder"] = "in/{export}"
        return usual | more

    def close(self) -> None:
        # Who waits for somebody to come is not woken by closing alone.
        self._listens.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listens.close()
        for one in self._sessions:
            one.close()

    def _serve(self) -> None:
        while True:
            try:
                there, _ = self._listens.accept()
            except OSError:
                return
            # Who leaves at once is no reason not to serve the next.
            with suppress(paramiko.SSHException, EOFError, OSError):
                session = paramiko.Transport(there)
                session.add_server_key(self.key)
                session.set_subsystem_handler("sftp", paramiko.SFTPServer, self._shows)
                self._sessions.append(session)
                session.start_server(server=_Door(self._public))


@contextmanager
def sftp_server(
    folder: Path, *, renames_over: bool = True, public: paramiko.PKey | None = None
) -> Iterator[Server]:
    """Serve a folder for a while."""
    server = Server(folder, renames_over=renames_over, public=public)
    try:
        yield server
    finally:
        server.close()
