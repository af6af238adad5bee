# What a receipt proves: page /verify and `joinder verify`.

receipt-upload-title = Che cosa prova la mia ricevuta?
receipt-upload-label = La tua ricevuta
receipt-upload-hint = Il file ricevuta.json che hai scaricato dopo la firma, oppure il PDF firmato. Lo leggiamo, ti diciamo che cosa prova e non teniamo nulla.
receipt-upload-action = Controlla la ricevuta

receipt-title-proved = La ricevuta è in ordine
receipt-title-refuted = La ricevuta non è in ordine
receipt-title-unfinished = La ricevuta non è ancora completa
receipt-title-unreadable = Questo file non è una ricevuta

receipt-verdict-proved = Tutto quello che si può provare è provato. La ricevuta non è stata cambiata dopo la firma e sta nel registro delle prove.
receipt-verdict-refuted = Qualcosa non corrisponde: la ricevuta è stata cambiata, o non è quella del registro. Scarica di nuovo la ricevuta dalla tua pagina; se non cambia, avvisa l’associazione.
receipt-verdict-unfinished = Nulla è sbagliato, ma manca ancora qualcosa per provare tutto. Subito dopo la firma bastano pochi secondi: scarica di nuovo la ricevuta.
receipt-verdict-unreadable = Non è una ricevuta joinder-receipt/1, oppure il file è rovinato o troppo grande. Scegli il file ricevuta.json.

receipt-fact-signer = Firmata da
receipt-fact-signed-at = Firmata il
receipt-fact-document = Impronta SHA-256 del documento
receipt-fact-origin = Registro delle prove
receipt-fact-place = Posto nel registro (da 0) / voci del registro
receipt-fact-vkey = Chiave del registro
receipt-fact-stamped-at = Marca temporale (ora dell’autorità)

receipt-outcome-proved = Provato
receipt-outcome-refuted = Sbagliato
receipt-outcome-open = Non provato

receipt-part-document-proved = Il documento PDF è quello indicato nella prova della firma, byte per byte.
receipt-part-document-refuted = Il documento PDF non è quello indicato nella prova della firma.
receipt-part-declaration-proved = I dati dichiarati sono quelli a cui si riferisce la voce del registro.
receipt-part-declaration-refuted = I dati dichiarati non sono quelli a cui si riferisce la voce del registro.
receipt-part-evidence-proved = La prova della firma (chi, quando, con quale codice e quale documento) è quella a cui si riferisce la voce del registro.
receipt-part-evidence-refuted = La prova della firma non è quella a cui si riferisce la voce del registro.
receipt-part-evidence-open = La voce del registro è di quando la prova della firma non vi entrava ancora. Il registro prova i dati dichiarati, ma non la prova della firma né il PDF.
receipt-part-inclusion-proved = La voce sta nel registro, nel posto indicato.
receipt-part-inclusion-refuted = La voce non sta nel registro del checkpoint allegato.
receipt-part-inclusion-open = La voce non è ancora nel registro: la ricevuta non ha ancora la sua prova.
receipt-part-signature-proved = Il checkpoint del registro è firmato dalla chiave indicata.
receipt-part-signature-refuted = Il checkpoint del registro non è firmato dalla chiave indicata.
receipt-part-signature-open = Manca la chiave del registro: la firma del checkpoint non si può controllare.
receipt-part-key-proved = La chiave è quella del registro, presa da fuori della ricevuta.
receipt-part-key-refuted = La ricevuta non è firmata con la chiave del registro.
receipt-part-key-open = La chiave viene dalla ricevuta stessa. Confrontala con quella che pubblica il registro (/log/…/vkey) o con quella avuta da altri.
receipt-part-newer-proved = Il registro visto più tardi contiene ancora tutto quello di allora, nello stesso ordine.
receipt-part-newer-refuted = Il registro visto più tardi non continua quello della ricevuta. Conserva tutti e due: sono una prova contro chi lo tiene.
receipt-part-newer-open = Il checkpoint più recente da solo non dice se il registro è lo stesso: serve il file /log/…/consistency/… .
receipt-part-timestamp-proved = Un’autorità di marcatura temporale riconosciuta qui ha marcato un registro che conteneva già la voce.
receipt-part-timestamp-refuted = La marca temporale allegata non riguarda questa voce o questo registro.
receipt-part-timestamp-open = Una marca temporale dice entro quando il registro aveva la voce; chi l’ha emessa qui non si controlla: lo fa `openssl ts -verify` con il certificato dell’autorità (docs/receipt.md).

receipt-checked-title = Che cosa prova questa ricevuta
receipt-not-title = Che cosa la ricevuta non prova
receipt-not-1 = Che chi ha firmato è davvero quella persona. La firma con un codice mandato al recapito è una firma elettronica semplice: la valuta il giudice. Una firma digitale o su carta si controlla nel suo file.
receipt-not-2 = L’ora esatta: è quella dell’orologio di chi tiene il registro, non di un terzo.
receipt-not-3 = Che il registro sia lo stesso per tutti. Per provarlo si confrontano checkpoint presi in luoghi e momenti diversi.
receipt-not-4 = Che quanto dichiarato è vero.
