//! Matching of thousands of pairs: a labelled corpus, properties that hold for any input, and the comparison count.
//!
//! The corpus is generated from a fixed seed. Each kind of pair has a label; a pair of different groups, or of one
//! group recorded by two devices, must never be called a duplicate. `docs/matching.md` states the recall, and this test
//! checks it: `cargo test --test it plan::matching -- --nocapture` prints the table.

#![allow(clippy::print_stdout)]

use fastrand::Rng;
use garminsync::activity::Activity;
use garminsync::fit::{RecordingId, Trackpoint};
use garminsync::matching::{Candidate, Candidates, Certainty, FileComparisons, FileFacts, Matcher, Rule};
use garminsync::reason::Reason;
use garminsync::streams::StreamComparison;
use jiff::Timestamp;
use proptest::prelude::*;

use super::recordings::{Athlete, converted, route};

use Certainty::{Match, SameFile, Shifted, StartOnly, Trimmed, TwoDevices};

#[derive(Debug, Clone)]
struct Sample {
    activity: Activity,
    sha256: Option<String>,
    identity: Option<RecordingId>,
    /// The contents of the file, if they are known.
    points: Vec<Trackpoint>,
}

impl Sample {
    fn candidate(&self) -> Candidate<'_> {
        let bytes = self.sha256.as_ref().map(|_| 88_212);
        let sha256 = self.sha256.as_deref().map(FileFacts::sha256);
        let file = FileFacts { sha256, identity: self.identity, bytes, ..FileFacts::default() };
        Candidate::of(&self.activity, Some(file), self.activity.platform.split('-').next())
    }

    fn later(mut self, seconds: f64) -> Sample {
        let start = self.activity.start_time.unwrap().as_millisecond() + (seconds * 1000.0) as i64;
        self.activity.start_time = Timestamp::from_millisecond(start).ok();
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Activity)) -> Sample {
        change(&mut self.activity);
        self
    }

    /// Another activity: a new id, and a file of its own without a recording id.
    fn into_other_activity(mut self, rng: &mut Rng) -> Sample {
        self.activity.id = rng.u64(1_000_000_000..30_000_000_000).to_string();
        (self.sha256, self.identity, self.points) = (None, None, Vec::new());
        self
    }
}

/// A run, a ride or a walk of some length on one watch, with its file.
fn recorded(rng: &mut Rng) -> Sample {
    let (sport, speed) = [("running", 3.0), ("cycling", 7.5), ("walking", 1.4)][rng.usize(0..3)];
    let start = rng.i64(1_500_000_000..1_780_000_000);
    let timer = 600.0 + rng.f64() * 9000.0;
    let activity = Activity {
        platform: "garmin-com".into(),
        id: rng.u64(1_000_000_000..30_000_000_000).to_string(),
        sport: Some(sport.into()),
        start_time: Timestamp::from_second(start).ok(),
        timer_time_s: Some(timer),
        elapsed_time_s: Some(timer * (1.0 + rng.f64() * 0.2)),
        distance_m: Some(timer * speed * (0.8 + rng.f64() * 0.4)),
        manufacturer: Some("garmin".into()),
        device: Some("3618356072".into()),
        ..Activity::default()
    };
    let identity = RecordingId { manufacturer: 1, product: 3113, serial_number: rng.u32(1..), time_created: start };
    Sample { activity, sha256: Some(format!("{:064x}", rng.u128(..))), identity: Some(identity), points: Vec::new() }
}

/// Random noise, roughly a bell curve with this half width.
fn noise(rng: &mut Rng, width: f64) -> f64 {
    (rng.f64() + rng.f64() + rng.f64() - 1.5) / 1.5 * width
}

fn scale(value: &mut Option<f64>, factor: f64) {
    *value = value.map(|value| value * factor);
}

/// The version of a converter or another service: rounded values.
fn rounded(rng: &mut Rng, sample: &Sample) -> Sample {
    let step = if rng.bool() { 1.0 } else { 10.0 };
    let duplicate = sample.clone().later(f64::from(rng.i32(-1..=1))).into_other_activity(rng);
    duplicate.with(|a| {
        a.timer_time_s = a.timer_time_s.map(f64::round);
        a.distance_m = a.distance_m.map(|metres| (metres / step).round() * step);
    })
}

/// The recording of a second device that was started and stopped separately.
fn second_device(rng: &mut Rng, sample: &Sample) -> Sample {
    let (start, stop, drift) = (0.5 + rng.f64() * 54.5, noise(rng, 25.0), 1.0 + noise(rng, 0.03));
    let other = sample.clone().later(start).into_other_activity(rng);
    other.with(|a| {
        a.timer_time_s = a.timer_time_s.map(|timer| timer - start + stop);
        scale(&mut a.distance_m, drift);
    })
}

fn lost_device(activity: &mut Activity) {
    activity.device = None;
    activity.manufacturer = None;
}

/// The file of a sample, with these trackpoints.
fn with_points(sample: Sample, rng: &mut Rng, points: Vec<Trackpoint>) -> Sample {
    let (first, last) = (points[0], points[points.len() - 1]);
    let seconds = (last.time.unwrap() - first.time.unwrap()) as f64;
    let metres = last.distance_m.unwrap() - first.distance_m.unwrap();
    let sample = sample.with(|a| {
        a.start_time = Timestamp::from_second(first.time.unwrap()).ok();
        (a.timer_time_s, a.elapsed_time_s, a.distance_m) = (Some(seconds), Some(seconds), Some(metres));
    });
    Sample { sha256: Some(format!("{:064x}", rng.u128(..))), points, ..sample }
}

/// A runner with a watch.
fn runner(rng: &mut Rng) -> (Athlete, Sample) {
    let (seconds, route) = (rng.usize(900..3600), route(rng));
    let (speed, heart) = (2.4 + rng.f64() * 1.6, 125.0 + rng.f64() * 40.0);
    let athlete = Athlete::new(rng, seconds, speed, heart, &route);
    let athlete = if rng.bool() { athlete } else { athlete.indoors() };
    let start = rng.i64(1_500_000_000..1_780_000_000);
    let (points, sample) = (athlete.recorded(rng, start), recorded(rng));
    let sample = with_points(sample.with(|a| a.sport = Some("running".into())), rng, points);
    (athlete, sample)
}

/// The recording of another runner, on the same route from the same start.
fn companion(rng: &mut Rng, athlete: &Athlete, sample: &Sample) -> Sample {
    let start = sample.points[0].time.unwrap() + rng.i64(0..20);
    let points = athlete.companion(rng).recorded(rng, start);
    with_points(sample.clone().into_other_activity(rng), rng, points)
}

type Make = fn(&mut Rng) -> (Sample, Sample);

/// A kind of pair: its name, its label, whether it is one recording, and a generator.
type Kind = (&'static str, Option<Certainty>, bool, Make);

const KINDS: &[Kind] = &[
    ("exact duplicates", Some(SameFile), true, |rng| {
        let one = recorded(rng);
        let mut two = one.clone().with(|a| a.id = rng.u64(1_000_000_000..30_000_000_000).to_string());
        // Re-encoded by a program that kept the file_id.
        two.sha256 = two.sha256.filter(|_| rng.bool());
        (one, two)
    }),
    ("re-encoded, device named", Some(Match), true, |rng| {
        let one = recorded(rng);
        let two = rounded(rng, &one);
        (one, two)
    }),
    ("re-encoded, device lost", Some(Match), true, |rng| {
        let one = recorded(rng);
        let two = rounded(rng, &one).with(lost_device);
        (one, two)
    }),
    ("re-encoded, distance unknown", Some(Match), true, |rng| {
        let one = recorded(rng);
        let two = rounded(rng, &one).with(|a| a.distance_m = [None, Some(0.0)][usize::from(a.id.len() % 2 == 0)]);
        (one, two)
    }),
    ("recomputed by another service", Some(TwoDevices), true, |rng| {
        let one = recorded(rng);
        let (timer, drift) = (noise(rng, 0.02), noise(rng, 0.03));
        let two = rounded(rng, &one).with(lost_device).with(|a| {
            a.platform = "coros".into();
            scale(&mut a.timer_time_s, 1.0 + timer);
            scale(&mut a.distance_m, 1.0 + drift);
        });
        (one, two)
    }),
    ("second device, named", Some(TwoDevices), false, |rng| {
        let one = recorded(rng);
        let two = second_device(rng, &one).with(|a| a.device = Some("1000042".into()));
        (one, two)
    }),
    ("second device, not named", Some(TwoDevices), false, |rng| {
        let one = recorded(rng);
        let two = second_device(rng, &one).with(lost_device);
        (one, two)
    }),
    ("shifted zone", Some(Shifted), false, |rng| {
        let one = recorded(rng);
        let quarters = rng.i32(1..=104) * if rng.bool() { 1 } else { -1 };
        let two = rounded(rng, &one).later(f64::from(quarters) * 900.0).with(lost_device);
        (one, two)
    }),
    ("daylight saving hour read wrongly", Some(Shifted), false, |rng| {
        let one = recorded(rng);
        let two = rounded(rng, &one).later(if rng.bool() { 3600.0 } else { -3600.0 });
        (one, two)
    }),
    ("same route again an hour later", None, false, |rng| {
        let one = recorded(rng).with(|a| a.timer_time_s = a.timer_time_s.map(|timer| timer.min(3000.0)));
        let (gap, timer, drift) = (3600.0 + noise(rng, 90.0), noise(rng, 60.0), noise(rng, 0.01));
        let two = one.clone().into_other_activity(rng).later(gap).with(|a| {
            a.timer_time_s = a.timer_time_s.map(|s| s + timer);
            scale(&mut a.distance_m, 1.0 + drift);
        });
        (one, two)
    }),
    ("way to work on another day", None, false, |rng| {
        let one = recorded(rng);
        let (gap, timer, drift) = (86_400.0 + noise(rng, 600.0), noise(rng, 120.0), noise(rng, 0.01));
        let two = one.clone().into_other_activity(rng).later(gap).with(|a| {
            a.timer_time_s = a.timer_time_s.map(|s| s + timer);
            scale(&mut a.distance_m, 1.0 + drift);
        });
        (one, two)
    }),
    ("short runs, one after the other", Some(StartOnly), false, |rng| {
        let one = recorded(rng).with(|a| (a.timer_time_s, a.distance_m) = (Some(20.0 + rng.f64() * 28.0), Some(150.0)));
        let gap = one.activity.timer_time_s.unwrap() + rng.f64() * 10.0;
        let two = one.clone().into_other_activity(rng).later(gap);
        let two = two.with(|a| (a.timer_time_s, a.distance_m) = (Some(20.0 + rng.f64() * 40.0), Some(180.0)));
        (one, if rng.bool() { two } else { two.with(lost_device) })
    }),
    ("strength 45 s after a run", Some(StartOnly), false, |rng| {
        let one = recorded(rng);
        let (timer, known) = (one.activity.timer_time_s.unwrap() * (0.5 + rng.f64()), rng.bool());
        let two = one.clone().into_other_activity(rng).later(45.0).with(|a| {
            (a.sport, a.sub_sport) = (known.then(|| "training".into()), known.then(|| "strength_training".into()));
            (a.timer_time_s, a.distance_m) = (Some(timer), [None, Some(0.0)][usize::from(known)]);
        });
        (one, if rng.bool() { two } else { two.with(lost_device) })
    }),
    ("multisport and its first leg", Some(StartOnly), false, |rng| {
        let one = recorded(rng).with(|a| a.sport = Some("multisport".into()));
        let (mut two, part) = (one.clone().into_other_activity(rng), 0.15 + rng.f64() * 0.5);
        // Every leg has the file of the whole multisport activity.
        if rng.bool() {
            (two.sha256, two.identity) = (one.sha256.clone(), one.identity);
        }
        let sport = [None, Some("swimming"), Some("running")][rng.usize(0..3)];
        let two = two.with(|a| {
            a.sport = sport.map(str::to_owned);
            scale(&mut a.timer_time_s, part);
            scale(&mut a.distance_m, part);
        });
        (one, two)
    }),
    ("two legs of one multisport", None, false, |rng| {
        let one = recorded(rng);
        let (gap, part) = (one.activity.timer_time_s.unwrap() + 60.0 + rng.f64() * 120.0, 0.5 + rng.f64());
        let two = one.clone().later(gap).with(|a| {
            a.id = rng.u64(..).to_string();
            a.sport = Some("swimming".into());
            scale(&mut a.timer_time_s, part);
            scale(&mut a.distance_m, part);
        });
        (one, two)
    }),
    ("cut recording", Some(StartOnly), false, |rng| {
        let one = recorded(rng);
        let (part, gap) = (0.3 + rng.f64() * 0.4, rng.f64() * 20.0);
        let mut two = one.clone().into_other_activity(rng).later(gap);
        // A program that splits a file keeps its file_id.
        two.identity = one.identity.filter(|_| rng.bool());
        let two = two.with(|a| {
            scale(&mut a.timer_time_s, part);
            scale(&mut a.distance_m, part);
        });
        (one, two)
    }),
    ("nothing known but the start", Some(StartOnly), false, |rng| {
        let one = recorded(rng);
        let two = one.clone().into_other_activity(rng).later(f64::from(rng.i32(0..=60)));
        (one, two.with(|a| (a.timer_time_s, a.elapsed_time_s, a.distance_m) = (None, None, Some(0.0))))
    }),
];

/// Pairs of which both files are in the archive.
const KINDS_WITH_FILES: &[Kind] = &[
    ("re-encoded, numbers recomputed", Some(SameFile), true, |rng| {
        let (_, one) = runner(rng);
        let (every, timer, drift) = (rng.usize(1..8), noise(rng, 0.03), noise(rng, 0.03));
        let two = with_points(one.clone().into_other_activity(rng), rng, converted(&one.points, every));
        let two = two.with(lost_device).with(|a| {
            scale(&mut a.timer_time_s, 1.0 + timer);
            scale(&mut a.distance_m, 1.0 + drift);
        });
        (one, two)
    }),
    ("cut recording", Some(Trimmed), true, |rng| {
        let (_, one) = runner(rng);
        let length = one.points.len();
        let (from, to) = (rng.usize(0..length / 3), rng.usize(length * 2 / 3..length * 9 / 10));
        let two = with_points(one.clone().into_other_activity(rng), rng, one.points[from..to].to_vec());
        (one, if rng.bool() { two } else { two.with(lost_device) })
    }),
    ("two parts of one recording", None, true, |rng| {
        let (_, whole) = runner(rng);
        let (first, second) = whole.points.split_at(whole.points.len() / 2);
        let one = with_points(whole.clone().into_other_activity(rng), rng, first.to_vec());
        let two = with_points(whole.clone().into_other_activity(rng), rng, second.to_vec());
        (one, two)
    }),
    ("second device", Some(TwoDevices), false, |rng| {
        let (athlete, one) = runner(rng);
        let points = athlete.recorded(rng, one.points[0].time.unwrap());
        let (from, to) = (rng.usize(0..25), points.len() - rng.usize(0..25));
        let two = with_points(one.clone().into_other_activity(rng), rng, points[from..to].to_vec());
        (one, if rng.bool() { two.with(|a| a.device = Some("1000042".into())) } else { two.with(lost_device) })
    }),
    ("second device, not named, same numbers", Some(TwoDevices), false, |rng| {
        let (athlete, one) = runner(rng);
        let points = athlete.recorded(rng, one.points[0].time.unwrap());
        let two = with_points(one.clone().into_other_activity(rng), rng, points).with(lost_device);
        (one, two)
    }),
    ("two athletes from one start", Some(StartOnly), false, |rng| {
        let (athlete, one) = runner(rng);
        let two = companion(rng, &athlete, &one).with(|a| a.device = Some("1000042".into()));
        (one, two)
    }),
    ("two athletes, one converter", Some(StartOnly), false, |rng| {
        let (athlete, one) = runner(rng);
        let two = companion(rng, &athlete, &one).with(lost_device);
        // A program that gives all its files one file_id.
        (one.clone(), Sample { identity: one.identity, ..two })
    }),
];

/// The comparison of a pair, with what their files say about each other if these are known.
fn compared(one: &Sample, two: &Sample) -> Option<Certainty> {
    let mut files = FileComparisons::default();
    if let (Some(a), Some(b)) = (&one.sha256, &two.sha256)
        && !one.points.is_empty()
        && !two.points.is_empty()
    {
        let comparison = StreamComparison::of(&one.points, &two.points);
        files.add(FileFacts::sha256(a), FileFacts::sha256(b), comparison);
    }
    let matcher = Matcher { files: files.into(), ..Matcher::default() };
    let verdict = matcher.verdict(&one.candidate(), &two.candidate());
    assert_eq!(verdict, matcher.verdict(&two.candidate(), &one.candidate()));
    verdict.map(|verdict| verdict.certainty)
}

#[test]
fn the_labelled_corpus_has_no_false_duplicates_and_the_stated_recall() {
    let mut rng = Rng::with_seed(20_260_108);
    let (mut table, mut false_results) = (Vec::new(), Vec::new());
    let kinds = KINDS.iter().map(|kind| (kind, 1000)).chain(KINDS_WITH_FILES.iter().map(|kind| (kind, 100)));
    for ((name, label, one_recording, make), each) in kinds {
        let mut right = 0;
        for _ in 0..each {
            let (one, two) = make(&mut rng);
            let certainty = compared(&one, &two);
            right += u32::from(certainty == *label);
            let is_false = match certainty {
                Some(SameFile) => *label != Some(SameFile),
                Some(Match) => !one_recording,
                Some(TwoDevices) => !matches!(label, Some(Match | TwoDevices)),
                Some(Trimmed) => *label != Some(Trimmed),
                Some(Shifted) => *label != Some(Shifted),
                _ => false,
            };
            if is_false {
                false_results.push(format!("{name}: {certainty:?}\n{one:?}\n{two:?}"));
            }
        }
        let label = label.map_or("none", Certainty::name);
        table.push(format!("| {name} | {label} | {:.1} % |", f64::from(right) / f64::from(each) * 100.0));
    }
    println!("{}", table.join("\n"));
    assert!(false_results.is_empty(), "{} false results, the first: {}", false_results.len(), false_results[0]);
    let stated = include_str!("../../../docs/matching.md");
    for row in table {
        assert!(stated.lines().any(|line| line == row), "missing in docs/matching.md: {row}");
    }
}

/// A few similar activities: close start times, few durations, few files, two platforms, many unknown values.
fn similar_samples() -> impl Strategy<Value = Vec<Sample>> {
    type Choice = (i64, u8, u8, u8, u8, u8, bool, bool);
    let sample = (0..130_i64, 0..4_u8, 0..5_u8, 0..5_u8, 0..4_u8, 0..6_u8, any::<bool>(), any::<bool>());
    prop::collection::vec(sample, 0..14).prop_map(|all| {
        let of = |(at, choice): (usize, Choice)| {
            let (start, sport, timer, distance, device, file, other, shifted) = choice;
            let start = 1_767_881_421 + start + if shifted { 8 * 3600 } else { 0 };
            let activity = Activity {
                platform: if other { "coros" } else { "garmin-com" }.into(),
                id: format!("{at}"),
                sport: [None, Some("running"), Some("cycling"), Some("multisport")][usize::from(sport)]
                    .map(str::to_owned),
                start_time: Timestamp::from_second(start).ok().filter(|_| start % 17 != 0),
                timer_time_s: [None, Some(0.0), Some(1800.0), Some(1801.0), Some(1880.0)][usize::from(timer)],
                distance_m: [None, Some(0.0), Some(5000.0), Some(5004.0), Some(5200.0)][usize::from(distance)],
                device: [None, None, Some("7"), Some("8")][usize::from(device)].map(str::to_owned),
                ..Activity::default()
            };
            Sample { activity, sha256: (file < 3).then(|| file.to_string()), identity: None, points: Vec::new() }
        };
        all.into_iter().enumerate().map(of).collect()
    })
}

/// All results for these activities, by id instead of by position.
fn all_results(matcher: &Matcher, samples: &[Sample]) -> (Vec<String>, Vec<String>) {
    let all: Candidates = samples.iter().map(Sample::candidate).collect();
    let name = |at: usize| samples[at].activity.id.clone();
    let mut duplicates: Vec<String> = matcher
        .duplicates(&all)
        .into_iter()
        .map(|duplicate| {
            format!(
                "{} of {} {:?} {}",
                name(duplicate.index),
                name(duplicate.of),
                duplicate.verdict,
                duplicate.kept_because
            )
        })
        .collect();
    duplicates.sort();
    let groups = matcher.groups(&all);
    let names = |members: &[u32]| members.iter().map(|&at| name(at as usize)).collect::<Vec<_>>();
    let groups = groups.iter().map(|group| format!("{:?} {:?}", names(group), Matcher::why_best(&all, group)));
    (duplicates, groups.collect())
}

proptest! {
    // A failing input is printed and not saved to a file.
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_input_changes_nothing(samples in similar_samples(), seed: u64, start_rule: bool) {
        let matcher = Matcher { rule: if start_rule { Rule::Start } else { Rule::Evidence }, ..Matcher::default() };
        let mut shuffled = samples.clone();
        Rng::with_seed(seed).shuffle(&mut shuffled);
        prop_assert_eq!(all_results(&matcher, &samples), all_results(&matcher, &shuffled));
    }

    #[test]
    fn verdicts_are_symmetric(samples in similar_samples()) {
        let matcher = Matcher::default();
        let all: Vec<Candidate> = samples.iter().map(Sample::candidate).collect();
        for a in &all {
            for b in &all {
                prop_assert_eq!(matcher.verdict(a, b), matcher.verdict(b, a));
                prop_assert_eq!(matcher.possible_match(a, b), matcher.possible_match(b, a));
            }
        }
    }

    #[test]
    fn candidate_pairs_include_every_pair_with_a_verdict(samples in similar_samples()) {
        let matcher = Matcher::default();
        let all: Candidates = samples.iter().map(Sample::candidate).collect();
        let pairs = matcher.candidate_pairs(&all);
        for b in 0..all.len() {
            for a in 0..b {
                let is_pair = pairs.contains(&(a as u32, b as u32));
                prop_assert!(matcher.verdict(&all.get(a), &all.get(b)).is_none() || is_pair);
            }
        }
    }

    #[test]
    fn every_activity_is_in_one_group_and_no_group_is_contradictory(samples in similar_samples()) {
        let matcher = Matcher::default();
        let all: Candidates = samples.iter().map(Sample::candidate).collect();
        let groups = matcher.groups(&all);
        let mut members: Vec<u32> = groups.iter().flatten().copied().collect();
        members.sort_unstable();
        prop_assert_eq!(members, (0..all.len() as u32).collect::<Vec<_>>());
        for group in groups.iter() {
            for (place, &a) in group.iter().enumerate() {
                for &b in &group[place + 1..] {
                    let verdict = matcher.verdict(&all.get(a as usize), &all.get(b as usize));
                    prop_assert!(verdict.is_some());
                    let verdict = verdict.unwrap();
                    let differs = verdict.reasons.iter().any(is_contradiction);
                    prop_assert!(!differs || verdict.certainty == SameFile, "{:?}", verdict);
                }
            }
        }
    }
}

fn is_contradiction(reason: &Reason) -> bool {
    use Reason::{DistancesDiffer, SportsDiffer, TimerTimesDiffer};
    matches!(reason, SportsDiffer { .. } | TimerTimesDiffer { .. } | DistancesDiffer { .. })
}

#[test]
fn comparisons_grow_linearly_with_the_activities() {
    // Twenty years of ten thousand activities each: denser than any real history.
    let mut rng = Rng::with_seed(7);
    let samples: Vec<Sample> = (0..200_000)
        .map(|at| {
            let mut sample = recorded(&mut rng).with(|a| a.id = at.to_string());
            // A converter that gives all its files one file_id.
            if at % 10 == 0 {
                sample.identity = Some(RecordingId { manufacturer: 1, product: 1, serial_number: 1, time_created: 1 });
            }
            sample
        })
        .collect();
    let all = |count: usize| samples[..count].iter().map(Sample::candidate).collect::<Candidates>();
    let compared = |count: usize| Matcher::default().candidate_pairs(&all(count)).len();
    assert!(compared(200_000) < 3 * 200_000, "{} comparisons", compared(200_000));
    assert!(compared(100_000) < 3 * 100_000, "{} comparisons", compared(100_000));
    assert_eq!(Matcher::default().groups(&all(20_000)).iter().map(<[u32]>::len).sum::<usize>(), 20_000);
}
