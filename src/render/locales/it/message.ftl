# Refusals and failures, and the demonstration's mails.
message-title-bad-request = Non abbiamo capito la richiesta
message-title-forbidden = Questa pagina è rimasta aperta troppo a lungo
message-title-role = Il tuo ruolo non lo permette
message-title-not-found = Pagina non trovata
message-title-conflict = Ora non è possibile
message-title-gone = Questo link non vale più
message-title-too-large = L’invio è troppo grande
message-title-too-many = Troppe richieste
message-title-unavailable = In questo momento siamo molto occupati
message-title-internal = Qualcosa non ha funzionato
message-title-session-over = La sessione è scaduta
message-title-enter = Entra nella tua pratica
message-text-enter = Non serve una password. Scrivi l’e-mail con cui ti sei iscritto: ti inviamo un link per entrare.
message-enter-action = Chiedi il link
message-title-erased = I tuoi dati sono cancellati
message-text-bad-request = Torna indietro e riprova.
message-text-forbidden = Per sicurezza non abbiamo accettato l’invio. Torna indietro, ricarica la pagina e riprova.
message-text-role = Il tuo ruolo non permette di vedere questa pagina o di fare questa azione. I ruoli li dà chi è responsabile dell’associazione: se ti serve, chiedi a quella persona.
message-text-not-found = L’indirizzo è sbagliato, oppure la pagina non c’è più.
message-text-conflict = Lo stato della pratica o del caso non lo permette. Torna alla pagina del caso per vedere che cosa puoi fare.
message-text-gone = È già stato usato oppure è scaduto. Puoi chiederne un altro da «La mia pratica».
message-text-too-large = Riduci quello che invii e riprova.
message-text-too-many = Abbiamo ricevuto molte richieste da qui.
message-text-unavailable = Riprova tra qualche minuto. Se hai già ricevuto un numero di pratica, la tua iscrizione è salva.
message-text-internal = È colpa nostra. Riprova tra poco. Se succede ancora, comunica questo numero all’associazione.
message-text-session-over = Per sicurezza la pagina si chiude dopo 30 minuti. Quello che avevi salvato è al sicuro.
message-text-erased = La tua pratica non c’è più. Restano righe senza il tuo nome: dicono che cosa è stato fatto e quando. Le teniamo come prova, senza scadenza. Dalle copie di sicurezza i dati spariscono entro 35 giorni. Grazie.
message-session-over-action = Entra
message-wait = { $minutes ->
    [one] Riprova tra un minuto.
   *[other] Riprova tra { $minutes } minuti.
}
message-request-id = Numero:
message-home = Torna all’inizio
outbox-title = Posta della dimostrazione
outbox-lead = Qui vedi le mail che il programma ha scritto. Nessuna è stata spedita davvero.
outbox-none = Non c’è ancora nessuna mail.
outbox-to = A:
outbox-reload = Aggiorna
mail-follow = Apri il link della mail
mail-html = Mostra la parte HTML
mail-headers = Intestazioni
message-console-action = Torna all’area riservata
