# Lo sportello: chi non ha un’e-mail
assist-desk = Allo sportello
consent-channel-page = da una pagina
consent-channel-api = dall’API
consent-channel-staff = scritto da un operatore
consent-channel-phone = al telefono
consent-channel-desk = allo sportello
consent-channel-paper = su carta
consent-channel-partner = sul sito di un partner
desk-title = Sportello: dalla telefonata alla firma
desk-text = La persona non ha un’e-mail. La guidi tu: scrivi quello che ti dice, poi firma lei, a mano.
desk-done = fatto
desk-open = da fare
desk-identity = Dati personali
desk-contact = Recapito confermato
desk-declaration = Dichiarazione
desk-declare-start = Scrivi la dichiarazione
desk-declare-change = Cambia la dichiarazione
desk-print = Modulo da firmare
desk-hand-in = Fogli firmati e documento d’identità
desk-second = Controllo di un’altra persona
desk-typing = Scrivi per conto di { $name }.
desk-typing-text = Leggi le domande così come sono e scrivi le risposte della persona. Resta registrato che hai scritto tu.
desk-review-lead = Rileggi tutto alla persona. Quando dice che va bene, prepara il documento da firmare a mano.
desk-how = Come te l’ha detto?
desk-how-phone = Al telefono
desk-how-desk = Allo sportello
desk-how-post = In una lettera
desk-consents = Consensi
desk-consents-text = Leggi i testi alla persona, o daglieli su carta. Segna solo quello che ti ha detto lei.
desk-consent-read-privacy-notice = Testo dell’informativa sulla privacy
desk-consent-read-contact = Testo sull’uso del recapito
desk-consent-privacy-notice = Ho letto o consegnato l’informativa alla persona.
desk-consent-contact = La persona vuole essere contattata per questo caso.
desk-declare = Prepara il documento
desk-declare-text = Non è ancora firmato: si stampa, la persona lo legge e lo firma a mano.
desk-typed = Scritta da { $name },
desk-told-phone = come detta al telefono
desk-told-desk = come detta allo sportello
desk-told-post = come scritta in una lettera
desk-documents = Aggiungi documenti
desk-documents-none = Non ci sono ancora documenti.
desk-documents-lead = Carica quello che { $name } ti manda o ti porta: fatture, ricevute, reclami e risposte. Resta scritto che l’hai caricato tu.
desk-added-by = caricato da { $name }
log-title = Registro delle prove
log-signed = { $entries ->
    [one] { $entries } voce
   *[other] { $entries } voci
 }, firmato { $at }
log-not-signed = Non ancora firmato.
log-stamped = Marca temporale: { $at }, su { $entries ->
    [one] { $entries } voce
   *[other] { $entries } voci
 }
log-stamp-none = Nessuna marca temporale finora
log-stamp-waiting = In attesa della marca su { $entries ->
    [one] { $entries } voce
   *[other] { $entries } voci
 }; tentativi falliti: { $attempts }
log-stamp-problem = Ultimo errore:
trail-action-declare-by-staff = Dichiarazione scritta da un operatore per la persona
