# Around every page.
site-name = joinder
skip-to-content = Zum Inhalt
demo-banner = Beispieldaten: kein Bezug zu den genannten Verbänden
nav-label = Menü und Sprache
nav-cases = Alle Fälle
nav-enter = Meine Akte
nav-me = Meine Akte
no-money = Wir verlangen nie Geld.
frame-links = Links öffnen sich in einem neuen Tab.
footer-who = Diese Plattform sammelt Voranmeldungen (pre-adesioni) für Verbraucherverbände. Ihre Daten verwahrt der Verband, den Sie wählen.
footer-privacy = Datenschutz
footer-verify = Eine erhaltene Nachricht prüfen
errors-title = Bitte berichtigen Sie noch etwas
errors-kept = Ihre Angaben sind noch da. Berichtigen Sie die genannten Punkte und senden Sie noch einmal.
date-and-clock = { $date }, { $clock } Uhr
month-1 = Januar
month-2 = Februar
month-3 = März
month-4 = April
month-5 = Mai
month-6 = Juni
month-7 = Juli
month-8 = August
month-9 = September
month-10 = Oktober
month-11 = November
month-12 = Dezember
confirmed-count = { $count ->
    [one] 1 Person hat bestätigt
   *[other] { $shown } Personen haben bestätigt
}
case-state-draft = In Vorbereitung
case-state-pre-registration = Vormerkung offen
case-state-open = Voranmeldung offen
case-state-closed = Sammlung abgeschlossen
case-state-filed = Bei Gericht eingereicht
case-state-admitted = Vom Gericht zugelassen
case-state-distribution = Auszahlung läuft
case-state-archived = Archiviert
