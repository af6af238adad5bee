# Die Seiten /problems: was geschehen ist, was zu tun ist.

problems-title = Wenn eine Anfrage nicht gelingt
problems-lead = Wer unsere API benutzt, liest hier, was geschehen ist und was zu tun ist.
problems-happened = Was geschehen ist
problems-todo = Was zu tun ist
problems-example = Ein Beispiel
problems-all = Alle Probleme

problem-taken = Inzwischen hat eine andere Person die Akte übernommen.

problem-todo-malformed = Die Antwort nennt Zeile und Spalte: Berichtigen Sie dort das JSON. Prüfen Sie, ob Kennungen vollständig sind.
problem-todo-idempotency-key = Senden Sie einen eigenen Idempotency-Key, etwa die Nummer eines Auftrags. Nehmen Sie bei einer Wiederholung denselben.
problem-todo-cursor = Nehmen Sie den Cursor, wie er in next_cursor stand. Die Grenze liegt zwischen 1 und 200.
problem-todo-unauthenticated = Senden Sie die Kopfzeile Authorization: Bearer, danach Schlüssel oder Token. Ein abgelaufenes Token wird erneuert.
problem-todo-wrong-credentials = Geben Sie Name, Passwort und Code noch einmal ein. Nach zu vielen Fehlern müssen Sie warten.
problem-todo-totp-used = Warten Sie auf den nächsten Code, höchstens 30 Sekunden. Nehmen Sie dann diesen.
problem-todo-key-malformed = Kopieren Sie den ganzen Schlüssel noch einmal. Wenn Sie ihn nicht mehr haben, bitten Sie um einen neuen.
problem-todo-key-unknown = Prüfen Sie, ob Sie mit dem richtigen Server sprechen. Wenn ja, bitten Sie den Verband um einen Schlüssel.
problem-todo-key-expired = Bitten Sie den Verband um einen neuen Schlüssel. Zwei können nebeneinander gelten.
problem-todo-key-revoked = Fragen Sie den Verband nach dem Grund, und bitten Sie um einen neuen Schlüssel.
problem-todo-forbidden = Bitten Sie jemanden in Ihrem Verband, der die passende Rolle hat.
problem-todo-second-person = Bitten Sie eine andere Person zu entscheiden. Wer etwas verlangt, genehmigt es nicht.
problem-todo-step-up-required = Senden Sie einen frischen Code an POST /api/v1/staff/step-up. Er gilt fünf Minuten.
problem-todo-key-scope = Bitten Sie den Verband um einen Schlüssel mit dieser Berechtigung. Die Seite /docs sagt, welche nötig ist.
problem-todo-key-network = Benutzen Sie den Schlüssel auf Ihrem Server. Wenn sich dessen Adresse geändert hat, sagen Sie es dem Verband.
problem-todo-key-case = Prüfen Sie den Namen des Falls. Wenn er stimmt, bitten Sie den Verband, ihn für den Schlüssel zu öffnen.
problem-todo-key-live = Nehmen Sie hier den Schlüssel zum Probieren, der mit jnd_test_ beginnt.
problem-todo-cross-site = Öffnen Sie die Seite bei uns, und senden Sie das Formular von dort.
problem-todo-stale-form = Laden Sie die Seite neu, und senden Sie das Formular noch einmal.
problem-todo-not-found = Prüfen Sie Adresse und Kennung. Vielleicht wurden die Daten gelöscht, oder sie gehören anderen.
problem-todo-method-not-allowed = Die Kopfzeile Allow sagt, welche Methoden es gibt.
problem-todo-timeout = Senden Sie noch einmal, aus einem schnelleren Netz oder in kleineren Teilen.
problem-todo-illegal-transition = Lesen Sie zuerst den Stand. Das Detail sagt, was im Weg steht.
problem-todo-taken = Laden Sie die Akte neu. Sprechen Sie mit dem, der sie hat.
problem-todo-idempotency-running = Warten Sie einen Moment. Senden Sie dann dasselbe unter demselben Schlüssel.
problem-todo-token-used = Fordern Sie einen anderen Link oder Code an, falls Sie ihn noch brauchen.
problem-todo-token-expired = Fordern Sie einen anderen Link oder Code an. Nehmen Sie den zuletzt gekommenen.
problem-todo-too-large = Senden Sie weniger auf einmal. Die Grenzen stehen in /.well-known/limits.
problem-todo-unsupported-media-type = Senden Sie Content-Type: application/json, oder was /docs sagt. Dateien müssen von einer erlaubten Art sein.
problem-todo-validation = Die Liste errors nennt jedes Feld mit einem Code und einem Satz. Berichtigen Sie es, und senden Sie noch einmal.
problem-todo-idempotency-mismatch = Nehmen Sie für eine neue Anfrage einen neuen Schlüssel. Zum Wiederholen senden Sie denselben Inhalt.
problem-todo-rate-limited = Warten Sie so viele Sekunden, wie Retry-After sagt. Senden Sie dann dasselbe.
problem-todo-internal = Versuchen Sie es gleich noch einmal, mit demselben Idempotency-Key. Die Nummer steht in request_id.
problem-todo-unavailable = Warten Sie so viele Sekunden, wie Retry-After sagt. Senden Sie dann dasselbe, mit demselben Idempotency-Key.
