"""The table of bindings: nothing is left behind in any of its indexes."""

from parlour.frontend.bindings import Binding, BindingTable
from tests.frontend.fakes import ALICE, BOB, FakeConnection

NOW = 50.0


def binding(
    flow: FakeConnection, person: str = ALICE, key: str = "k", *, q: float = 1.0, until: float = 100.0
) -> Binding:
    address = f"sip:{key}@h;transport="
    return Binding(person, key, f"sip:{key}@h", address, flow, "c", 1, until, instance=key, q=q)


def test_found_by_everything() -> None:
    table, flow = BindingTable(), FakeConnection()
    one = binding(flow)
    assert table.put(one) is None
    assert table.find(ALICE, "k", NOW) is one
    assert table.find_ident(ALICE, one.ident, NOW) is one
    assert table.find_instance(ALICE, "K", NOW) is one
    assert table.find_address(one.address, NOW) is one
    assert table.find(BOB, "k", NOW) is None
    assert table.find(ALICE, "k", 100.0) is None


def test_replacing_and_removing_leave_nothing() -> None:
    table, old_flow, flow = BindingTable(), FakeConnection(), FakeConnection()
    old, new = binding(old_flow), binding(flow)
    table.put(old)
    assert table.put(new) is old
    table.remove(old)
    assert len(table) == 1, "what was replaced cannot take its successor along"
    assert table.remove_flow(old_flow) == []
    assert table.remove_flow(flow) == [new]
    assert len(table) == 0
    assert (table._people, table._contacts, table._flows) == ({}, {}, {})


def test_order() -> None:
    table, flow = BindingTable(), FakeConnection()
    for key, q, until in (("a", 0.5, 90.0), ("b", 1.0, 70.0), ("c", 1.0, 80.0)):
        table.put(binding(flow, key=key, q=q, until=until))
    assert [b.key for b in table.of(ALICE, NOW)] == ["c", "b", "a"]


def test_expired() -> None:
    table, flow = BindingTable(), FakeConnection()
    table.put(binding(flow, until=60.0))
    table.put(binding(flow, BOB))
    assert [b.person for b in table.remove_expired(60.0)] == [ALICE]
    assert len(table) == 1


def test_same_address_of_two_people() -> None:
    table, flow = BindingTable(), FakeConnection()
    table.put(binding(flow))
    table.put(binding(flow, BOB))
    table.remove_flow(FakeConnection())
    assert len(table) == 2
