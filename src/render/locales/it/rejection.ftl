# Avviso di pratica respinta
rejection-mail-subject = La tua pratica è stata respinta
rejection-mail-intro = L’associazione ha respinto la tua pratica il { $date }. La pratica non fa più parte del caso.
rejection-mail-why = Il motivo:
rejection-mail-code-not-concerned = La casella o il periodo non rientrano in questo caso.
rejection-mail-code-not-proven = Manca la prova che i dati o la casella sono tuoi.
rejection-mail-code-incomplete = Non è arrivato ciò che ti era stato chiesto.
rejection-mail-code-untrue = Alcune cose dichiarate non risultano vere.
rejection-mail-code-other = Lo spiega l’associazione con parole sue.
rejection-mail-said = L’associazione scrive:
rejection-mail-object = Non sei d’accordo? Hai tempo fino al { $date }. Telefona all’associazione. Di’ perché e manda le prove che hai. Questo termine lo dà l’associazione, non la legge. La risposta te la dà l’associazione.
rejection-mail-object-write = Non sei d’accordo? Hai tempo fino al { $date }. Telefona all’associazione o scrivi a { $email }. Di’ perché e manda le prove che hai. Questo termine lo dà l’associazione, non la legge. La risposta te la dà l’associazione.
rejection-mail-again = Se hai ragione, o se il motivo non c’è più, puoi iscriverti di nuovo. Si può fino a quando la raccolta è aperta.
rejection-mail-own = Puoi sempre difendere i tuoi diritti anche da solo. I termini della legge corrono: non aspettare la nostra risposta.
rejection-mail-data = Sulla tua pagina trovi i tuoi dati. Puoi chiederne una copia o farli cancellare.
rejection-mail-button = Apri la tua pagina
my-mail-rejection = Pratica respinta
mail-kind-rejection = Pratica respinta
