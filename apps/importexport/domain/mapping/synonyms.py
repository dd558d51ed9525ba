"""What people call the same thing, in English and German; names are as `names.words` has them."""

from collections.abc import Mapping

_GROUPS = """
email: e mail, mail, email address, e mail address, mail address, e mail adresse, emailadresse
phone: telephone, tel, telefon, phone number, telephone number, telefonnummer, phone no, rufnummer
mobile: mobile phone, mobile number, cell, cell phone, handy, handynummer, mobil
first name: firstname, given name, forename, vorname, fname
last name: lastname, surname, family name, nachname, familienname, lname
name: bezeichnung, designation, title, titel
company: organisation, organization, firm, firma, unternehmen, org, employer
country: land, staat, nation, iso country, country code, laendercode
region: province, bundesland, county
city: town, ort, stadt, municipality, place
postcode: post code, zip, zip code, zipcode, postal code, plz, postleitzahl
street: strasse, street address, address line 1, anschrift, address, adresse
birth date: birthdate, date of birth, dob, birthday, geburtsdatum, geburtstag
amount: betrag, sum, summe, total
price: preis, unit price, stueckpreis, cost, kosten
quantity: qty, menge, anzahl, count
description: desc, beschreibung, detail, text
comment: note, remark, bemerkung, notiz, kommentar, anmerkung
number: no, nr, num, nummer
id: identifier, ident, key, kennung, schluessel
reference: ref, referenz
code: kuerzel, abbreviation, short name
created: created at, created on, creation date, date created, erstellt, erstellt am, angelegt am
updated: updated at, updated on, changed, changed at, modified, modified at, geaendert
date: datum, day, tag
time: zeit, uhrzeit
start: begin, beginning, from, since, von, beginn, start date
end: until, to, bis, ende, end date
latitude: lat, latitude deg, breitengrad
longitude: lon, lng, longitude deg, laengengrad
elevation: elev, altitude, hoehe, elevation ft
length: laenge, len
width: breite
height: hoehe
weight: gewicht
surface: oberflaeche, belag
url: link, website, web site, webseite, homepage, web
status: state, zustand
type: kind, typ, art, category, kategorie
enabled: active, aktiv, is active, is enabled
language: locale, sprache, lang
currency: waehrung, ccy
user: username, user name, login, benutzer, benutzername
department: abteilung, dept
gender: sex, geschlecht
keyword: label, stichwort, schlagwort, tag word
value: wert
version: revision, rev
"""


def _table() -> Mapping[str, str]:
    table: dict[str, str] = {}
    for line in _GROUPS.strip().splitlines():
        meaning, _, others = line.partition(": ")
        for name in (meaning, *others.split(", ")):
            table.setdefault(name, meaning)
    return table


#: The word for each phrase.
MEANING = _table()
#: Of the longest phrase.
MOST_WORDS = max(len(name.split()) for name in MEANING)
