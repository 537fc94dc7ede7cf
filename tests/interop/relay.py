"""A relay on the loopback, plain TCP in, TCP or TLS out: lends TLS to a client that has none, and sees who hangs up."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType

_ANY_CERTIFICATE = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_ANY_CERTIFICATE.check_hostname = False
_ANY_CERTIFICATE.verify_mode = ssl.CERT_NONE


class Relay:
    """Carries bytes until `close`. `hung_up` is set when the server ends a connection before the client does."""

    def __init__(self, port: int, *, tls: bool) -> None:
        self._target = ("127.0.0.1", port)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port = int(self._listener.getsockname()[1])
        self.hung_up = threading.Event()
        self._spawn(self._accept)

    def _spawn(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                self._spawn(self._carry, client)

    def _carry(self, client: socket.socket) -> None:
        """One connection, one thread per direction. The client is not told when the server leaves: sipp would give up
        at once, with nothing said about what it has heard before."""
        with contextlib.suppress(OSError):
            server = socket.create_connection(self._target, timeout=60)
            if self._tls:
                server = _ANY_CERTIFICATE.wrap_socket(server)
            server.settimeout(None)
            self._sockets.append(server)
            self._spawn(self._downwards, server, client)
            _pump(client, server)
            server.shutdown(socket.SHUT_RDWR)

    def _downwards(self, server: socket.socket, client: socket.socket) -> None:
        _pump(server, client)
        if not _has_left(client):
            self.hung_up.set()

    def close(self) -> None:
        for one in (self._listener, *self._sockets):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until either side ends."""
    with contextlib.suppress(OSError, ValueError):
        while data := source.recv(65536):
            sink.sendall(data)


def _has_left(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
