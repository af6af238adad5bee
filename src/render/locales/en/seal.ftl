# What a PDF with a seal is: page /verify and `joinder verify`.

seal-checked-title = What the seal says

seal-title-ours = The seal is in order
seal-title-whole = The document is whole
seal-title-broken = The seal is not in order
seal-title-unsealed = The digest of this PDF

seal-verdict-ours = It is the seal that is expected. Nobody changed the document after the seal. Who signed and when is proved by the receipt: the fingerprint must be the same.
seal-verdict-whole = Nobody changed the document after the seal. Whose seal it is says its certificate, which is not checked here: open it in a PDF reader.
seal-verdict-broken = The document was changed after the seal, or the file is broken. Download the document from your page again; if nothing changes, tell the association.
seal-verdict-unsealed = This is no fault: this PDF has no electronic seal. The fingerprint below is that of the file. Compare it with the one in the receipt: if it is the same, this is the document that was signed.

seal-fact-document = SHA-256 of the document, without the seal
seal-fact-holder = Seal of
seal-fact-issuer = Certificate issued by
