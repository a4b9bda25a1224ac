"""Objects and fields as the org keeps them; `describe` prints them, everything else obeys them."""

from __future__ import annotations

from dataclasses import dataclass, field

NUMERIC_TYPES = frozenset({"int", "double", "currency", "percent", "long"})
TEXT_TYPES = frozenset(
    {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist", "combobox", "encryptedstring", "id"}
)
SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "time": "xsd:time",
    "address": "urn:address",
}
SYSTEM_FIELDS = frozenset(
    {"Id", "IsDeleted", "CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"}
)


@dataclass(slots=True)
class PicklistValue:
    value: str
    label: str
    default: bool = False
    active: bool = True


@dataclass(slots=True)
class Field:
    """One field. `length` counts characters; `precision` counts all digits, `scale` those after the point."""

    name: str
    label: str
    type: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    digits: int = 0
    createable: bool = False
    updateable: bool = False
    nillable: bool = False
    defaulted: bool = False
    default: str | float | bool | None = None
    restricted: bool = False
    id_lookup: bool = False
    name_field: bool = False
    auto_number: str | None = None
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    custom: bool = False
    formula: str | None = None
    html: bool = False
    compound: str | None = None
    reference_to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    cascade_delete: bool = False
    restricted_delete: bool = False
    values: list[PicklistValue] = field(default_factory=list)
    help_text: str | None = None
    always_visible: bool = False

    @property
    def is_long_text(self) -> bool:
        return self.type == "textarea" and self.length > 255

    @property
    def filterable(self) -> bool:
        return not self.is_long_text and self.type != "address"

    @property
    def sortable(self) -> bool:
        return self.filterable and self.type != "multipicklist"

    @property
    def groupable(self) -> bool:
        return self.sortable and self.type not in ("double", "currency", "percent", "datetime") and not self.formula

    @property
    def aggregatable(self) -> bool:
        return self.filterable and self.type not in ("boolean", "multipicklist")

    @property
    def indexed(self) -> bool:
        """Fields that a query finds rows by without reading the table, as Salesforce's standard indexes do."""
        return (
            self.external_id or self.unique or self.id_lookup or self.name_field or self.type in ("reference", "email")
        )

    @property
    def permissionable(self) -> bool:
        """Whether field-level security can take it away: never for system, required and master-detail fields."""
        if self.name in SYSTEM_FIELDS or self.name in ("OwnerId", "Name") or self.cascade_delete or self.name_field:
            return False
        if self.always_visible or self.compound == "Name":
            return False
        if not self.custom and not self.createable and self.type != "address":
            return False
        return self.nillable or self.type == "boolean"

    @property
    def required(self) -> bool:
        return self.createable and not self.nillable and not self.defaulted and self.type != "boolean"

    @property
    def default_value(self) -> str | float | bool | None:
        if self.default is not None:
            return self.default
        return next((value.value for value in self.values if value.default), None)


@dataclass(slots=True)
class SObject:
    """One object with its fields by API name; names are found without regard to case."""

    name: str
    label: str
    plural: str
    prefix: str
    verbs: str = "cudr"
    custom: bool = False
    locks: tuple[str, ...] = ()
    fields: dict[str, Field] = field(default_factory=dict)
    by_lower: dict[str, Field] = field(default_factory=dict)
    by_relationship: dict[str, Field] = field(default_factory=dict)
    lock_fields: list[Field] = field(default_factory=list)
    required_fields: list[Field] = field(default_factory=list)
    defaulted_fields: list[Field] = field(default_factory=list)
    auto_number_field: Field | None = None

    def add(self, new: Field) -> None:
        self.fields[new.name] = new
        self.reindex()

    def remove(self, name: str) -> None:
        del self.fields[name]
        self.reindex()

    def reindex(self) -> None:
        self.by_lower = {name.lower(): item for name, item in self.fields.items()}
        self.by_relationship = {f.relationship.lower(): f for f in self.fields.values() if f.relationship}
        self.required_fields = [f for f in self.fields.values() if f.required]
        self.defaulted_fields = [
            f for f in self.fields.values() if f.default_value not in (None, False) and f.auto_number is None
        ]
        self.auto_number_field = next((f for f in self.fields.values() if f.auto_number), None)
        self.lock_fields = [
            f
            for f in self.fields.values()
            if f.reference_to and (f.cascade_delete or f.restricted_delete or f.name in self.locks)
        ]

    def find(self, name: str) -> Field | None:
        return self.fields.get(name) or self.by_lower.get(name.lower())

    @property
    def master_details(self) -> list[Field]:
        return [f for f in self.fields.values() if f.cascade_delete]

    @property
    def name_field(self) -> Field | None:
        return next((f for f in self.fields.values() if f.name_field), None)


@dataclass(slots=True)
class ChildRelationship:
    """A reference seen from the other end: `Account.Contacts` is `Contact.AccountId`."""

    child: str
    field: str
    name: str | None
    cascade_delete: bool
    restricted_delete: bool


@dataclass(slots=True)
class ValidationRule:
    """A rule that refuses a record whose field has a value (`equals`), in the admin's own words."""

    object: str
    field: str
    equals: str | float | bool | None
    message: str
    error_field: str | None = None


@dataclass
class Schema:
    """Every object of the org, by API name. `modified` is when an admin last changed anything (seconds)."""

    objects: dict[str, SObject] = field(default_factory=dict)
    validation_rules: list[ValidationRule] = field(default_factory=list)
    modified: float = 0.0
    version: int = 1
    _by_lower: dict[str, SObject] = field(default_factory=dict)
    _by_prefix: dict[str, SObject] = field(default_factory=dict)
    _children: dict[str, list[ChildRelationship]] = field(default_factory=dict)

    def add(self, item: SObject) -> None:
        self.objects[item.name] = item
        self.reindex()

    def reindex(self) -> None:
        """To be called after any change, so that look-ups and describe's ETag follow."""
        self._by_lower = {name.lower(): item for name, item in self.objects.items()}
        self._by_prefix = {item.prefix: item for item in self.objects.values()}
        children: dict[str, list[ChildRelationship]] = {}
        for item in self.objects.values():
            for reference in item.fields.values():
                for target in reference.reference_to:
                    children.setdefault(target, []).append(
                        ChildRelationship(
                            item.name,
                            reference.name,
                            reference.children,
                            reference.cascade_delete,
                            reference.restricted_delete,
                        )
                    )
        self._children = children
        self.version += 1

    def find(self, name: str) -> SObject | None:
        return self.objects.get(name) or self._by_lower.get(name.lower())

    def by_prefix(self, record_id: str) -> SObject | None:
        return self._by_prefix.get(record_id[:3])

    def children_of(self, name: str) -> list[ChildRelationship]:
        return self._children.get(name, [])
