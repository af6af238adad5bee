# CAP e provincia: che cosa proponiamo, che cosa chiediamo.

cap-hint = Se non lo sai, lascia vuoto: lo cerchiamo noi dal comune.
cap-proposed = L'abbiamo scritto noi: è il CAP di { $city }. Controllalo.
cap-several = { $city } ha più CAP, da { $first } a { $last }. Il tuo è su una bolletta.
cap-province-proposed = L'abbiamo scritta noi dal comune. Controllala.
cap-asked = Il CAP { $typed } è giusto per { $city }?
cap-usual = Di solito è { $code }. I CAP a volte cambiano: decidi tu.
cap-range = Di solito va da { $first } a { $last }. Correggilo qui sopra, oppure lascialo così.
cap-yes = Usa { $code }
cap-keep = Lascia { $typed }

error-postal-code-proposed = Abbiamo scritto il CAP del comune. Controllalo e invia di nuovo.
error-postal-code-several = Scrivi il CAP: questo comune ne ha più di uno.
