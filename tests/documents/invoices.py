"""Invoices as data that several tests take."""

from typing import Any

INVOICE_DATA: dict[str, Any] = {
    "number": "R-2026-17",
    "issued": "2026-05-31",
    "delivered": "2026-05-20",
    "due": "2026-06-30",
    "currency": "EUR",
    "buyer_reference": "04011000-12345-34",
    "order": "B-4711",
    "notes": ["Vielen Dank & auf <bald>"],
    "seller": {
        "name": "Acme Süd GmbH",
        "vat_id": "DE123456789",
        "tax_number": "201/113/40209",
        "registration": "HRB 1234",
        "email": "rechnung@acme.example",
        "contact": {"name": "Ada", "phone": "+49 30 123", "email": "ada@acme.example"},
        "address": {
            "street": "Weg 1",
            "postcode": "10115",
            "city": "Berlin",
            "country": "DE",
        },
    },
    "buyer": {
        "name": "Ärzte & Co",
        "email": "einkauf@aerzte.example",
        "address": {"street": "Ring 2", "postcode": "50667", "city": "Köln", "country": "DE"},
    },
    "lines": [
        {
            "name": "Schrauben",
            "item_number": "S-1",
            "quantity": 3,
            "price": "12.3450",
            "price_base": 100,
            "tax": {"category": "S", "rate": 19},
        },
        {
            "name": "Beratung",
            "description": "vor Ort",
            "quantity": "1.5",
            "unit": "HUR",
            "price": 99.99,
            "tax": {"category": "S", "rate": 19},
            "adjustments": [{"amount": "10.00", "reason": "Treue"}],
        },
        {"name": "Buch", "quantity": 2, "price": 20, "tax": {"category": "S", "rate": 7}},
    ],
    "adjustments": [
        {
            "amount": "4.90",
            "reason": "Versand",
            "charge": True,
            "tax": {"category": "S", "rate": 19},
        },
        {"amount": 5, "reason": "Rabatt", "tax": {"category": "S", "rate": 7}},
    ],
    "payment": {"iban": "DE02120300000000202051", "bic": "BYLADEM1001", "holder": "Acme"},
    "prepaid": "50.00",
    "stated": {"net": "180.26", "gross": "210.31", "due": 160.31},
}
