# Notice of a rejected record
rejection-mail-subject = Your record was rejected
rejection-mail-intro = The association rejected your record on { $date }. It is not part of the case any more.
rejection-mail-why = The reason:
rejection-mail-code-not-concerned = The mailbox or the period is not part of this case.
rejection-mail-code-not-proven = There is no proof that the data or the mailbox are yours.
rejection-mail-code-incomplete = What you were asked for did not arrive.
rejection-mail-code-untrue = Some of what was declared is not true.
rejection-mail-code-other = The association explains it in its own words.
rejection-mail-said = The association writes, in Italian:
rejection-mail-object = You do not agree? You have time until { $date }. Phone the association. Say why, and send the proof you have. The association sets this date, not the law. The association answers you.
rejection-mail-object-write = You do not agree? You have time until { $date }. Phone the association or write to { $email }. Say why, and send the proof you have. The association sets this date, not the law. The association answers you.
rejection-mail-again = If you are right, or the reason is gone, you can sign up again. This is possible as long as sign-ups are open.
rejection-mail-own = You can always defend your rights on your own, too. The terms of the law run: do not wait for our answer.
rejection-mail-data = Your data are on your page. You can ask for a copy or have them erased.
rejection-mail-button = Open your page
my-mail-rejection = Record rejected
mail-kind-rejection = Record rejected
