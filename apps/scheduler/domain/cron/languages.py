"""The words by which expressions are told, in five languages."""

from dataclasses import dataclass

from apps.scheduler.domain.cron.fields import LAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Phrases of one language; `{}` stands for what is listed."""

    and_: str
    or_: str
    #: Sunday first.
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    every_second: str
    every_seconds: str
    every_minute: str
    every_minutes: str
    every_hour: str
    every_hours: str
    at: str
    seconds: str
    minutes: str
    hours: str
    to: str
    on_weekdays: str
    #: Days in a row, by the first and the last.
    weekday_run: str
    on_days: str
    last_day: str
    last_weekday: str
    nearest: str
    nth: str
    ordinals: tuple[str, ...]
    last: str
    in_months: str
    in_years: str
    both: str

    def occurrence(self, weekday: int, which: int) -> str:
        """Return such as "the second Friday"."""
        told = self.last if which == LAST else self.ordinals[which - 1]
        return self.nth.format(told, self.weekdays[weekday])


ENGLISH = Language(
    and_="and",
    or_="or",
    weekdays=("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    months=(
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    every_second="every second",
    every_seconds="every {} seconds",
    every_minute="every minute",
    every_minutes="every {} minutes",
    every_hour="every hour",
    every_hours="every {} hours",
    at="at {}",
    seconds="at second {}",
    minutes="at minute {}",
    hours="of hour {}",
    to="{} to {}",
    on_weekdays="on {}",
    weekday_run="from {} to {}",
    on_days="on day {} of the month",
    last_day="on the last day of the month",
    last_weekday="on the last weekday of the month",
    nearest="on the weekday nearest day {} of the month",
    nth="the {} {} of the month",
    ordinals=("first", "second", "third", "fourth", "fifth"),
    last="last",
    in_months="in {}",
    in_years="in {}",
    both="if it is {}",
)
GERMAN = Language(
    and_="und",
    or_="oder",
    weekdays=("Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"),
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
        *("September", "Oktober", "November", "Dezember"),
    ),
    every_second="jede Sekunde",
    every_seconds="alle {} Sekunden",
    every_minute="jede Minute",
    every_minutes="alle {} Minuten",
    every_hour="jede Stunde",
    every_hours="alle {} Stunden",
    at="um {}",
    seconds="in Sekunde {}",
    minutes="in Minute {}",
    hours="der Stunde {}",
    to="{} bis {}",
    on_weekdays="am {}",
    weekday_run="von {} bis {}",
    on_days="am Tag {} des Monats",
    last_day="am letzten Tag des Monats",
    last_weekday="am letzten Werktag des Monats",
    nearest="am Werktag, der Tag {} des Monats am nächsten liegt",
    nth="{} {} des Monats",
    ordinals=("ersten", "zweiten", "dritten", "vierten", "fünften"),
    last="letzten",
    in_months="im {}",
    in_years="im Jahr {}",
    both="sofern es {} ist",
)
FRENCH = Language(
    and_="et",
    or_="ou",
    weekdays=("dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"),
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
    every_second="chaque seconde",
    every_seconds="toutes les {} secondes",
    every_minute="chaque minute",
    every_minutes="toutes les {} minutes",
    every_hour="chaque heure",
    every_hours="toutes les {} heures",
    at="à {}",
    seconds="à la seconde {}",
    minutes="à la minute {}",
    hours="de l'heure {}",
    to="{} à {}",
    on_weekdays="le {}",
    weekday_run="du {} au {}",
    on_days="le jour {} du mois",
    last_day="le dernier jour du mois",
    last_weekday="le dernier jour ouvré du mois",
    nearest="le jour ouvré le plus proche du jour {} du mois",
    nth="{} {} du mois",
    ordinals=("premier", "deuxième", "troisième", "quatrième", "cinquième"),
    last="dernier",
    in_months="en {}",
    in_years="en {}",
    both="si c'est {}",
)
SPANISH = Language(
    and_="y",
    or_="o",
    weekdays=("domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"),
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre", "octubre", "noviembre", "diciembre"),
    ),
    every_second="cada segundo",
    every_seconds="cada {} segundos",
    every_minute="cada minuto",
    every_minutes="cada {} minutos",
    every_hour="cada hora",
    every_hours="cada {} horas",
    at="a las {}",
    seconds="en el segundo {}",
    minutes="en el minuto {}",
    hours="de la hora {}",
    to="{} a {}",
    on_weekdays="el {}",
    weekday_run="de {} a {}",
    on_days="el día {} del mes",
    last_day="el último día del mes",
    last_weekday="el último día laborable del mes",
    nearest="el día laborable más cercano al día {} del mes",
    nth="{} {} del mes",
    ordinals=("primer", "segundo", "tercer", "cuarto", "quinto"),
    last="último",
    in_months="en {}",
    in_years="en {}",
    both="si es {}",
)
DUTCH = Language(
    and_="en",
    or_="of",
    weekdays=("zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"),
    months=(
        *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
        *("september", "oktober", "november", "december"),
    ),
    every_second="elke seconde",
    every_seconds="elke {} seconden",
    every_minute="elke minuut",
    every_minutes="elke {} minuten",
    every_hour="elk uur",
    every_hours="elke {} uur",
    at="om {}",
    seconds="op seconde {}",
    minutes="op minuut {}",
    hours="van uur {}",
    to="{} tot en met {}",
    on_weekdays="op {}",
    weekday_run="van {} tot en met {}",
    on_days="op dag {} van de maand",
    last_day="op de laatste dag van de maand",
    last_weekday="op de laatste werkdag van de maand",
    nearest="op de werkdag die het dichtst bij dag {} van de maand ligt",
    nth="de {} {} van de maand",
    ordinals=("eerste", "tweede", "derde", "vierde", "vijfde"),
    last="laatste",
    in_months="in {}",
    in_years="in {}",
    both="als het {} is",
)

LANGUAGES = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "nl": DUTCH}
