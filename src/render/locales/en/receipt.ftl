# What a receipt proves: page /verify and `joinder verify`.

receipt-upload-title = What does my receipt prove?
receipt-upload-label = Your receipt
receipt-upload-hint = The file ricevuta.json that you downloaded after signing, or the signed PDF. We read it, tell you what it proves and keep nothing.
receipt-upload-action = Check the receipt

receipt-title-proved = The receipt is in order
receipt-title-refuted = The receipt is not in order
receipt-title-unfinished = The receipt is not complete yet
receipt-title-unreadable = This file is not a receipt

receipt-verdict-proved = All that can be proved is proved: the receipt was not changed after signing and is in the evidence log.
receipt-verdict-refuted = Something does not fit: the receipt was changed, or is not the one of the log. Download the receipt from your page again; if nothing changes, tell the association.
receipt-verdict-unfinished = Nothing is wrong, but something is still missing to prove everything. Right after signing a few seconds are enough: download the receipt again.
receipt-verdict-unreadable = This is no joinder-receipt/1 receipt, or the file is broken or too large. Choose the file ricevuta.json.

receipt-fact-signer = Signed by
receipt-fact-signed-at = Signed on
receipt-fact-document = SHA-256 of the document
receipt-fact-origin = Evidence log
receipt-fact-place = Place in the log (from 0) / entries of the log
receipt-fact-vkey = Key of the log
receipt-fact-stamped-at = Time stamp (the authority’s clock)

receipt-outcome-proved = Proved
receipt-outcome-refuted = Wrong
receipt-outcome-open = Not proved

receipt-part-document-proved = The PDF is the one that the evidence of the signature names, byte for byte.
receipt-part-document-refuted = The PDF is not the one that the evidence of the signature names.
receipt-part-declaration-proved = The declared data are those that the entry of the log commits to.
receipt-part-declaration-refuted = The declared data are not those that the entry of the log commits to.
receipt-part-evidence-proved = The evidence of the signature (who, when, by which code, which document) is the one that the entry of the log commits to.
receipt-part-evidence-refuted = The evidence of the signature is not the one that the entry of the log commits to.
receipt-part-evidence-open = The entry is from when the evidence of the signature did not go into the log yet: the log proves the declared data, not the evidence nor the PDF.
receipt-part-inclusion-proved = The entry is in the log, in the place given.
receipt-part-inclusion-refuted = The entry is not in the log of the checkpoint enclosed.
receipt-part-inclusion-open = The entry is not in the log yet: the receipt does not have its proof yet.
receipt-part-signature-proved = The checkpoint of the log is signed by the key given.
receipt-part-signature-refuted = The checkpoint of the log is not signed by the key given.
receipt-part-signature-open = The key of the log is missing: the signature of the checkpoint cannot be checked.
receipt-part-key-proved = The key is the log's, got from outside the receipt.
receipt-part-key-refuted = The receipt is not signed with the key of the log.
receipt-part-key-open = The key comes from the receipt itself: compare it with the one the log publishes (/log/…/vkey) or with one you have from others.
receipt-part-newer-proved = The log as seen later still has all that was in it then, in the same order.
receipt-part-newer-refuted = The log as seen later does not go on with the one of the receipt: keep both, they are proof against whoever keeps the log.
receipt-part-newer-open = A newer checkpoint alone does not tell whether the log is the same: the file /log/…/consistency/… is needed.
receipt-part-timestamp-proved = A time-stamping authority that is known here stamped a log that already had the entry.
receipt-part-timestamp-refuted = The time stamp that comes along is not about this entry or this log.
receipt-part-timestamp-open = A time stamp says by when the log had the entry; who made it is not checked here: `openssl ts -verify` with the authority’s certificate does (docs/receipt.md).

receipt-checked-title = What this receipt proves
receipt-not-title = What the receipt does not prove
receipt-not-1 = That whoever signed really is that person. A code sent to their contact is a simple electronic signature, weighed by the court. A digital signature, or one on paper, is checked in its own file.
receipt-not-2 = The exact time: it is that of the clock of whoever keeps the log, not of a third party.
receipt-not-3 = That the log is the same for everybody: those prove it who compare checkpoints taken in different places and at different times.
receipt-not-4 = That what was declared is true.
