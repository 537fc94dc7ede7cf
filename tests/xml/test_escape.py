"""Escaping: a parser gives back what was typed, minus what XML cannot carry."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from parlour.xml.escape import escape_attribute, escape_text, strip_forbidden

ANYTHING = st.text(alphabet=st.characters())


def test_examples() -> None:
    assert escape_text("a < b & c > d") == "a &lt; b &amp; c &gt; d"
    assert escape_text('one\r\ntwo "three"') == 'one&#xD;\ntwo "three"'
    assert escape_text("\x00bell\x07\ud800\uffff\u00a0\u3000") == "bell\u00a0\u3000"
    assert escape_attribute('say "hi"\t&\r\n') == "say &quot;hi&quot;&#x9;&amp;&#xD;&#xA;"
    assert escape_attribute("a\x1fb") == "ab"


@given(ANYTHING)
def test_a_parser_gives_it_back(text: str) -> None:
    kept = strip_forbidden(text)
    element = ElementTree.fromstring(f'<a b="{escape_attribute(text)}">{escape_text(text)}</a>')
    assert (element.text or "") == kept
    assert element.get("b") == kept
