import pytest

from parlour.app.addresses import AUTO, ListenAddress, parse_listen_address, parse_port


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:5060", ListenAddress("127.0.0.1", 5060)),
        ("[::1]:5061", ListenAddress("::1", 5061)),
        ("[0:0::1]:5061", ListenAddress("::1", 5061)),
        ("localhost:auto", ListenAddress("localhost", AUTO)),
    ],
)
def test_addresses_as_people_write_them(text: str, address: ListenAddress) -> None:
    assert parse_listen_address(text) == address


def test_text_and_back() -> None:
    for text in ("127.0.0.1:5060", "[::1]:auto"):
        assert str(parse_listen_address(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5060",
        ":5060",
        "::1:5060",
        "[::1]",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "999.1.1.1:1",
        "h:-1",
        "h:９",
        "h:1_0",
    ],
)
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_listen_address(text)


@pytest.mark.parametrize("text", ["0", "70000", "9" * 5000, "", "1.5", "AUTO"])
def test_ports_are_numbers_in_range_or_auto(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 65535"):
        parse_port(text)
