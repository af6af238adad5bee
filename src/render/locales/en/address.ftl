# Postal code and province: what we propose, what we ask.

cap-hint = Write the town or the postal code: we look up the other one.
cap-found = We found: { $code } { $city } ({ $province })
cap-found-next = If it is right, press the button at the end of the page again.
cap-several = { $city } has several postal codes, from { $first } to { $last }. Yours is on a bill.
cap-province-proposed = We wrote it from the town. Check it.
cap-asked = Is the postal code { $typed } right for { $city }?
cap-usual = It usually is { $code }. Postal codes change now and then: you decide.
cap-range = It usually is from { $first } to { $last }. Correct it above, or leave it so.
cap-yes = Use { $code }
cap-keep = Leave { $typed }

error-postal-code-several = Write the postal code too: this town has more than one.
error-postal-code-unknown = We do not find one town alone with this name. Write the postal code and the province too.
error-city-unknown = This postal code belongs to several towns, or we do not know it. Write the town too.
