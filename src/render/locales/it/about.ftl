# Who an association is.
about-lead = Chi è questa associazione, in quali registri si trova e come raggiungerla.
about-data = Contatti e registri
about-check = Non fidarti solo di questa pagina: cerca il nome negli elenchi pubblici, oppure chiama un numero che conosci già.
about-cases = I casi che promuove
about-link = Come riconoscere { $name }
about-fund = Un solo pagamento è possibile: un fondo per le spese, ma solo se lo ordina il giudice e sul conto della procedura. Non lo chiediamo noi e non passa da questo sito.
about-doubt = Qualcuno ti ha scritto o chiamato a nome dell’associazione? Nel dubbio non rispondere. Controlla il codice del messaggio, oppure chiama tu.
