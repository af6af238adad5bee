# Refusals and failures, and the demonstration's mails.
message-title-bad-request = We did not understand the request
message-title-forbidden = This page was open for too long
message-title-role = Your role does not allow this
message-title-not-found = Page not found
message-title-conflict = Not possible now
message-title-gone = This link is no longer valid
message-title-too-large = What you sent is too large
message-title-too-many = Too many requests
message-title-unavailable = We are very busy at this moment
message-title-internal = Something went wrong
message-title-session-over = Your session is over
message-title-enter = Open your record
message-text-enter = You need no password. Type the e-mail you signed up with: we send you a link to get in.
message-enter-action = Ask for the link
message-title-erased = Your data are erased
message-text-bad-request = Go back and try again.
message-text-forbidden = For safety we did not accept what was sent. Go back, reload the page and try again.
message-text-role = Your role does not allow you to see this page or to do this. Roles are given by the owner of the association: ask that person if you need it.
message-text-not-found = The address is wrong, or the page is gone.
message-text-conflict = The state of the record or of the case does not allow it. Go back to the case to see what you can do.
message-text-gone = It was used already or has expired. You can ask for another under “My record”.
message-text-too-large = Send less and try again.
message-text-too-many = We received many requests from here.
message-text-unavailable = Try again in a few minutes. If you already received a reference, your sign-up is safe.
message-text-internal = It is our fault. Try again soon. If it happens again, tell the association this number.
message-text-session-over = For your safety the page closes after 30 minutes. What you had saved is safe.
message-text-erased = Your record is gone. Lines without your name remain: they tell what was done and when. We keep them as proof, with no end. From backups the data are gone within 35 days. Thank you.
message-session-over-action = Sign in
message-wait = { $minutes ->
    [one] Try again in a minute.
   *[other] Try again in { $minutes } minutes.
}
message-request-id = Number:
message-home = Back to the start
outbox-title = Mails of the demonstration
outbox-lead = These are the mails the program wrote. None was really sent.
outbox-none = There is no mail yet.
outbox-to = To:
outbox-reload = Reload
mail-follow = Open the link in the mail
mail-html = Show the HTML part
mail-headers = Headers
message-console-action = Back to the staff area
