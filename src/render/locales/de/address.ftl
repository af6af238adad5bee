# Postleitzahl und Provinz: was wir vorschlagen, was wir fragen.

cap-hint = Schreiben Sie den Ort oder die Postleitzahl: Das andere suchen wir.
cap-found = Wir haben gefunden: { $code } { $city } ({ $province })
cap-found-next = Wenn es stimmt, drücken Sie noch einmal die Schaltfläche am Ende der Seite.
cap-several = { $city } hat mehrere Postleitzahlen, von { $first } bis { $last }. Ihre steht auf einer Rechnung.
cap-province-proposed = Das haben wir aus der Gemeinde ergänzt. Bitte prüfen Sie es.
cap-asked = Stimmt die Postleitzahl { $typed } für { $city }?
cap-usual = Meist ist es { $code }. Postleitzahlen ändern sich manchmal: Sie entscheiden.
cap-range = Meist liegt sie zwischen { $first } und { $last }. Ändern Sie sie oben, oder lassen Sie sie so.
cap-yes = { $code } verwenden
cap-keep = { $typed } behalten

error-postal-code-several = Schreiben Sie auch die Postleitzahl: Diese Gemeinde hat mehrere.
error-postal-code-unknown = Wir finden nicht genau einen Ort mit diesem Namen. Schreiben Sie auch Postleitzahl und Provinz.
error-city-unknown = Diese Postleitzahl gehört zu mehreren Orten, oder wir kennen sie nicht. Schreiben Sie auch den Ort.
