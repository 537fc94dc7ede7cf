import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.app.i18n import use_language
from parlour.app.os_errors import say_os_error


@pytest.fixture
def korean() -> Iterator[None]:
    use_language("ko")
    yield
    use_language("en")


def test_a_file_that_is_not_there(tmp_path: Path, korean: None) -> None:
    with pytest.raises(OSError) as caught:
        (tmp_path / "absent").read_bytes()
    assert say_os_error(caught.value) == "그런 파일이나 디렉터리가 없습니다"


@pytest.mark.parametrize("name", ["EACCES", "EISDIR", "ENOSPC", "EROFS", "ECONNREFUSED", "EPIPE", "EADDRINUSE"])
def test_what_usually_fails_is_told_in_korean(name: str, korean: None) -> None:
    number = getattr(errno, name)
    assert re.search("[가-힣]", say_os_error(OSError(number, os.strerror(number))))


def test_what_is_unusual_is_told_as_the_system_has_it() -> None:
    assert say_os_error(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert say_os_error(OSError("odd")) == "odd"
    assert say_os_error(TimeoutError("timed out")) == "no answer came in time"
