# Postleitzahl und Provinz: was wir vorschlagen, was wir fragen.

cap-hint = Lassen Sie es leer, wenn Sie sie nicht wissen: Bei einer italienischen Gemeinde suchen wir sie.
cap-proposed = Das haben wir geschrieben: Es ist die Postleitzahl von { $city }. Bitte prüfen Sie sie.
cap-several = { $city } hat mehrere Postleitzahlen, von { $first } bis { $last }. Ihre steht auf einer Rechnung.
cap-province-proposed = Das haben wir aus der Gemeinde ergänzt. Bitte prüfen Sie es.
cap-asked = Stimmt die Postleitzahl { $typed } für { $city }?
cap-usual = Meist ist es { $code }. Postleitzahlen ändern sich manchmal: Sie entscheiden.
cap-range = Meist liegt sie zwischen { $first } und { $last }. Ändern Sie sie oben, oder lassen Sie sie so.
cap-yes = { $code } verwenden
cap-keep = { $typed } behalten

error-postal-code-proposed = Wir haben die Postleitzahl der Gemeinde geschrieben. Prüfen Sie sie und senden Sie erneut.
error-postal-code-several = Schreiben Sie die Postleitzahl: Diese Gemeinde hat mehrere.
