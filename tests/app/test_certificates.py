import asyncio
import datetime
import ssl
from pathlib import Path

import pytest

from parlour.app.certificates import local_names, make_self_signed, read_facts, read_own_facts, server_context
from parlour.app.problems import Problem


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    make_self_signed(certificate, key, local_names("example.com", ["192.0.2.1", "0.0.0.0"]))
    return certificate, key


def test_it_names_the_domain_and_loopback(pair: tuple[Path, Path]) -> None:
    facts = read_facts(pair[0])
    assert {"example.com", "sip.example.com", "localhost", "127.0.0.1", "::1", "192.0.2.1"} <= facts.names
    assert "0.0.0.0" not in facts.names
    now = datetime.datetime.now(datetime.UTC)
    assert facts.not_before < now < facts.not_after


def test_our_own_is_read_without_cryptography_and_says_the_same(pair: tuple[Path, Path]) -> None:
    assert read_own_facts(pair[0]) == read_facts(pair[0])
    pair[0].write_text("no certificate")
    assert read_own_facts(pair[0]) is None
    assert read_own_facts(pair[0].parent / "absent") is None


def test_only_the_owner_reads_the_key(pair: tuple[Path, Path]) -> None:
    assert pair[1].stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in pair[1].parent.iterdir()) == ["certificate.pem", "key.pem"]


async def test_a_client_that_trusts_it_connects_and_tls_1_1_does_not(pair: tuple[Path, Path]) -> None:
    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=server_context(*pair, "1.2"))
    port = server.sockets[0].getsockname()[1]
    context = ssl.create_default_context(cafile=str(pair[0]))
    _reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="example.com")
    assert writer.get_extra_info("ssl_object").version() in ("TLSv1.2", "TLSv1.3")
    writer.close()
    await writer.wait_closed()
    server.close()
    await server.wait_closed()
    assert server_context(*pair, "1.3").minimum_version is ssl.TLSVersion.TLSv1_3
    assert server_context(*pair, "1.2").minimum_version is ssl.TLSVersion.TLSv1_2


def test_missing_and_mismatched_files_are_problems(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(Problem, match="certificate-missing"):
        server_context(pair[0], tmp_path / "absent.pem", "1.2")
    with pytest.raises(Problem, match="certificate-missing"):
        read_facts(tmp_path / "absent.pem")
    make_self_signed(tmp_path / "other.pem", tmp_path / "other.key", ["other"])
    with pytest.raises(Problem, match="certificate-unusable"):
        server_context(pair[0], tmp_path / "other.key", "1.2")
    pair[0].write_text("no certificate")
    with pytest.raises(Problem, match="certificate-unusable"):
        read_facts(pair[0])
