# What a PDF with a seal is: page /verify and `joinder verify`.

seal-checked-title = Was das Siegel sagt

seal-title-ours = Das Siegel ist in Ordnung
seal-title-whole = Das Dokument ist unverändert
seal-title-broken = Das Siegel ist nicht in Ordnung
seal-title-unsealed = Die Prüfsumme dieses PDF

seal-verdict-ours = Es ist das erwartete Siegel. Niemand hat das Dokument nach dem Siegel geändert. Wer wann unterschrieben hat, beweist die Empfangsbestätigung: Der Fingerabdruck muss derselbe sein.
seal-verdict-whole = Niemand hat das Dokument nach dem Siegel geändert. Wessen Siegel es ist, sagt sein Zertifikat, das hier nicht geprüft wird: Öffnen Sie die Datei mit einem PDF-Programm.
seal-verdict-broken = Das Dokument wurde nach dem Siegel geändert, oder die Datei ist beschädigt. Laden Sie das Dokument noch einmal von Ihrer Seite; ändert das nichts, verständigen Sie den Verband.
seal-verdict-unsealed = Das ist kein Fehler: Dieses PDF hat kein elektronisches Siegel. Der Fingerabdruck unten ist der der Datei. Vergleichen Sie ihn mit dem in der Empfangsbestätigung: Ist er derselbe, ist es das unterschriebene Dokument.

seal-fact-document = SHA-256 des Dokuments, ohne Siegel
seal-fact-holder = Siegel von
seal-fact-issuer = Zertifikat ausgestellt von
