"""The registrar: REGISTER in, answer and changed bindings out (RFC 3261 section 10.3). Pure: time is an argument.

The request has been authenticated and its From has been found to be the person. Everything is checked before anything
is changed: a REGISTER is done completely or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Final

from parlour.frontend.answer import Answer
from parlour.frontend.bindings import Binding, BindingTable, Flow
from parlour.frontend.gruu import legacy_gruu, public_gruu
from parlour.frontend.reading import ContactField, contact_fields, epid_of, is_star, option_tags
from parlour.sip.message import Request

__all__ = ["ALLOW_EVENTS", "Registrar", "Registration"]

ALLOW_EVENTS: Final = "vnd-microsoft-provisioning-v2,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-self,presence"
"""COMPAT: SIPE splits at commas without trimming, so there are no blanks."""
MAX_BINDINGS: Final = 16
"""Endpoints one person may have registered at the same time. This and the rest: docs/protocol/sip.md, "REGISTER"."""
_DEFAULT_EXPIRES: Final = 7200
_MIN_EXPIRES: Final = 60
_MAX_EXPIRES: Final = 86400
_KEEP_ALIVE: Final = 300


@dataclass(frozen=True, slots=True)
class Registration:
    """What a REGISTER came to. `replaced` were taken over by a newer registration of the same endpoint."""

    answer: Answer
    added: tuple[Binding, ...] = ()
    replaced: tuple[Binding, ...] = ()
    removed: tuple[Binding, ...] = ()


@dataclass(slots=True)
class _Plan:
    put: list[Binding] = field(default_factory=list)
    remove: list[Binding] = field(default_factory=list)


class Registrar:
    """One per server, sharing its table with the router."""

    def __init__(self, table: BindingTable) -> None:
        self._table = table

    def register(self, person: str, request: Request, flow: Flow, *, now: float, wall: float) -> Registration:
        """`person` is the address of record; `now` monotonic, `wall` since 1970. Raises RemoteProtocolError 400."""
        plan = self._plan(person, request, flow, now)
        if isinstance(plan, Answer):
            return Registration(plan)
        replaced = [old for old in map(self._table.put, plan.put) if old is not None]
        known = {binding.key for binding in replaced}
        for binding in plan.remove:
            self._table.remove(binding)
        headers = self._headers(person, request, plan, refreshed=bool(known), now=now)
        return Registration(
            Answer(200, headers=(*headers, ("Date", formatdate(wall, usegmt=True)))),
            added=tuple(binding for binding in plan.put if binding.key not in known),
            replaced=tuple(replaced),
            removed=tuple(plan.remove),
        )

    def _plan(self, person: str, request: Request, flow: Flow, now: float) -> _Plan | Answer:
        current = self._table.of(person, now)
        if is_star(request):
            return self._plan_star(request, flow, current)
        plan = _Plan()
        for contact in contact_fields(request):
            refusal = self._plan_contact(plan, person, contact, request, flow, now)
            if refusal is not None:
                return refusal
        new = {binding.key for binding in plan.put} - {binding.key for binding in current}
        gone = {binding.key for binding in plan.remove}
        if len(current) + len(new) - len(gone) > MAX_BINDINGS:
            return Answer(403, "Too Many Endpoints")
        return plan

    def _plan_star(self, request: Request, flow: Flow, current: Sequence[Binding]) -> _Plan | Answer:
        """Step 6: `Contact: *` removes everything and goes with `Expires: 0` only."""
        if len(request.headers.get_all("Contact")) != 1 or request.headers.get("Expires") != "0":
            return Answer(400, "Bad Wildcard Contact")
        if any(_is_late(request, flow, binding) for binding in current):
            return Answer(400, "CSeq Out Of Order")
        return _Plan(remove=list(current))

    def _plan_contact(
        self, plan: _Plan, person: str, contact: ContactField, request: Request, flow: Flow, now: float
    ) -> Answer | None:
        """Step 7, for one contact."""
        expires = self._expiry(contact, request)
        if 0 < expires < _MIN_EXPIRES:
            return Answer(423, "Interval Too Brief", (("Min-Expires", str(_MIN_EXPIRES)),))
        epid = epid_of(request)
        key = contact.key or epid or contact.canonical
        existing = self._table.find(person, key, now)
        if existing is not None and _is_late(request, flow, existing):
            return Answer(400, "CSeq Out Of Order")
        if expires:
            binding = Binding(
                person=person,
                key=key,
                contact=contact.uri,
                address=contact.canonical,
                flow=flow,
                call_id=request.call_id,
                cseq=request.cseq.number,
                expires_at=now + expires,
                epid=epid,
                instance=contact.instance,
                q=contact.q,
                user_agent=request.headers.get("User-Agent") or "",
            )
            plan.put.append(binding)
        elif existing is not None and (existing.flow is flow or existing.address == contact.canonical):
            # An endpoint signed in anew elsewhere: what it was before signs off alone.
            plan.remove.append(existing)
        return None

    def _expiry(self, contact: ContactField, request: Request) -> int:
        """Seconds granted, or asked for when that is too short; a value that makes no sense counts as none."""
        asked = contact.expires if contact.expires is not None else request.headers.get("Expires")
        if asked is None or not asked.isascii() or not asked.isdigit():
            return _DEFAULT_EXPIRES
        return min(int(asked[:10]), _MAX_EXPIRES)

    def _headers(
        self, person: str, request: Request, plan: _Plan, *, refreshed: bool, now: float
    ) -> list[tuple[str, str]]:
        headers: list[tuple[str, str]] = []
        granted = [round(binding.expires_at - now) for binding in plan.put]
        if granted or plan.remove:
            # COMPAT: without this header SIPE ignores the answer altogether; the parameter of Contact is not enough.
            headers.append(("Expires", str(max(granted, default=0))))
        tags = option_tags(request, "Supported")
        headers += [("Contact", _contact(binding, tags, now)) for binding in self._table.of(person, now)]
        if plan.put:
            headers.append(("presence-state", f'register-action="{"refreshed" if refreshed else "added"}"'))
        # COMPAT: SIPE compares whole header values with these two tags, so each has a header of its own.
        headers += [("Supported", "adhoclist"), ("Supported", "msrtc-event-categories")]
        if "gruu" in tags:
            headers.append(("Supported", "gruu"))
        headers.append(("Allow-Events", ALLOW_EVENTS))
        if "ms-keep-alive" in request.headers:
            value = f"UAS; tcp=no; hop-hop=yes; end-end=no; timeout={_KEEP_ALIVE}"
            headers.append(("ms-keep-alive", value))
        return headers


def _is_late(request: Request, flow: Flow, existing: Binding) -> bool:
    """Within one Call-ID a CSeq that does not grow marks an overtaken request (RFC 3261 section 10.3, step 7).

    COMPAT: SIPE draws its Call-IDs from the second in which it starts, so that two processes may have the same one; who
    comes over another connection was not overtaken but has begun anew."""
    return existing.flow is flow and existing.call_id == request.call_id and request.cseq.number <= existing.cseq


def _contact(binding: Binding, tags: frozenset[str], now: float) -> str:
    value = f"<{binding.contact}>;expires={max(1, round(binding.expires_at - now))}"
    if binding.q < 1.0:
        value += f";q={binding.q:.3g}"
    if binding.instance:
        value += f';+sip.instance="<{binding.instance}>"'
        if "gruu" in tags:
            value += f';pub-gruu="{public_gruu(binding.person, binding.instance)}"'
    if binding.endpoint and "gruu-10" in tags:
        value += f';gruu="{legacy_gruu(binding.person, binding.instance or binding.epid)}"'
    return value
