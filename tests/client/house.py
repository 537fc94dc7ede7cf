"""The real server in this process, for clients that come over loopback sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parlour.app.certificates import make_self_signed, server_context
from parlour.app.config_load import make_settings
from parlour.app.data_dir import DataDir
from parlour.app.demo import make_demo
from parlour.app.ready import Demo
from parlour.app.wiring import Core, SipSide, build_sip, open_core
from parlour.client import Client, ClientSettings
from tests.ports import free_port

DOMAIN = "contoso.example"
PASSWORD = "Secret123"
FAST = ClientSettings(
    first_delay=0.05, longest_delay=0.2, connect_timeout=60.0, sign_in_timeout=60.0, answer_timeout=60.0
)


@dataclass
class House:
    core: Core
    sip: SipSide
    demo: Demo
    server: str
    certificate: Path | None

    def room(self, name: str) -> str:
        return next(room.uri for room in self.demo.rooms if room.name == name)

    def client(self, name: str, **options: Any) -> Client:
        """A client of one of the demo users."""
        secure = {"transport": "tls", "certificate": self.certificate} if self.certificate else {"transport": "tcp"}
        wishes: dict[str, Any] = {"server": self.server, "settings": FAST, **secure, **options}
        return Client.connect(f"{name}@{DOMAIN}", wishes.pop("password", PASSWORD), **wishes)

    async def run(self, command: str, **params: Any) -> Any:
        """An administrative command."""
        return await self.core.commands.run(command, params)

    def cut_connections(self) -> None:
        """Every connection is gone, as when a cable is pulled."""
        for connection in list(self.sip.endpoint.connections):
            connection.abort()


@asynccontextmanager
async def house(data_dir: Path, *, port: int | None = None, tls: bool = False, **settings: Any) -> AsyncIterator[House]:
    """A server with the demo people and rooms; in the same directory it goes on where it stopped. `port`: where it is
    to be found again; any by itself."""
    DataDir(data_dir).prepare()
    made = make_settings({"domain": DOMAIN, "data_dir": str(data_dir), **settings}, origin="test")
    certificate, key = data_dir / "certificate.pem", data_dir / "key.pem"
    if tls and not certificate.exists():
        make_self_signed(certificate, key, [DOMAIN, "127.0.0.1"])
    async with open_core(made) as core:
        demo = await make_demo(core, made, PASSWORD)
        sip = build_sip(made, core)
        context = server_context(certificate, key, "1.2") if tls else None
        host, bound = await sip.endpoint.listen("TLS" if tls else "TCP", "127.0.0.1", port or free_port(), context)
        try:
            yield House(core, sip, demo, f"{host}:{bound}", certificate if tls else None)
        finally:
            await sip.close()
