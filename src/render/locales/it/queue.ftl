# Code di lavoro
console-queue-rights = Richieste sui dati
console-queue-conflicts = Conflitti tra due firme
console-queue-paper = Firme su carta da controllare
console-queue-exports = Esportazioni da approvare
console-queue-scam-reports = Segnalazioni di truffe
console-queue-signature-unverified = Firme digitali da chiarire
console-queue-document-rejected = Documenti rifiutati dall’antivirus
console-queue-not-restored = Caselle non ripristinate
console-queue-double-recovery = Doppio recupero
console-queue-outside-window = Fuori dal periodo
queues-title = Code di lavoro
queues-text = Qui c’è tutto ciò che aspetta una persona. Premi «Comincia»: si apre la prima pratica che nessun collega ha preso.
queues-none = Non aspetta niente.
queues-empty = Code vuote
queue-name = Coda
queue-count = Quante
queue-many = più di 999
queue-oldest = La più vecchia
queue-due = Prossima scadenza
queue-overdue = scaduta
queue-mine = Mie
queue-free = Di nessuno
queue-work = Lavoro
queue-start = Comincia
queue-start-of = Comincia: { $queue }
queue-age-days = { $days ->
    [one] da { $days } giorno
   *[other] da { $days } giorni
 }
queue-age-hours = { $hours ->
    [0] da meno di un’ora
    [one] da { $hours } ora
   *[other] da { $hours } ore
 }
queue-worked-off = In questa coda non c’è altro per te: { $queue }.
queue-bar = Coda: { $queue }
queue-next = Prossima
queue-list = Elenco della coda
queue-done = Questa pratica non aspetta più in questa coda.
queue-yours = L’hai presa tu.
queue-held = L’ha presa { $name }.
queue-nobody = Non l’ha ancora presa nessuno.
queue-due-by = Entro il { $day }
queue-assign = Prendi o assegna
queue-me = Me: la prendo io
queue-release = Nessuno: la lascio
queue-assign-action = Salva
queue-taken-by = Nel frattempo l’ha presa { $name }. Apri di nuovo la pratica per vedere come sta.
queue-taken = L’ha presa
queue-filter-taken = Presa da
queue-filter-all = Tutti e nessuno
queue-filter-mine = Me
queue-filter-nobody = Nessuno
queue-choose = Coda
queue-no-queue = Nessuna coda
label-to = A chi
label-due-on = Da finire entro
problem-state-released = Nel frattempo è stata lasciata: apri di nuovo la pratica.
trail-action-assign = Pratica presa, assegnata o lasciata
list-active = In lavorazione: confermate, firmate, da rifirmare, depositate
list-more = Altri filtri
list-any = Tutte
list-review = Verifica
list-review-none = Niente da verificare
list-review-conflict = Conflitto
list-review-quarantined = In quarantena
list-tier = Tipo di firma
list-province = Provincia (sigla)
list-domain = Dominio della casella
list-from = Iscritte dal
list-until = Iscritte fino al
list-least = Danni da (euro)
list-most = Danni fino a (euro)
list-missing = Manca
list-complete = niente
list-unfinished = Ho letto molte pratiche senza riempire la pagina. Premi «Continua a cercare» per le più vecchie.
list-go-on = Continua a cercare
completeness-title = Che cosa manca per il deposito
completeness-text = Pratiche in lavorazione: { $records }. Complete e senza verifiche aperte: { $ready }. Premi una lettera per vedere chi ne è privo.
completeness-letter = Lettera dell’art. 840-septies
completeness-lack = Ne sono prive
