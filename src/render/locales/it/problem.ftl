# Le pagine /problems: che cosa è successo, che cosa fare.

problems-title = Quando una richiesta non va
problems-lead = Chi usa la nostra API legge qui che cosa è successo e che cosa fare.
problems-happened = Che cosa è successo
problems-todo = Che cosa fare
problems-example = Un esempio
problems-all = Tutti i problemi

problem-taken = Nel frattempo un’altra persona l’ha presa.

problem-todo-malformed = La risposta dice riga e colonna: correggi lì il JSON. Controlla che gli identificativi siano completi.
problem-todo-idempotency-key = Manda un’intestazione Idempotency-Key tua, per esempio il numero d’ordine. Usa la stessa quando ripeti.
problem-todo-cursor = Usa il cursore com’è arrivato, in next_cursor. Il limite va da 1 a 200.
problem-todo-unauthenticated = Manda l’intestazione Authorization: Bearer, poi la chiave o il token. Un token scaduto si rinnova.
problem-todo-wrong-credentials = Scrivi di nuovo nome, password e codice. Dopo troppi errori bisogna aspettare.
problem-todo-totp-used = Aspetta il prossimo codice, al massimo 30 secondi. Poi usalo.
problem-todo-key-malformed = Copia di nuovo la chiave per intero. Se non l’hai più, chiedine una nuova.
problem-todo-key-unknown = Controlla di parlare con il server giusto. Se sì, chiedi una chiave all’associazione.
problem-todo-key-expired = Chiedi all’associazione una chiave nuova. Le due possono valere insieme.
problem-todo-key-revoked = Chiedi all’associazione il perché, e una chiave nuova.
problem-todo-forbidden = Chiedi a chi ha il ruolo giusto nella tua associazione.
problem-todo-second-person = Chiedi a un’altra persona di decidere. Chi chiede non approva.
problem-todo-step-up-required = Manda un codice nuovo a POST /api/v1/staff/step-up. Vale per cinque minuti.
problem-todo-key-scope = Chiedi all’associazione una chiave con questo permesso. La pagina /docs dice quale serve.
problem-todo-key-network = Usa la chiave dal tuo server. Se il suo indirizzo è cambiato, dillo all’associazione.
problem-todo-key-case = Controlla il nome del caso. Se è giusto, chiedi all’associazione di aprirlo alla chiave.
problem-todo-key-live = Usa qui la chiave di prova, che comincia con jnd_test_.
problem-todo-cross-site = Apri la pagina da noi, e manda il modulo da lì.
problem-todo-stale-form = Carica di nuovo la pagina, poi manda di nuovo il modulo.
problem-todo-not-found = Controlla l’indirizzo e l’identificativo. Forse i dati sono stati cancellati, o sono di altri.
problem-todo-method-not-allowed = L’intestazione Allow dice i metodi che vanno bene.
problem-todo-timeout = Manda di nuovo, da una rete più veloce o in parti più piccole.
problem-todo-illegal-transition = Leggi prima lo stato. Il dettaglio dice che cosa lo impedisce.
problem-todo-taken = Carica di nuovo la pratica. Parla con chi l’ha presa.
problem-todo-idempotency-running = Aspetta un momento. Poi manda lo stesso, con la stessa chiave.
problem-todo-token-used = Chiedi un altro link o codice, se ti serve ancora.
problem-todo-token-expired = Chiedi un altro link o codice. Usa l’ultimo arrivato.
problem-todo-too-large = Manda meno dati alla volta. I limiti stanno in /.well-known/limits.
problem-todo-unsupported-media-type = Manda Content-Type: application/json, o quello che dice /docs. I file devono essere di un tipo ammesso.
problem-todo-validation = La lista errors nomina ogni campo, con un codice e una frase. Correggi e manda di nuovo.
problem-todo-idempotency-mismatch = Usa una chiave nuova per una richiesta nuova. Per ripetere, manda lo stesso corpo.
problem-todo-rate-limited = Aspetta i secondi che dice Retry-After. Poi manda lo stesso.
problem-todo-internal = Riprova tra poco, con la stessa Idempotency-Key. Il numero è in request_id.
problem-todo-unavailable = Aspetta i secondi che dice Retry-After. Poi manda lo stesso, con la stessa Idempotency-Key.
