# What a receipt proves: page /verify and `joinder verify`.

receipt-upload-title = Was beweist meine Empfangsbestätigung?
receipt-upload-label = Ihre Empfangsbestätigung
receipt-upload-hint = Die Datei ricevuta.json, die Sie nach der Unterschrift heruntergeladen haben, oder das unterschriebene PDF. Wir lesen die Datei, sagen Ihnen, was sie beweist, und behalten nichts.
receipt-upload-action = Empfangsbestätigung prüfen

receipt-title-proved = Die Empfangsbestätigung ist in Ordnung
receipt-title-refuted = Die Empfangsbestätigung ist nicht in Ordnung
receipt-title-unfinished = Die Empfangsbestätigung ist noch nicht vollständig
receipt-title-unreadable = Diese Datei ist keine Empfangsbestätigung

receipt-verdict-proved = Alles, was sich beweisen lässt, ist bewiesen: Die Empfangsbestätigung wurde nach der Unterschrift nicht verändert und steht im Beweisregister.
receipt-verdict-refuted = Etwas stimmt nicht überein: Die Empfangsbestätigung wurde verändert oder ist nicht die des Registers. Laden Sie sie auf Ihrer Seite noch einmal herunter; ändert sich nichts, sagen Sie es dem Verband.
receipt-verdict-unfinished = Nichts ist falsch, aber noch fehlt etwas, um alles zu beweisen. Gleich nach der Unterschrift genügen wenige Sekunden: Laden Sie die Empfangsbestätigung noch einmal herunter.
receipt-verdict-unreadable = Das ist keine Empfangsbestätigung joinder-receipt/1, oder die Datei ist beschädigt oder zu groß. Wählen Sie die Datei ricevuta.json.

receipt-fact-signer = Unterschrieben von
receipt-fact-signed-at = Unterschrieben am
receipt-fact-document = SHA-256 des Dokuments
receipt-fact-origin = Beweisregister
receipt-fact-place = Platz im Register (ab 0) / Einträge im Register
receipt-fact-vkey = Schlüssel des Registers
receipt-fact-stamped-at = Zeitstempel (Uhr der Stelle)

receipt-outcome-proved = Bewiesen
receipt-outcome-refuted = Falsch
receipt-outcome-open = Nicht bewiesen

receipt-part-document-proved = Das PDF ist Byte für Byte das, welches im Nachweis der Unterschrift genannt ist.
receipt-part-document-refuted = Das PDF ist nicht das, welches im Nachweis der Unterschrift genannt ist.
receipt-part-declaration-proved = Die erklärten Daten sind die, auf die sich der Eintrag im Register bezieht.
receipt-part-declaration-refuted = Die erklärten Daten sind nicht die, auf die sich der Eintrag im Register bezieht.
receipt-part-evidence-proved = Der Nachweis der Unterschrift (wer, wann, mit welchem Code, welches Dokument) ist der, auf den sich der Eintrag im Register bezieht.
receipt-part-evidence-refuted = Der Nachweis der Unterschrift ist nicht der, auf den sich der Eintrag im Register bezieht.
receipt-part-evidence-open = Der Eintrag stammt aus der Zeit, als der Nachweis der Unterschrift noch nicht in das Register kam: Das Register beweist die erklärten Daten, nicht den Nachweis der Unterschrift und nicht das PDF.
receipt-part-inclusion-proved = Der Eintrag steht im Register, am angegebenen Platz.
receipt-part-inclusion-refuted = Der Eintrag steht nicht im Register des beigefügten Checkpoints.
receipt-part-inclusion-open = Der Eintrag steht noch nicht im Register: Die Empfangsbestätigung hat ihren Beweis noch nicht.
receipt-part-signature-proved = Der Checkpoint des Registers ist mit dem angegebenen Schlüssel signiert.
receipt-part-signature-refuted = Der Checkpoint des Registers ist nicht mit dem angegebenen Schlüssel signiert.
receipt-part-signature-open = Der Schlüssel des Registers fehlt: Die Signatur des Checkpoints lässt sich nicht prüfen.
receipt-part-key-proved = Der Schlüssel ist der des Registers und stammt nicht aus der Empfangsbestätigung.
receipt-part-key-refuted = Die Empfangsbestätigung ist nicht mit dem Schlüssel des Registers signiert.
receipt-part-key-open = Der Schlüssel stammt aus der Empfangsbestätigung selbst: Vergleichen Sie ihn mit dem, den das Register veröffentlicht (/log/…/vkey), oder mit einem, den Sie von anderen haben.
receipt-part-newer-proved = Das später gesehene Register enthält noch alles von damals, in derselben Reihenfolge.
receipt-part-newer-refuted = Das später gesehene Register setzt das der Empfangsbestätigung nicht fort: Bewahren Sie beide auf, sie sind ein Beweis gegen den, der das Register führt.
receipt-part-newer-open = Der neuere Checkpoint allein sagt nicht, ob das Register dasselbe ist: Dazu braucht es die Datei /log/…/consistency/… .
receipt-part-timestamp-proved = Eine hier bekannte Zeitstempelstelle hat ein Register gestempelt, das den Eintrag schon enthielt.
receipt-part-timestamp-refuted = Der beigelegte Zeitstempel betrifft nicht diesen Eintrag oder dieses Register.
receipt-part-timestamp-open = Ein Zeitstempel sagt, bis wann das Register den Eintrag hatte; wer ihn ausgestellt hat, wird hier nicht geprüft: das tut `openssl ts -verify` mit dem Zertifikat der Stelle (docs/receipt.md).

receipt-checked-title = Was diese Empfangsbestätigung beweist
receipt-not-title = Was die Empfangsbestätigung nicht beweist
receipt-not-1 = Dass wirklich diese Person unterschrieben hat. Ein Code an ihren Kontakt ist eine einfache elektronische Signatur, das Gericht würdigt sie. Eine digitale Signatur oder eine auf Papier prüft man in ihrer eigenen Datei.
receipt-not-2 = Die genaue Uhrzeit: Es ist die der Uhr dessen, der das Register führt, nicht die eines Dritten.
receipt-not-3 = Dass das Register für alle dasselbe ist: Das beweist, wer Checkpoints vergleicht, die an verschiedenen Orten und zu verschiedenen Zeiten geholt wurden.
receipt-not-4 = Dass das Erklärte wahr ist.
