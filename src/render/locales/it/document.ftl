## I documenti caricati

label-file = File
error-file-empty = Questo file è vuoto. Scegline un altro.
error-file-too-large = Questo file è troppo grande. Caricane uno più piccolo, o una foto con meno dettagli.
error-file-too-many = I file sono troppi. Caricane alcuni adesso e gli altri dopo.
