"""An invoice as EN 16931 means it; names in comments are its business terms."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

#: UNTDID 5305: standard, zero, exempt, reverse charge, within the Community, export, no tax at all.
Category: TypeAlias = Literal["S", "Z", "E", "AE", "K", "G", "O"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where somebody is; `country` is two letters of ISO 3166-1."""

    country: str
    street: str = ""
    additional: str = ""
    postcode: str = ""
    city: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to ask (BG-6)."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who sells or buys."""

    name: str
    address: Address
    #: With the letters of its country: `DE123456789`.
    vat_id: str = ""
    #: The number of a local tax office.
    tax_number: str = ""
    #: Of a register of companies.
    registration: str = ""
    #: Where invoices reach it electronically (BT-34, BT-49).
    email: str = ""
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """How something is taxed; `rate` is percent."""

    category: Category
    rate: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Something off, or more with `charge`, of a line or of the whole; positive in either case."""

    amount: Decimal
    reason: str
    charge: bool = False
    #: Of the whole: lines have their own.
    tax: Tax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something sold; `price` is net, for `price_base` units."""

    name: str
    quantity: Decimal
    price: Decimal
    tax: Tax
    #: UN/ECE Recommendation 20: C62 is one, HUR an hour, KGM a kilogram.
    unit: str = "C62"
    price_base: Decimal = Decimal(1)
    description: str = ""
    item_number: str = ""
    adjustments: tuple[Adjustment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How to pay: by transfer to an account (UNTDID 4461: 58 in SEPA, 30 elsewhere)."""

    iban: str
    bic: str = ""
    holder: str = ""
    means: Literal["30", "58"] = "58"
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What whoever made the data has reckoned; each that is given has to be ours."""

    net: Decimal | None = None
    tax: Decimal | None = None
    gross: Decimal | None = None
    due: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """All that the document says in words, once more for programs."""

    number: str
    issued: dt.date
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    #: UNTDID 1001: an invoice, a credit note, a corrected one.
    kind: Literal["380", "381", "384"] = "380"
    delivered: dt.date | None = None
    delivery_address: Address | None = None
    due: dt.date | None = None
    terms: str = ""
    payment: Payment | None = None
    adjustments: tuple[Adjustment, ...] = ()
    prepaid: Decimal = Decimal(0)
    #: What the buyer asked to be told: of German authorities the Leitweg-ID.
    buyer_reference: str = ""
    order: str = ""
    #: The invoice that this one corrects.
    corrects: str = ""
    notes: tuple[str, ...] = ()
    #: Why no tax is asked for, for the categories E, AE, K, G and O.
    exemption: str = ""
    stated: Stated = Stated()
