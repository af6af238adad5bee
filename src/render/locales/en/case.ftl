# Home, case page, choice of the association.
home-title = Did an outage harm you?
home-lead = Here are the collective actions of consumer associations. Signing up is free and takes two minutes.
home-search-label = Search by company
home-search = Search
home-cases = Cases
home-found = { $count ->
    [0] No case for “{ $query }”
    [one] One case for “{ $query }”
   *[other] { $count } cases for “{ $query }”
}
home-none = There is no case to show. Try another name.
home-against = Against { $respondent }
home-with = With { $associations }
home-more = More cases
home-how = How it works
home-how-1 = Choose the case and the association.
home-how-2 = Leave a contact and name the mailboxes that failed.
home-how-3 = Confirm with the code you receive. Complete the rest in your own time.
source = Source:
offer-title-join = You can sign up now
offer-title-interest = You can express your interest
offer-title-closed = Sign-up is closed
offer-text-join = Your sign-up is a pre-adhesion. The adhesion proper comes later, before the court.
offer-text-interest = For now the associations only collect expressions of interest. This is not yet a pre-adhesion.
offer-text-closed = The case takes no new people at this stage. If you are signed up already, your record stays valid.
offer-action-join = Sign up
offer-action-interest = Express interest
case-already = Signed up already? Go to your record
case-cost = What it costs
case-cost-nothing = Nothing.
case-cost-text = We never ask for money, now or later. If somebody asks you for money in our name, do not pay and tell the association.
case-who-can = Who can join
case-who-can-1 = Anyone who had an affected mailbox, free or paid.
case-who-can-2 = Professionals, companies and associations too.
case-who-can-3 = Several people of one family too, with the same contact.
case-who-can-4 = People without another e-mail too: a phone or a postal address is enough.
case-who-runs = Who runs the case
case-who-runs-text = Choose one association. It will keep your data.
association-offer-join = Collects pre-adhesions
association-offer-interest = For now it only collects expressions of interest, not pre-adhesions
association-offer-suspended = Sign-up closed: the association is suspended from a public register. Those who signed up lose nothing
association-offer-cancelled = Sign-up closed: the association was cancelled from a public register. Those who signed up lose nothing
association-offer-closed = Takes no new people at this stage
association-details = Contacts and registers
association-choose = Continue with { $name }
association-keeps = Who keeps your data
association-phone = Phone
association-dpo = Data protection officer
register-giustizia = List of the Ministry of Justice (class actions)
register-art137 = List of consumer associations (art. 137 Codice del consumo)
register-status-unknown = Not verified yet
register-status-active = Listed
register-status-suspended = Suspended
register-status-cancelled = Cancelled
register-reference = no. { $reference }
register-checked = (checked on { $date })
case-what = What happened
case-what-sources = Every figure comes with its source. Where sources disagree, we report them all.
case-disagree = The sources disagree
incident-from = Recorded start
incident-until = Recorded end
incident-accepted = Days you can declare
incident-range = from { $from } to { $until }
incident-domains = { $count ->
    [one] One domain affected
   *[other] { $count } domains affected
}
treatment-in-scope = affected
treatment-review = accepted, and checked by us
treatment-refused = not affected
case-timeline = What was said
promise-kept = Promised by { $date }: kept
promise-broken = Promised by { $date }: not kept
promise-pending = Promised by { $date }: outcome not known
share-title = Spread the word
share-text = Do you have a site or a group? Copy the link or the button.
share-open = Make your link
share-name = Name of your site or group
share-name-hint = It only tells us where people come from. Use letters, digits and hyphens.
share-make = Make
share-link = Link
share-button = HTML button
share-label = Sign up: { $title }
choose-title = Choose an association
choose-lead = It will keep your data and look after you.
choose-one = One is enough. Signing up with two associations does not give you more rights.
choose-order = The order changes at every visit: none is favoured.
