# Mitteilung über eine abgelehnte Akte
rejection-mail-subject = Ihre Akte wurde abgelehnt
rejection-mail-intro = Der Verband hat Ihre Akte am { $date } abgelehnt. Sie gehört nicht mehr zu diesem Fall.
rejection-mail-why = Der Grund:
rejection-mail-code-not-concerned = Das Postfach oder der Zeitraum gehört nicht zu diesem Fall.
rejection-mail-code-not-proven = Es fehlt der Nachweis, dass die Daten oder das Postfach Ihnen gehören.
rejection-mail-code-incomplete = Was von Ihnen verlangt wurde, ist nicht angekommen.
rejection-mail-code-untrue = Einiges, was erklärt wurde, trifft nicht zu.
rejection-mail-code-other = Der Verband erklärt es mit eigenen Worten.
rejection-mail-said = Der Verband schreibt auf Italienisch:
rejection-mail-object = Sie sind nicht einverstanden? Sie haben Zeit bis { $date }. Rufen Sie den Verband an. Sagen Sie, warum, und schicken Sie Ihre Nachweise. Diese Frist setzt der Verband, nicht das Gesetz. Der Verband antwortet Ihnen.
rejection-mail-object-write = Sie sind nicht einverstanden? Sie haben Zeit bis { $date }. Rufen Sie den Verband an oder schreiben Sie an { $email }. Sagen Sie, warum, und schicken Sie Ihre Nachweise. Diese Frist setzt der Verband, nicht das Gesetz. Der Verband antwortet Ihnen.
rejection-mail-again = Wenn Sie recht haben oder der Grund weggefallen ist, können Sie sich neu anmelden. Das geht, solange die Anmeldung offen ist.
rejection-mail-own = Sie können Ihre Rechte immer auch selbst wahren. Die gesetzlichen Fristen laufen: Warten Sie nicht auf unsere Antwort.
rejection-mail-data = Auf Ihrer Seite finden Sie Ihre Daten. Sie können eine Kopie verlangen oder sie löschen lassen.
rejection-mail-button = Ihre Seite öffnen
my-mail-rejection = Akte abgelehnt
mail-kind-rejection = Akte abgelehnt
