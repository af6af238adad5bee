# Around every page.
site-name = joinder
skip-to-content = Skip to content
demo-banner = Demonstration data: no relation to the associations named
nav-label = Menu and language
nav-cases = All cases
nav-enter = My record
nav-me = My record
no-money = We never ask for money.
frame-links = Links open in a new tab.
footer-who = This platform collects pre-adhesions for consumer associations. Your data are kept by the association you choose.
footer-privacy = Privacy
footer-verify = Verify a message you received
errors-title = Something needs correcting
errors-kept = What you typed is still here. Correct the points below and send again.
date-and-clock = { $date }, { $clock }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
confirmed-count = { $count ->
    [one] 1 person has confirmed
   *[other] { $shown } people have confirmed
}
case-state-draft = In preparation
case-state-pre-registration = Pre-registration open
case-state-open = Pre-adhesions open
case-state-closed = Collection closed
case-state-filed = Filed with the court
case-state-admitted = Admitted by the court
case-state-distribution = Distribution under way
case-state-archived = Archived
