# What a PDF with a seal is: page /verify and `joinder verify`.

seal-checked-title = Che cosa dice il sigillo

seal-title-ours = Il sigillo è in ordine
seal-title-whole = Il documento è intero
seal-title-broken = Il sigillo non è in ordine
seal-title-unsealed = L’impronta di questo PDF

seal-verdict-ours = È il sigillo che ci si aspetta. Nessuno ha cambiato il documento dopo il sigillo. Chi ha firmato e quando lo prova la ricevuta: l’impronta deve essere la stessa.
seal-verdict-whole = Nessuno ha cambiato il documento dopo il sigillo. Di chi è il sigillo lo dice il suo certificato, che qui non si controlla: aprilo con un lettore di PDF.
seal-verdict-broken = Il documento è stato cambiato dopo il sigillo, o il file è rovinato. Scarica di nuovo il documento dalla tua pagina; se non cambia, avvisa l’associazione.
seal-verdict-unsealed = Non è un errore: questo PDF non ha un sigillo elettronico. L’impronta qui sotto è quella del file. Confrontala con quella della ricevuta: se è la stessa, il documento è quello firmato.

seal-fact-document = Impronta SHA-256 del documento, senza sigillo
seal-fact-holder = Sigillo di
seal-fact-issuer = Certificato emesso da
