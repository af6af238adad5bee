"""Writes domains.txt from PyPI's disposable-email-domains: mail domains whose addresses are thrown away after minutes.

pip install disposable-email-domains==0.0.293 && python3 make.py
"""
from disposable_email_domains import blocklist

with open("domains.txt", "w", encoding="ascii", newline="\n") as out:
    out.write("\n".join(sorted(blocklist)) + "\n")
