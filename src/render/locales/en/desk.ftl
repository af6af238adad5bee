# The desk: people without an e-mail
assist-desk = At the desk
consent-channel-page = on a page
consent-channel-api = by API
consent-channel-staff = typed by staff
consent-channel-phone = on the phone
consent-channel-desk = at the desk
consent-channel-paper = on paper
consent-channel-partner = on the site of a partner
desk-title = Desk: from the call to the signature
desk-text = This person has no e-mail. You lead them: type what they tell you, then they sign by hand.
desk-done = done
desk-open = to do
desk-identity = Personal details
desk-contact = Contact confirmed
desk-declaration = Declaration
desk-declare-start = Type the declaration
desk-declare-change = Change the declaration
desk-print = Form to sign
desk-hand-in = Signed sheets and identity document
desk-second = Check by another person
desk-typing = You are typing for { $name }.
desk-typing-text = Read the questions as they are and type the person’s answers. It is recorded that you typed them.
desk-review-lead = Read everything back to the person. Once they say it is right, prepare the document to be signed by hand.
desk-how = How were you told?
desk-how-phone = On the phone
desk-how-desk = At the desk
desk-how-post = In a letter
desk-consents = Consents
desk-consents-text = Read the texts to the person, or hand them over on paper. Tick only what they told you.
desk-consent-read-privacy-notice = Text of the privacy notice
desk-consent-read-contact = Text about the use of the contact
desk-consent-privacy-notice = I read the privacy notice to the person, or handed it over.
desk-consent-contact = The person wants to be contacted about this case.
desk-declare = Prepare the document
desk-declare-text = It is not signed yet: it is printed, the person reads it and signs it by hand.
desk-typed = Typed by { $name },
desk-told-phone = as told on the phone
desk-told-desk = as told at the desk
desk-told-post = as written in a letter
desk-documents = Add documents
desk-documents-none = There are no documents yet.
desk-documents-lead = Upload what { $name } sends or brings you: invoices, receipts, complaints and answers. It is recorded that you uploaded it.
desk-added-by = uploaded by { $name }
log-title = Evidence log
log-signed = { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
 }, signed { $at }
log-not-signed = Not signed yet.
log-stamped = Time stamp: { $at }, over { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
 }
log-stamp-none = No time stamp so far
log-stamp-waiting = Waiting for the stamp over { $entries ->
    [one] { $entries } entry
   *[other] { $entries } entries
 }; failed attempts: { $attempts }
log-stamp-problem = Last error:
trail-action-declare-by-staff = Declaration typed by staff for the person
