# Who an association is.
about-lead = Wer dieser Verband ist, in welchen Registern er steht und wie Sie ihn erreichen.
about-data = Kontakt und Register
about-check = Verlassen Sie sich nicht nur auf diese Seite: Suchen Sie den Namen in den öffentlichen Registern oder rufen Sie eine Nummer an, die Sie schon kennen.
about-cases = Die Fälle, die er betreibt
about-link = Woran Sie { $name } erkennen
about-fund = Nur das Gericht kann einen Kostenvorschuss anordnen. Er geht dann auf das Konto des Verfahrens, nie an uns und nie über diese Seite.
about-doubt = Hat Ihnen jemand im Namen des Verbands geschrieben oder Sie angerufen? Antworten Sie im Zweifel nicht. Prüfen Sie den Code der Nachricht oder rufen Sie selbst an.
