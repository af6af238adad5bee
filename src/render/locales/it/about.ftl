# Who an association is.
about-lead = Chi è questa associazione, in quali registri si trova e come raggiungerla.
about-data = Contatti e registri
about-check = Non fidarti solo di questa pagina: cerca il nome negli elenchi pubblici, oppure chiama un numero che conosci già.
about-cases = I casi che promuove
about-link = Come riconoscere { $name }
about-fund = Un fondo per le spese della causa può esserci solo se lo ordina il giudice. Si paga sul conto della procedura, mai a noi e mai da questo sito.
about-doubt = Qualcuno ti ha scritto o chiamato a nome dell’associazione? Nel dubbio non rispondere. Controlla il codice del messaggio, oppure chiama tu.
