//! The session of each lap.

use super::*;

/// A session from one second to another, with its first lap and their number.
fn session(seconds: (i64, i64), first_lap: u16, lap_count: u16) -> Session {
    let sums = Sums { start_time: Some(seconds.0), end_time: Some(seconds.1), ..Sums::default() };
    Session { first_lap: Some(first_lap), lap_count: Some(lap_count), sums, ..Session::default() }
}

/// The session without its times.
fn without_times(session: Session) -> Session {
    Session { sums: Sums::default(), ..session }
}

/// The session without the numbers of its laps.
fn without_laps(session: Session) -> Session {
    Session { first_lap: None, lap_count: None, ..session }
}

/// The sessions of laps that start at these seconds.
fn sessions_of(sessions: &[Session], laps: &[Option<i64>]) -> Vec<Option<usize>> {
    let lap = |start: &Option<i64>| Lap { sums: Sums { start_time: *start, ..Sums::default() }, ..Lap::default() };
    let laps: Vec<Lap> = laps.iter().map(lap).collect();
    let recording = Recording { sessions: sessions.to_vec(), laps, ..Recording::default() };
    (0..recording.laps.len()).map(|lap| recording.session_of_lap(lap)).collect()
}

fn at(starts: &[i64]) -> Vec<Option<i64>> {
    starts.iter().copied().map(Some).collect()
}

#[test]
fn all_laps_belong_to_the_only_session() {
    let run = session((100, 200), 0, 2);
    assert_eq!(sessions_of(std::slice::from_ref(&run), &at(&[100, 150])), [Some(0); 2]);
    let bare = without_laps(without_times(run.clone()));
    assert_eq!(sessions_of(&[bare], &[Some(100), None]), [Some(0); 2]);
    assert_eq!(sessions_of(&[run], &at(&[99, 201])), [Some(0); 2], "outside its times");
    assert_eq!(sessions_of(&[], &at(&[100])), [None]);
}

#[test]
fn a_lap_belongs_to_the_session_during_which_it_starts() {
    let triathlon = [session((0, 100), 0, 1), session((100, 110), 1, 1), session((110, 300), 2, 2)];
    let starts = at(&[0, 100, 110, 200]);
    let expected = [Some(0), Some(1), Some(2), Some(2)];
    assert_eq!(sessions_of(&triathlon, &starts), expected);
    let uncounted = triathlon.clone().map(without_laps);
    assert_eq!(sessions_of(&uncounted, &starts), expected, "a lap at a boundary begins with the later session");
    let until_end = triathlon.map(|mut leg| {
        leg.sums.end_time = Some(300);
        without_laps(leg)
    });
    assert_eq!(sessions_of(&until_end, &starts), expected, "all sessions end with the activity");
}

#[test]
fn a_last_lap_without_length_belongs_to_the_session_that_counts_it() {
    let legs = [session((0, 100), 0, 2), session((100, 200), 2, 1)];
    assert_eq!(sessions_of(&legs, &at(&[0, 100, 100])), [Some(0), Some(0), Some(1)]);
}

#[test]
fn first_laps_start_from_0_in_each_chained_file() {
    let chain = [session((0, 100), 0, 2), session((500, 600), 0, 1), session((600, 700), 1, 2)];
    let expected = [0, 0, 1, 2, 2].map(Some);
    assert_eq!(sessions_of(&chain, &at(&[0, 50, 500, 600, 650])), expected);
    assert_eq!(sessions_of(&chain, &[None; 5]), expected, "by the numbers alone");
    assert_eq!(sessions_of(&chain.clone().map(without_times), &at(&[0, 50, 500, 600, 650])), expected);
    let same = [session((0, 100), 0, 1), session((0, 100), 0, 1)];
    assert_eq!(sessions_of(&same, &at(&[0, 0])), [Some(0), Some(1)], "the same file twice");
}

#[test]
fn without_the_number_of_laps_the_files_of_a_chain_cannot_be_told_apart() {
    let file = |first| Session { lap_count: None, ..without_times(session((0, 0), first, 0)) };
    assert_eq!(sessions_of(&[file(0), file(0)], &[None; 2]), [None; 2]);
    assert_eq!(sessions_of(&[file(0), file(1)], &[None; 3]), [Some(0), Some(1), Some(1)], "one file");
}

#[test]
fn laps_without_a_start_are_counted() {
    let duathlon = [session((0, 100), 0, 1), session((100, 300), 1, 2)];
    assert_eq!(sessions_of(&duathlon, &[None; 3]), [Some(0), Some(1), Some(1)]);
    assert_eq!(sessions_of(&duathlon.map(without_laps), &[None; 3]), [None; 3]);
}

#[test]
fn an_end_that_is_the_start_is_not_believed() {
    let mut legs = [session((0, 0), 0, 1), session((100, 100), 1, 1)].map(without_laps);
    (legs[0].sums.elapsed_time_s, legs[1].sums.elapsed_time_s) = (Some(99.5), Some(60.0));
    assert_eq!(sessions_of(&legs, &at(&[50, 150])), [Some(0), Some(1)]);
}
