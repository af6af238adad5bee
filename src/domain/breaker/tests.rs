//! Single moves, then what holds after any moves.

use chrono::TimeZone;
use proptest::prelude::*;

use super::*;

const DOMAIN: Patience = Patience::DOMAIN;

fn at(seconds: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 2, 9, 0, 0).unwrap() + Duration::seconds(seconds)
}

fn failed(times: i64) -> Breaker {
    (0..times).fold(Breaker::default(), |breaker, second| {
        breaker.learn(Sign::Failing, DOMAIN, at(second))
    })
}

#[test]
fn it_opens_after_five_failures_one_after_the_other() {
    assert_eq!(failed(4).pace(at(4)), Pace::Free);
    let open = failed(5);
    assert_eq!(open.opened_at(), Some(at(4)));
    assert_eq!(open.pace(at(5)), Pace::Stopped);
    let between = failed(4).learn(Sign::Alive, DOMAIN, at(4));
    assert!(between.is_as_usual(at(4)), "an answer forgives");
}

#[test]
fn it_is_asked_once_a_minute_by_one_mail() {
    let open = failed(5);
    assert_eq!(open.probe(at(63)), None);
    let probing = open.probe(at(64)).unwrap();
    assert_eq!(probing.pace(at(64)), Pace::Stopped);
    assert_eq!(probing.probe(at(65)), None, "one mail at a time");
    let again = probing.learn(Sign::Failing, DOMAIN, at(70));
    assert_eq!(again.probe(at(129)), None);
    assert!(again.probe(at(130)).is_some());
    assert_eq!(again.opened_at(), Some(at(4)), "open since the first time");
}

#[test]
fn a_probe_whose_sender_died_is_taken_over() {
    let probing = failed(5).probe(at(64)).unwrap();
    assert_eq!(probing.probe(at(64 + 179)), None);
    assert!(probing.probe(at(64 + 180)).is_some());
}

#[test]
fn mails_still_on_their_way_do_not_put_the_probe_off() {
    let open = failed(5).learn(Sign::Failing, DOMAIN, at(50));
    assert!(open.probe(at(64)).is_some());
}

#[test]
fn what_waited_goes_out_by_and_by() {
    let closed = failed(5)
        .probe(at(64))
        .unwrap()
        .learn(Sign::Alive, DOMAIN, at(70));
    assert_eq!(closed.opened_at(), None);
    assert_eq!(closed.pace(at(70)), Pace::PerSecond(2.0));
    assert_eq!(closed.pace(at(80)), Pace::PerSecond(4.0));
    let Pace::PerSecond(last) = closed.pace(at(169)) else {
        panic!("the ramp is over too soon")
    };
    assert!((1_000.0..2_100.0).contains(&last), "{last}");
    assert_eq!(closed.pace(at(170)), Pace::Free);
    let kept = closed.learn(Sign::Alive, DOMAIN, at(75));
    assert_eq!(kept.pace(at(80)), Pace::PerSecond(4.0));
}

#[test]
fn without_a_mail_to_ask_with_the_next_one_asks() {
    let closed = failed(5).probe(at(64)).unwrap().without_mail(DOMAIN);
    assert_eq!(closed.pace(at(65)), Pace::Free);
    let open = closed.learn(Sign::Failing, DOMAIN, at(66));
    assert_eq!(open.pace(at(66)), Pace::Stopped, "one failure is enough");
}

#[test]
fn the_operator_may_have_it_asked_at_once() {
    let open = failed(5);
    assert!(open.ask_now(at(5)).probe(at(5)).is_some());
    assert_eq!(Breaker::default().ask_now(at(5)), Breaker::default());
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Learn(bool),
    Probe,
    NoMail,
    AskNow,
}

fn steps() -> impl Strategy<Value = Vec<(i64, Step)>> {
    let step = prop_oneof![
        4 => any::<bool>().prop_map(Step::Learn),
        4 => Just(Step::Learn(false)),
        4 => Just(Step::Probe),
        1 => Just(Step::NoMail),
        1 => Just(Step::AskNow),
    ];
    prop::collection::vec((0_i64..90, step), 0..200)
}

proptest! {
    /// Whatever happens: mail goes out if and only if it is closed; it opens only on a failure; one
    /// probe at a time; no two probes within a minute unless the operator asked or none was answered.
    #[test]
    fn it_holds_after_any_moves(steps in steps()) {
        let mut breaker = Breaker::default();
        let mut now = at(0);
        let mut failed_probe_at: Option<DateTime<Utc>> = None;
        for (wait, step) in steps {
            now += Duration::seconds(wait);
            let before = breaker;
            match step {
                Step::Learn(alive) => {
                    let sign = if alive { Sign::Alive } else { Sign::Failing };
                    breaker = before.learn(sign, DOMAIN, now);
                    if alive {
                        prop_assert_eq!(breaker.opened_at(), None);
                        failed_probe_at = None;
                    } else if let Breaker::Probing { .. } = before {
                        failed_probe_at = Some(now);
                    }
                    if before.opened_at().is_none() && breaker.opened_at().is_some() {
                        prop_assert!(!alive);
                        prop_assert_eq!(breaker.opened_at(), Some(now));
                    }
                }
                Step::Probe => {
                    if let Some(probing) = before.probe(now) {
                        prop_assert!(before.opened_at().is_some());
                        if let Some(last) = failed_probe_at {
                            prop_assert!(now - last >= Duration::seconds(60));
                        }
                        prop_assert_eq!(probing.probe(now), None);
                        prop_assert_eq!(probing.opened_at(), before.opened_at());
                        breaker = probing;
                    }
                }
                Step::NoMail => {
                    breaker = before.without_mail(DOMAIN);
                    prop_assert_eq!(breaker.opened_at(), None);
                    failed_probe_at = None;
                }
                Step::AskNow => {
                    breaker = before.ask_now(now);
                    failed_probe_at = None;
                }
            }
            let stopped = breaker.pace(now) == Pace::Stopped;
            prop_assert_eq!(stopped, breaker.opened_at().is_some());
        }
    }

    #[test]
    fn the_ramp_only_rises(first in 0_i64..200, later in 0_i64..200) {
        let closed = Breaker::released(at(0));
        let speed = |seconds| match closed.pace(at(seconds)) {
            Pace::PerSecond(rate) => rate,
            Pace::Free => f64::INFINITY,
            Pace::Stopped => 0.0,
        };
        prop_assert!(speed(first) >= 2.0);
        prop_assert!(speed(first.min(later)) <= speed(first.max(later)));
    }
}
