# Home, case page, choice of the association.
home-title = Un disservizio ti ha danneggiato?
home-lead = Qui trovi le azioni collettive delle associazioni di consumatori. Iscriverti è gratis e richiede due minuti.
home-search-label = Cerca per azienda
home-search = Cerca
home-cases = Casi
home-found = { $count ->
    [0] Nessun caso per «{ $query }»
    [one] Un caso per «{ $query }»
   *[other] { $count } casi per «{ $query }»
}
home-none = Non c’è nessun caso da mostrare. Prova con un altro nome.
home-against = Nei confronti di { $respondent }
home-with = Con { $associations }
home-more = Altri casi
home-how = Come funziona
home-how-1 = Scegli il caso e l’associazione.
home-how-2 = Lasci un recapito e indichi le caselle coinvolte.
home-how-3 = Confermi con il codice che ricevi. Il resto lo completi con calma.
source = Fonte:
offer-title-join = Puoi iscriverti adesso
offer-title-interest = Puoi manifestare interesse
offer-title-closed = Le iscrizioni sono chiuse
offer-text-join = La tua iscrizione è una pre-adesione. L’adesione vera e propria viene dopo, davanti al tribunale.
offer-text-interest = Per ora le associazioni raccolgono solo manifestazioni di interesse. Non è ancora una pre-adesione.
offer-text-closed = In questa fase il caso non accetta nuove persone. Se sei già iscritto, la tua pratica resta valida.
offer-action-join = Iscriviti
offer-action-interest = Manifesta interesse
case-already = Sei già iscritto? Vai alla tua pratica
case-cost = Quanto costa
case-cost-nothing = Niente.
case-cost-text = Non chiediamo mai denaro, né ora né dopo. Se qualcuno ti chiede soldi a nostro nome, non pagare e avvisa l’associazione.
case-who-can = Chi può iscriversi
case-who-can-1 = Chi aveva una casella coinvolta, gratuita o a pagamento.
case-who-can-2 = Anche professionisti, imprese e associazioni.
case-who-can-3 = Anche più persone della stessa famiglia, con lo stesso recapito.
case-who-can-4 = Anche chi non ha un’altra e-mail: bastano il telefono o la posta.
case-who-runs = Chi promuove il caso
case-who-runs-text = Scegli una sola associazione. Sarà lei a tenere i tuoi dati.
association-offer-join = Raccoglie pre-adesioni
association-offer-interest = Per ora raccoglie solo manifestazioni di interesse, non pre-adesioni
association-offer-suspended = Iscrizioni chiuse: l’associazione è sospesa da un registro pubblico. Chi è già iscritto non perde nulla
association-offer-cancelled = Iscrizioni chiuse: l’associazione è stata cancellata da un registro pubblico. Chi è già iscritto non perde nulla
association-offer-closed = In questa fase non accetta nuove persone
association-details = Contatti e registri
association-choose = Continua con { $name }
association-keeps = Chi tiene i tuoi dati
association-phone = Telefono
association-dpo = Responsabile della protezione dei dati
register-giustizia = Elenco del Ministero della Giustizia (azioni di classe)
register-art137 = Elenco delle associazioni di consumatori (art. 137 Codice del consumo)
register-status-unknown = Non ancora verificato
register-status-active = Iscritta
register-status-suspended = Sospesa
register-status-cancelled = Cancellata
register-reference = n. { $reference }
register-checked = (controllato il { $date })
case-what = Che cosa è successo
case-what-sources = Per ogni dato trovi la fonte. Quando le fonti non concordano, le riportiamo tutte.
case-disagree = Le fonti non concordano
incident-from = Inizio registrato
incident-until = Fine registrata
incident-accepted = Giorni che puoi dichiarare
incident-range = dal { $from } al { $until }
incident-domains = { $count ->
    [one] Un dominio coinvolto
   *[other] { $count } domini coinvolti
}
treatment-in-scope = coinvolto
treatment-review = lo accettiamo e lo controlliamo
treatment-refused = non coinvolto
case-timeline = Che cosa è stato detto
promise-kept = Promessa entro il { $date }: mantenuta
promise-broken = Promessa entro il { $date }: non mantenuta
promise-pending = Promessa entro il { $date }: esito non noto
share-title = Fai conoscere il caso
share-text = Hai un sito o un gruppo? Copia il collegamento o il pulsante.
share-open = Crea il tuo collegamento
share-name = Nome del tuo sito o gruppo
share-name-hint = Serve solo a sapere da dove arrivano le persone. Usa lettere, numeri e trattini.
share-make = Crea
share-link = Collegamento
share-button = Pulsante HTML
share-label = Iscriviti: { $title }
choose-title = Scegli un’associazione
choose-lead = Sarà lei a tenere i tuoi dati e a seguirti.
choose-one = Ne basta una. Iscriverti con due associazioni non aumenta i tuoi diritti.
choose-order = L’ordine cambia a ogni visita: nessuna è favorita.
