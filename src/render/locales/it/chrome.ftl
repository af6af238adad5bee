# Around every page.
site-name = joinder
skip-to-content = Vai al contenuto
demo-banner = Dati dimostrativi: nessun rapporto con le associazioni nominate
nav-label = Menu e lingua
nav-cases = Tutti i casi
nav-enter = La mia pratica
nav-me = La mia pratica
no-money = Non chiediamo mai denaro.
frame-links = I link si aprono in una nuova scheda.
footer-who = Questa piattaforma raccoglie le pre-adesioni per le associazioni di consumatori. I tuoi dati li tiene l’associazione che scegli.
footer-privacy = Privacy
footer-verify = Verifica un messaggio ricevuto
errors-title = C’è qualcosa da correggere
errors-kept = Quello che hai scritto è ancora qui. Correggi i punti indicati e invia di nuovo.
date-and-clock = { $date }, ore { $clock }
month-1 = gennaio
month-2 = febbraio
month-3 = marzo
month-4 = aprile
month-5 = maggio
month-6 = giugno
month-7 = luglio
month-8 = agosto
month-9 = settembre
month-10 = ottobre
month-11 = novembre
month-12 = dicembre
confirmed-count = { $count ->
    [one] 1 persona ha confermato
   *[other] { $shown } persone hanno confermato
}
case-state-draft = In preparazione
case-state-pre-registration = Preiscrizioni aperte
case-state-open = Pre-adesioni aperte
case-state-closed = Raccolta chiusa
case-state-filed = Ricorso depositato
case-state-admitted = Azione ammessa dal tribunale
case-state-distribution = Distribuzione in corso
case-state-archived = Archiviato
