# Refusals and failures, and the demonstration's mails.
message-title-bad-request = Wir haben die Anfrage nicht verstanden
message-title-forbidden = Diese Seite war zu lange offen
message-title-role = Ihre Rolle erlaubt das nicht
message-title-not-found = Seite nicht gefunden
message-title-conflict = Das ist jetzt nicht möglich
message-title-gone = Dieser Link gilt nicht mehr
message-title-too-large = Die Sendung ist zu groß
message-title-too-many = Zu viele Anfragen
message-title-unavailable = Im Moment ist sehr viel los
message-title-internal = Etwas hat nicht funktioniert
message-title-session-over = Ihre Sitzung ist abgelaufen
message-title-enter = Öffnen Sie Ihre Akte
message-text-enter = Sie brauchen kein Passwort. Geben Sie die E-Mail-Adresse an, mit der Sie sich eingetragen haben: Wir senden Ihnen einen Link.
message-enter-action = Link anfordern
message-title-erased = Ihre Daten sind gelöscht
message-text-bad-request = Gehen Sie zurück und versuchen Sie es noch einmal.
message-text-forbidden = Zur Sicherheit haben wir die Sendung nicht angenommen. Gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
message-text-role = Ihre Rolle erlaubt nicht, diese Seite zu sehen oder das zu tun. Rollen vergibt die Leitung des Verbands: Fragen Sie dort, wenn Sie es brauchen.
message-text-not-found = Die Adresse ist falsch, oder es gibt die Seite nicht mehr.
message-text-conflict = Der Stand der Akte oder des Falls erlaubt es nicht. Auf der Seite des Falls sehen Sie, was möglich ist.
message-text-gone = Er wurde schon benutzt oder ist abgelaufen. Unter „Meine Akte“ können Sie einen neuen anfordern.
message-text-too-large = Senden Sie weniger und versuchen Sie es noch einmal.
message-text-too-many = Von hier kamen sehr viele Anfragen.
message-text-unavailable = Versuchen Sie es in einigen Minuten noch einmal. Wenn Sie schon eine Aktennummer haben, ist Ihre Eintragung sicher.
message-text-internal = Der Fehler liegt bei uns. Versuchen Sie es bald noch einmal. Wenn es wieder geschieht, nennen Sie dem Verband diese Nummer.
message-text-session-over = Zu Ihrer Sicherheit schließt sich die Seite nach 30 Minuten. Was gespeichert war, ist sicher.
message-text-erased = Ihre Akte gibt es nicht mehr. Es bleiben Zeilen ohne Ihren Namen: Sie sagen, was wann getan wurde. Wir behalten sie ohne Frist als Nachweis. Aus Sicherungskopien sind die Daten nach höchstens 35 Tagen verschwunden. Danke.
message-session-over-action = Akte öffnen
message-wait = { $minutes ->
    [one] Versuchen Sie es in einer Minute noch einmal.
   *[other] Versuchen Sie es in { $minutes } Minuten noch einmal.
}
message-request-id = Nummer:
message-home = Zurück zum Anfang
outbox-title = Post der Vorführung
outbox-lead = Das sind die E-Mails, die das Programm geschrieben hat. Keine wurde wirklich versandt.
outbox-none = Es gibt noch keine E-Mail.
outbox-to = An:
outbox-reload = Neu laden
mail-follow = Den Link der E-Mail öffnen
mail-html = Den HTML-Teil zeigen
mail-headers = Kopfzeilen
message-console-action = Zurück zum Bereich der Mitarbeitenden
