# Postal code and province: what we propose, what we ask.

cap-hint = Leave it empty if you do not know: we look it up for an Italian town.
cap-proposed = We wrote it: it is the postal code of { $city }. Check it.
cap-several = { $city } has several postal codes, from { $first } to { $last }. Yours is on a bill.
cap-province-proposed = We wrote it from the town. Check it.
cap-asked = Is the postal code { $typed } right for { $city }?
cap-usual = It usually is { $code }. Postal codes change now and then: you decide.
cap-range = It usually is from { $first } to { $last }. Correct it above, or leave it so.
cap-yes = Use { $code }
cap-keep = Leave { $typed }

error-postal-code-proposed = We wrote the postal code of the town. Check it and send again.
error-postal-code-several = Write the postal code: this town has more than one.
