# Who an association is.
about-lead = Who this association is, in which registers it stands and how to reach it.
about-data = Contacts and registers
about-check = Do not trust this page alone: look the name up in the public registers, or call a number you already know.
about-cases = The cases it promotes
about-link = How to recognise { $name }
about-fund = Only the judge can order a fund for the costs of the case. It is then paid to the account of the procedure, never to us and never through this site.
about-doubt = Did somebody write or call you in the name of the association? In doubt, do not answer. Check the code of the message, or call yourself.
