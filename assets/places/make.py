"""Writes places.csv from the data of PyPI's python-codicefiscale: where people were born, by code and day.

pip install python-codicefiscale==0.12.1 && python3 make.py
"""
import json, os, re

import codicefiscale

DATA = os.path.join(os.path.dirname(codicefiscale.__file__), "data")
SMALL = {"a", "ad", "ai", "al", "all'", "alla", "alle", "allo", "con", "da", "d'", "de", "dei", "degli", "del", "dell'", "della", "delle", "dello", "di", "e", "ed",
         "in", "nel", "nell'", "nella", "per", "presso", "sopra", "sotto", "sul", "sull'", "sulla", "sulle"}


def read(name):
    return json.load(open(os.path.join(DATA, name)))


def written(name):
    """`Massa Di Somma` as it is written: `Massa di Somma`."""
    words = name.split(" ")
    return " ".join([words[0]] + [word.lower() if word.lower() in SMALL else re.sub(r"^(D|Dell|All|Nell|Sull)'", lambda m: m[0].lower(), word) for word in words[1:]])


rows = {}
for place in read("municipalities.json") + read("municipalities-patch.json") + read("countries.json") + read("deleted-countries.json") + read("countries-patch.json"):
    province = "" if place["province"] == "EE" else place["province"]
    name = place["name"] if not province else written(place["name"])
    rows.setdefault(place["code"], []).append((place["date_created"][:10], name, province))

with open("places.csv", "w", encoding="utf-8", newline="\n") as out:
    for code in sorted(rows):
        last = None
        for since, name, province in sorted(set(rows[code])):
            if (name, province) != last:
                out.write(";".join([code, name, province, since]) + "\n")
            last = name, province
