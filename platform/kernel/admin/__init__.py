"""The back office's building blocks: the only package that names the admin theme."""

from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.sites import UnfoldAdminSite as AdminSite

from kernel.admin.asking import (
    Errand,
    TenantField,
    acting_staff,
    ask,
    ask_on_screen,
    ask_then,
    confirmed,
    page_of,
    row_of,
    sent,
    staff_of,
)
from kernel.admin.bases import (
    ModelAdmin,
    ReadOnlyAdmin,
    SeenOnlyAdmin,
    TabularInline,
    TenantAdmin,
    TenantFilter,
)
from kernel.admin.keyset import KeysetAdmin, Listed, pager_of, window_of
from kernel.admin.showing import (
    Bar,
    CheckInput,
    LongTextInput,
    MomentInput,
    NumberInput,
    SelectInput,
    TextInput,
    ago,
    badge,
    columns_of,
    labelled,
    table,
)

__all__ = [
    "ActionVariant",
    "AdminPasswordChangeForm",
    "AdminSite",
    "Bar",
    "CheckInput",
    "ChoicesDropdownFilter",
    "Errand",
    "KeysetAdmin",
    "Listed",
    "LongTextInput",
    "ModelAdmin",
    "MomentInput",
    "NumberInput",
    "RangeDateTimeFilter",
    "ReadOnlyAdmin",
    "SeenOnlyAdmin",
    "SelectInput",
    "TabularInline",
    "TenantAdmin",
    "TenantField",
    "TenantFilter",
    "TextInput",
    "UserChangeForm",
    "UserCreationForm",
    "acting_staff",
    "action",
    "ago",
    "ask",
    "ask_on_screen",
    "ask_then",
    "badge",
    "columns_of",
    "confirmed",
    "display",
    "labelled",
    "page_of",
    "pager_of",
    "row_of",
    "sent",
    "staff_of",
    "table",
    "window_of",
]
