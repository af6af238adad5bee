## Hochgeladene Dokumente

label-file = Datei
error-file-empty = Diese Datei ist leer. Wählen Sie eine andere.
error-file-too-large = Diese Datei ist zu groß. Laden Sie eine kleinere hoch, oder ein Foto mit weniger Einzelheiten.
error-file-too-many = Es sind zu viele Dateien. Laden Sie einige jetzt hoch und die anderen danach.
