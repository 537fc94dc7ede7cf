"""GRUUs: stable, one per endpoint, equal however the address is spelled."""

from parlour.frontend.gruu import endpoint_id, legacy_gruu, legacy_id, public_gruu

ALICE = "sip:alice@example.com"


def test_the_same_endpoint_always_gets_the_same_id() -> None:
    assert endpoint_id(ALICE, "c97532c1946f") == endpoint_id("sip:Alice@Example.com", "C97532C1946F")


def test_endpoints_and_people_differ() -> None:
    ids = {endpoint_id(person, epid) for person in (ALICE, "sip:bob@example.com") for epid in ("a1", "a2")}
    assert len(ids) == 4


def test_legacy_form_round_trips() -> None:
    gruu = legacy_gruu(ALICE, "a1")
    assert gruu.startswith("sip:alice@example.com;opaque=user:epid:")
    assert gruu.endswith(";gruu")
    assert legacy_id(gruu.split("opaque=")[1].split(";")[0]) == endpoint_id(ALICE, "a1")


def test_other_opaque_values_are_not_endpoints() -> None:
    assert legacy_id("app:conf:focus") is None


def test_public_form() -> None:
    assert public_gruu(ALICE, "urn:uuid:1") == "sip:alice@example.com;gr=urn:uuid:1"
