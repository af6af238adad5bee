# Work queues
console-queue-rights = Requests about data
console-queue-conflicts = Conflicts between two signatures
console-queue-paper = Paper signatures to check
console-queue-exports = Exports to approve
console-queue-scam-reports = Reports of scams
console-queue-signature-unverified = Digital signatures to clear up
console-queue-document-rejected = Documents refused by the virus scanner
console-queue-not-restored = Mailboxes not restored
console-queue-double-recovery = Double recovery
console-queue-outside-window = Outside the period
queues-title = Work queues
queues-text = Everything that waits for a person is here. Press “Start”: the first record that no colleague has taken opens.
queues-none = Nothing waits.
queues-empty = Empty queues
queue-name = Queue
queue-count = How many
queue-many = more than 999
queue-oldest = The oldest
queue-due = Next due date
queue-overdue = overdue
queue-mine = Mine
queue-free = Nobody’s
queue-work = Work
queue-start = Start
queue-start-of = Start: { $queue }
queue-age-days = { $days ->
    [one] for { $days } day
   *[other] for { $days } days
 }
queue-age-hours = { $hours ->
    [0] for less than an hour
    [one] for { $hours } hour
   *[other] for { $hours } hours
 }
queue-worked-off = Nothing else waits for you in this queue: { $queue }.
queue-bar = Queue: { $queue }
queue-next = Next
queue-list = List of the queue
queue-done = This record waits in this queue no more.
queue-yours = You have taken it.
queue-held = { $name } has taken it.
queue-nobody = Nobody has taken it yet.
queue-due-by = By { $day }
queue-assign = Take or assign
queue-me = Me: I take it
queue-release = Nobody: I release it
queue-assign-action = Save
queue-taken-by = Meanwhile { $name } has taken it. Open the record again to see how it stands.
queue-taken = Taken by
queue-filter-taken = Taken by
queue-filter-all = Anybody or nobody
queue-filter-mine = Me
queue-filter-nobody = Nobody
queue-choose = Queue
queue-no-queue = No queue
label-to = To whom
label-due-on = To be done by
problem-state-released = Meanwhile it was released: open the record again.
trail-action-assign = Record taken, assigned or released
list-active = In progress: confirmed, signed, to be signed again, lodged
list-more = More filters
list-any = Any
list-review = Review
list-review-none = Nothing to review
list-review-conflict = Conflict
list-review-quarantined = In quarantine
list-tier = Kind of signature
list-province = Province (letters)
list-domain = Domain of the mailbox
list-from = Signed up from
list-until = Signed up until
list-least = Damages from (euros)
list-most = Damages up to (euros)
list-missing = Missing
list-complete = nothing
list-unfinished = Many records were read without filling the page. Press “Go on searching” for older ones.
list-go-on = Go on searching
completeness-title = What is missing for the filing
completeness-text = Records in progress: { $records }. Complete and with nothing to review: { $ready }. Press a letter to see who lacks it.
completeness-letter = Letter of art. 840-septies
completeness-lack = Lack it
