# CAP e provincia: che cosa proponiamo, che cosa chiediamo.

cap-hint = Scrivi il comune oppure il CAP: l’altro lo cerchiamo noi.
cap-found = Abbiamo trovato: { $code } { $city } ({ $province })
cap-found-next = Se è giusto, premi di nuovo il pulsante in fondo alla pagina.
cap-several = { $city } ha più CAP, da { $first } a { $last }. Il tuo è su una bolletta.
cap-province-proposed = L'abbiamo scritta noi dal comune. Controllala.
cap-asked = Il CAP { $typed } è giusto per { $city }?
cap-usual = Di solito è { $code }. I CAP a volte cambiano: decidi tu.
cap-range = Di solito va da { $first } a { $last }. Correggilo qui sopra, oppure lascialo così.
cap-yes = Usa { $code }
cap-keep = Lascia { $typed }

error-postal-code-several = Scrivi anche il CAP: questo comune ne ha più di uno.
error-postal-code-unknown = Non troviamo un solo comune con questo nome. Scrivi anche il CAP e la provincia.
error-city-unknown = Questo CAP è di più comuni, o non lo conosciamo. Scrivi anche il comune.
