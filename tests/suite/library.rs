//! The library's face: a model in a line, a picture in another.

use effnet::{Classifier, Error, ErrorKind};

use crate::environment::repository;

fn star() -> Vec<u8> {
    std::fs::read(repository("assets/pictures/star.jpg")).expect("a picture")
}

#[test]
fn features_and_class_maps_lead_to_the_same_logits() {
    let classifier = Classifier::open("demo").expect("the demo model");
    let picture = classifier.prepare(&star()).expect("a picture");
    let batch = [picture.clone(), picture];
    let logits = classifier.logits(&batch).expect("logits");
    let all = |logits: &[f32]| (0..logits.len()).collect();
    let maps = classifier.class_maps(&batch, all).expect("maps");
    let features = classifier.features(&batch).expect("features");
    assert_eq!((logits.len(), maps.len(), features.len()), (2, 2, 2));
    assert_eq!(features[0], features[1]);
    let maps = &maps[1];
    assert_eq!((&maps.logits, maps.maps.len()), (&logits[1], 16));
    assert_eq!(classifier.positions().map(|side| side.count), [3, 3]);
    for (map, logit) in maps.maps.iter().zip(&logits[1]) {
        let mean = map.iter().map(|&value| f64::from(value)).sum::<f64>() / 9.0;
        assert!(
            (mean - f64::from(*logit)).abs() < 1e-4,
            "{mean} and {logit}"
        );
    }
}

#[test]
fn errors_tell_a_bad_picture_from_a_missing_model() {
    let classifier = Classifier::open("demo").expect("the demo model");
    let error = classifier.classify(b"no picture", 5).expect_err("an error");
    let is_unsupported =
        |e: &Error| matches!(e, Error::Picture(e) if e.kind == ErrorKind::Unsupported);
    assert!(is_unsupported(&error), "{error}");
    let error = Classifier::open("no such file").err().expect("an error");
    assert!(matches!(error, Error::Model(_)), "{error}");
}
