"""Servers that speak SFTP, over a socket that our guard has opened, by the key that was pinned."""

import base64
import hashlib
import io
import posixpath
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import paramiko

from apps.importexport.adapters.endpoints.ports import LIMITS, PURPOSE, Package, Parcel, Seen
from apps.importexport.domain.endpoints.paths import fixed_part, joined
from apps.importexport.errors import EndpointRefusedError, SourceChangedError
from kernel.errors import DomainError, NotFoundError
from kernel.jobs.running import current_job
from kernel.outbound.errors import OutboundFailedError
from kernel.outbound.sockets import connected

_SECONDS = LIMITS.idle.total_seconds()
#: What servers give at a time, and how much is on its way at once: so much is in memory.
_PIECE = 32 * 1024
_WINDOW = 64 * _PIECE
_TEST = b"Septet was here to see whether exports can be delivered.\n"
_KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)


class SFTP:
    """A folder of a server, with the rights of a user of it."""

    def __init__(self, settings: Mapping[str, Any], secret: str) -> None:
        self._settings, self._secret = settings, secret
        self._host, self._port = str(settings["host"]), int(settings["port"])

    def deliver(self, package: Package) -> str:
        with self._session() as there:
            _make_folders(there, package.folder)
            for parcel in package.parcels:
                _send(there, package, parcel)
        return f"sftp://{self._host}/{joined(package.folder, '')}"

    def test(self) -> str:
        folder = fixed_part(str(self._settings["folder"]))
        name = joined(folder, f"septet-test-{uuid4()}.txt")
        with self._session() as there:
            _make_folders(there, folder)
            with there.open(name, "wb") as file:
                file.write(_TEST)
            there.remove(name)
        return f"{name} was written and removed again"

    def look(self, path: str) -> Seen:
        with self._session() as there:
            return _seen(there, path)

    def read(self, path: str, seen: Seen) -> Iterator[bytes]:
        with self._session() as there:
            if _seen(there, path) != seen:
                raise SourceChangedError(f"{path} is not what was looked at any more")
            with there.open(path, "rb") as file:
                for start in range(0, seen.size_bytes, _WINDOW):
                    end = min(start + _WINDOW, seen.size_bytes)
                    # Asked for together, so that a far server is not waited for at each piece.
                    pieces = [(at, min(_PIECE, end - at)) for at in range(start, end, _PIECE)]
                    window = b"".join(file.readv(pieces))
                    if len(window) != end - start:
                        raise SourceChangedError(f"{path} became shorter while it was read")
                    yield window

    @contextmanager
    def _session(self) -> Iterator[paramiko.SFTPClient]:
        if not self._settings["host_key"]:
            raise EndpointRefusedError(
                f"the server shows the key {self._shown_key()}: compare it, and say it as host_key"
            )
        with _told(self._host), self._transport() as transport:
            self._check(transport.get_remote_server_key())
            self._sign_in(transport)
            there = paramiko.SFTPClient.from_transport(transport)
            if there is None:
                raise OutboundFailedError(f"{self._host} opens no channel")
            with there:
                there.get_channel().settimeout(_SECONDS)
                yield there

    @contextmanager
    def _transport(self) -> Iterator[paramiko.Transport]:
        with connected("sftp", self._host, self._port, purpose=PURPOSE, limits=LIMITS) as there:
            transport = paramiko.Transport(there)
            try:
                self._ask_for_pinned(transport.get_security_options())
                transport.banner_timeout = transport.auth_timeout = _SECONDS
                transport.start_client(timeout=_SECONDS)
                yield transport
            finally:
                transport.close()

    def _ask_for_pinned(self, options: paramiko.transport.SecurityOptions) -> None:
        """Let a server that has keys of several types show the one that is pinned."""
        type_, _, more = str(self._settings["host_key"]).partition(" ")
        # One key of RSA signs in several ways.
        wanted = ("ssh-rsa", "rsa-sha2-256", "rsa-sha2-512") if type_ == "ssh-rsa" else (type_,)
        known = tuple(one for one in options.key_types if one in wanted)
        if more and known:
            options.key_types = known

    def _shown_key(self) -> str:
        with _told(self._host), self._transport() as transport:
            return _fingerprint(transport.get_remote_server_key())

    def _check(self, key: paramiko.PKey) -> None:
        pinned = str(self._settings["host_key"])
        if pinned in (_fingerprint(key), f"{key.get_name()} {key.get_base64()}"):
            return
        raise EndpointRefusedError(
            f"the server shows the key {_fingerprint(key)}, which is not the one that was pinned"
        )

    def _sign_in(self, transport: paramiko.Transport) -> None:
        user = str(self._settings["user"])
        if self._secret.startswith("-----BEGIN"):
            transport.auth_publickey(user, _key(self._secret))
        else:
            transport.auth_password(user, self._secret)


def check_secret(secret: str) -> None:
    """Raise EndpointRefusedError for a private key that cannot be used."""
    if secret.startswith("-----BEGIN"):
        _key(secret)


def _key(text: str) -> paramiko.PKey:
    for kind in _KEYS:
        with suppress(paramiko.SSHException, ValueError, IndexError):
            return kind.from_private_key(io.StringIO(text))
    raise EndpointRefusedError(
        "the private key is none of Ed25519, ECDSA or RSA in OpenSSH's form without a passphrase"
    )


def _fingerprint(key: paramiko.PKey) -> str:
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def _make_folders(there: paramiko.SFTPClient, folder: str) -> None:
    made = "/" if folder.startswith("/") else ""
    for part in filter(None, folder.split("/")):
        made = posixpath.join(made, part)
        try:
            there.stat(made)
        except FileNotFoundError:
            # Another delivery may make it at the same time.
            with suppress(OSError):
                there.mkdir(made)


def _send(there: paramiko.SFTPClient, package: Package, parcel: Parcel) -> None:
    """Write beside where it belongs, and put it there whole."""
    path = joined(package.folder, parcel.name)
    draft = joined(package.folder, f".{parcel.name}.{package.id}.part")
    with parcel.opened() as chunks, there.open(draft, "wb") as file:
        file.set_pipelined(True)
        for chunk in chunks:
            file.write(chunk)
            current_job().check()
    size = there.stat(draft).st_size
    if size != parcel.size_bytes:
        raise OutboundFailedError(f"the server has {size} of {parcel.size_bytes} bytes")
    try:
        there.posix_rename(draft, path)
    except OSError:
        # A server without the extension renames only to what is not there.
        with suppress(FileNotFoundError):
            there.remove(path)
        there.rename(draft, path)


def _seen(there: paramiko.SFTPClient, path: str) -> Seen:
    found = there.stat(path)
    if found.st_mode is not None and not stat.S_ISREG(found.st_mode):
        raise NotFoundError(f"{path} is no file")
    return Seen(size_bytes=found.st_size or 0, mark=f"{found.st_size}-{found.st_mtime}")


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Say in our words what goes wrong."""
    try:
        yield
    except DomainError:
        # Of the file that is sent, or said so already.
        raise
    except paramiko.AuthenticationException:
        raise EndpointRefusedError(f"{host} lets this user not in") from None
    except FileNotFoundError:
        raise NotFoundError(f"{host} has no such file or folder") from None
    except PermissionError:
        raise EndpointRefusedError(f"{host} refuses: permission denied") from None
    except (paramiko.SSHException, EOFError, OSError) as error:
        reason = str(error)[:200] or type(error).__name__
        raise OutboundFailedError(f"the session with {host} failed: {reason}") from None
