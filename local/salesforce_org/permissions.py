"""Who may do what: object permissions, field-level security and user permissions.

A profile that may do everything is `everything=True`; everybody else has what the permission sets give, added up.
Field-level security of a component (MailingCity) is that of its compound (MailingAddress), and fields that are not
permissionable (system, required, master-detail) follow the object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .schema.model import Field, SObject

ALWAYS_READABLE = frozenset({"User", "Group", "Organization", "Profile", "PermissionSet", "PermissionSetAssignment"})
FOLLOWS = {
    "CampaignMember": "Campaign",
    "CampaignMemberStatus": "Campaign",
    "OpportunityContactRole": "Opportunity",
}
WITHOUT_FIELD_SECURITY = ALWAYS_READABLE | FOLLOWS.keys() | {"FeedItem"}


class FieldAccess(NamedTuple):
    read: bool = False
    edit: bool = False


class ObjectAccess(NamedTuple):
    read: bool = False
    create: bool = False
    edit: bool = False
    delete: bool = False
    view_all: bool = False


NONE = ObjectAccess()
ALL = ObjectAccess(True, True, True, True, True)


@dataclass
class PermissionSet:
    name: str
    label: str = ""
    objects: dict[str, ObjectAccess] = field(default_factory=dict)
    fields: dict[str, FieldAccess] = field(default_factory=dict)
    user_permissions: set[str] = field(default_factory=set)


@dataclass
class Permissions:
    """The sum of what one user was given. Answers are remembered until `forget`."""

    everything: bool = False
    sets: list[PermissionSet] = field(default_factory=list)
    marketing_user: bool = True
    _objects: dict[str, ObjectAccess] = field(default_factory=dict)
    _readable: dict[str, frozenset[str]] = field(default_factory=dict)
    _editable: dict[str, frozenset[str]] = field(default_factory=dict)

    def forget(self) -> None:
        """To be called when the schema or a permission set changed."""
        self._objects, self._readable, self._editable = {}, {}, {}

    def may(self, user_permission: str) -> bool:
        return self.everything or any(user_permission in each.user_permissions for each in self.sets)

    def object(self, sobject: SObject) -> ObjectAccess:
        if sobject.name not in self._objects:
            self._objects[sobject.name] = self._compute_object(sobject)
        return self._objects[sobject.name]

    def readable(self, sobject: SObject) -> frozenset[str]:
        """API names of the fields this user can see."""
        if sobject.name not in self._readable:
            visible = self.object(sobject).read
            names = (f.name for f in sobject.fields.values() if visible and self._field(sobject, f).read)
            self._readable[sobject.name] = frozenset(names)
        return self._readable[sobject.name]

    def editable(self, sobject: SObject) -> frozenset[str]:
        """API names of the fields this user may write, as far as field-level security goes."""
        if sobject.name not in self._editable:
            names = (f.name for f in sobject.fields.values() if self._field(sobject, f).edit)
            self._editable[sobject.name] = frozenset(names)
        return self._editable[sobject.name]

    def _compute_object(self, sobject: SObject) -> ObjectAccess:
        name = sobject.name
        if self.everything:
            return ALL
        if name in ALWAYS_READABLE:
            return ObjectAccess(read=True)
        if name in ("Task", "Event"):
            edits = self.may("EditTask" if name == "Task" else "EditEvent")
            return ObjectAccess(self.may("ActivitiesAccess"), edits, edits, edits)
        if name == "FeedItem":
            chats = self.may("ChatterInternalUser")
            return ObjectAccess(chats, chats, chats, chats)
        granted = self._granted(FOLLOWS.get(name, name))
        if name == "CampaignMember":
            writes = granted.edit and self.marketing_user
            return ObjectAccess(granted.read, writes, writes, writes)
        if name in FOLLOWS:
            return ObjectAccess(granted.read, granted.edit, granted.edit, granted.edit)
        return granted

    def _granted(self, name: str) -> ObjectAccess:
        grants = [each.objects.get(name, NONE) for each in self.sets]
        return ObjectAccess(*(any(column) for column in zip(NONE, *grants, strict=True)))

    def _field(self, sobject: SObject, item: Field) -> FieldAccess:
        if self.everything or (not item.custom and sobject.name in WITHOUT_FIELD_SECURITY):
            return FieldAccess(True, True)
        governing = sobject.fields.get(item.compound, item) if item.compound else item
        if not governing.permissionable:
            return FieldAccess(True, True)
        granted = [each.fields.get(f"{sobject.name}.{governing.name}", FieldAccess()) for each in self.sets]
        return FieldAccess(any(each.read for each in granted), any(each.edit for each in granted))
