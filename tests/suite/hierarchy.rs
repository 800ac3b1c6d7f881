//! What stands above ImageNet's classes, against counts made another way
//! (tests/reference/make_hierarchy.py) and against a search through everything.

use std::collections::{BTreeMap, BTreeSet};

use effnet::Labels;
use effnet::checkpoint::hierarchy::{Hierarchy, Query};
use serde_json::Value;

use crate::environment::{fixture, repository};
use crate::random::Random;

/// ImageNet's lists, by the names that the fixture gives them.
const LISTS: [(&str, usize); 3] = [("1k", 1_000), ("12k", 11_821), ("21k", 21_843)];

fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).expect("a text")
}

fn query(words: &[&str], labels: &Labels) -> Result<Vec<usize>, String> {
    let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
    let query = Query::parse(&words, labels).map_err(|e| e.to_string())?;
    Ok(query.classes().to_vec())
}

fn names(classes: &[usize], labels: &Labels) -> Vec<String> {
    let name = |&class: &usize| labels.get(class).name.clone();
    classes.iter().map(name).collect()
}

/// Probabilities of some classes by name, the rest shared among all.
fn probabilities(labels: &Labels, some: &[(&str, f32)]) -> Vec<f32> {
    let rest = 1.0 - some.iter().map(|(_, p)| p).sum::<f32>();
    let mut all = vec![rest / labels.len() as f32; labels.len()];
    for (name, p) in some {
        let is_it = |&class: &usize| labels.get(class).name == *name;
        all[(0..labels.len()).find(is_it).expect("a class")] += p;
    }
    all
}

/// The parents of each synset in the table.
fn parents() -> BTreeMap<String, Vec<String>> {
    let table = text("assets/wordnet.tsv");
    let row = |line: &str| {
        let columns: Vec<_> = line.split('\t').collect();
        let parents = columns[1].split(',').filter(|parent| !parent.is_empty());
        (columns[0].into(), parents.map(str::to_owned).collect())
    };
    table.lines().skip(1).map(row).collect()
}

/// A synset and all above it.
fn lineage(wnid: &str, parents: &BTreeMap<String, Vec<String>>, into: &mut BTreeSet<String>) {
    into.insert(wnid.to_owned());
    for parent in &parents[wnid] {
        lineage(parent, parents, into);
    }
}

/// Every synset with its classes.
fn members(
    labels: &Labels,
    parents: &BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Vec<usize>> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for class in 0..labels.len() {
        let mut above = BTreeSet::new();
        let wnid = labels.get(class).wnid.as_ref().expect("a wnid");
        lineage(wnid, parents, &mut above);
        for synset in above {
            members.entry(synset).or_default().push(class);
        }
    }
    members
}

#[test]
fn every_class_of_imagenet_is_an_entity() {
    for (list, classes) in LISTS {
        let all = query(&["entity"], &Labels::for_classes(classes)).expect("a query");
        assert!(all.into_iter().eq(0..classes), "{list}");
    }
}

#[test]
fn as_many_classes_stand_below_a_synset_as_wordnet_counts_downwards() {
    let counts = std::fs::read_to_string(fixture("hierarchy.json")).expect("the fixture");
    let counts: BTreeMap<String, Value> = serde_json::from_str(&counts).expect("JSON");
    for (list, classes) in LISTS {
        let labels = Labels::for_classes(classes);
        for (wnid, counted) in &counts {
            let found = query(&[wnid], &labels).map_or(0, |classes| classes.len());
            assert_eq!(Some(found as u64), counted[list].as_u64(), "{list} {wnid}");
        }
    }
}

#[test]
fn the_answer_is_the_most_precise_one_that_is_sure_enough() {
    let labels = Labels::imagenet();
    let hierarchy = Hierarchy::of(&labels).expect("ImageNet's");
    let cats = [("tabby", 0.52), ("tiger cat", 0.31), ("Egyptian cat", 0.09)];
    let cats = probabilities(&labels, &cats);
    let answer = |p: f32| {
        let sure = hierarchy.sure(&cats, p);
        (sure.label, sure.wnid, format!("{:.2}", sure.score))
    };
    let expected = |label: &str, wnid: &str, score: &str| (label.into(), wnid.into(), score.into());
    assert_eq!(answer(0.5), expected("tabby", "n02123045", "0.52"));
    assert_eq!(answer(0.9), expected("domestic cat", "n02121808", "0.92"));
    // Of what is left nothing says enough.
    assert_eq!(answer(0.999), expected("tabby", "n02123045", "0.52"));
}

#[test]
fn of_answers_that_are_as_precise_the_likelier_wins_and_then_the_first_wnid() {
    let labels = Labels::imagenet();
    let hierarchy = Hierarchy::of(&labels).expect("ImageNet's");
    for (tabby, stopwatch, answer) in [
        (0.375, 0.5, "stopwatch"),
        (0.5, 0.375, "tabby"),
        (0.4375, 0.4375, "tabby"),
    ] {
        let some = probabilities(&labels, &[("tabby", tabby), ("stopwatch", stopwatch)]);
        assert_eq!(hierarchy.sure(&some, 0.25).label, answer);
    }
}

#[test]
fn what_says_nothing_is_no_answer_however_sure() {
    let labels = Labels::imagenet();
    let hierarchy = Hierarchy::of(&labels).expect("ImageNet's");
    for pair in [["tench", "stopwatch"], ["stopwatch", "cardigan"]] {
        let even = probabilities(&labels, &[(pair[0], 0.5), (pair[1], 0.49)]);
        let sure = hierarchy.sure(&even, 0.9);
        assert_eq!((sure.label.as_str(), sure.score >= 0.5), (pair[0], true));
    }
}

#[test]
fn a_class_that_others_stand_below_counts_itself_and_them() {
    let labels = Labels::for_classes(21_843);
    let hierarchy = Hierarchy::of(&labels).expect("ImageNet's");
    let dogs = [("dog", 0.4), ("corgi", 0.2), ("puppy", 0.3)];
    let sure = hierarchy.sure(&probabilities(&labels, &dogs), 0.85);
    assert_eq!(
        (sure.label.as_str(), sure.wnid.as_str()),
        ("dog", "n02084071")
    );
    assert!(sure.score > 0.9, "{}", sure.score);
}

#[test]
fn no_other_answer_is_better_among_all_that_there_are() {
    let parents = parents();
    let silent = text("src/checkpoint/hierarchy/silent.rs");
    let silent: BTreeSet<_> = silent.split('"').filter(|part| part.len() == 9).collect();
    assert!(silent.contains("n00001740"));
    let mut random = Random(14);
    for (classes, rounds) in [(1_000, 60), (21_843, 6)] {
        let labels = Labels::for_classes(classes);
        let hierarchy = Hierarchy::of(&labels).expect("ImageNet's");
        let mut members = members(&labels, &parents);
        members.retain(|wnid, _| !silent.contains(wnid.as_str()));
        // What means the same classes as something below it is left out.
        let mut repeats = BTreeSet::new();
        for (wnid, classes) in &members {
            let mut above = BTreeSet::new();
            lineage(wnid, &parents, &mut above);
            above.remove(wnid);
            repeats.extend(
                above
                    .into_iter()
                    .filter(|up| members.get(up) == Some(classes)),
            );
        }
        members.retain(|wnid, _| !repeats.contains(wnid));
        for round in 0..rounds {
            // A few likely neighbours, as a network gives them, and a little for all.
            let near = random.below(classes);
            let mut probabilities = vec![0.05 / classes as f32; classes];
            for _ in 0..5 {
                let class = (near + random.below(1 + 8 * (round % 12))) % classes;
                probabilities[class] += 0.19;
            }
            let p = [0.1, 0.3, 0.5, 0.8, 0.9][round % 5];
            let sum = |classes: &[usize]| {
                let each = classes.iter().map(|&class| f64::from(probabilities[class]));
                each.sum::<f64>()
            };
            let reaching = members
                .iter()
                .map(|(wnid, classes)| (classes.len(), sum(classes), wnid));
            let best = reaching
                .filter(|(_, sum, _)| *sum >= f64::from(p))
                .min_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(b.2)));
            let sure = hierarchy.sure(&probabilities, p);
            match best {
                Some((_, sum, wnid)) => {
                    assert_eq!(
                        (&sure.wnid, sure.score),
                        (wnid, sum as f32),
                        "round {round}"
                    );
                }
                None => {
                    let top = probabilities.iter().copied().fold(0.0, f32::max);
                    assert_eq!(sure.score, top, "round {round}");
                }
            }
        }
    }
}

#[test]
fn a_word_means_all_that_stands_below_it() {
    let labels = Labels::imagenet();
    let found = |words: &[&str]| query(words, &labels).expect("a query");
    assert_eq!(found(&["dog"]).len(), 118);
    assert_eq!(found(&["DOG"]), found(&["n02084071"]));
    assert_eq!(
        found(&["musical_instrument"]),
        found(&["Musical-Instrument"])
    );
    assert_eq!(names(&found(&["tabby cat"]), &labels), ["tabby"]);
    // A bird and a machine.
    let cranes = found(&["crane"]);
    assert_eq!(names(&cranes, &labels), ["crane", "crane"]);
    assert_eq!(found(&["n02012849"]), cranes[..1]);
    // Joined by or, each class once.
    assert_eq!(found(&["dog", "crane", "golden retriever"]).len(), 120);
}

#[test]
fn a_pattern_means_labels_and_words_but_nothing_that_says_nothing() {
    let labels = Labels::imagenet();
    let found = |word: &str| names(&query(&[word], &labels).expect("a query"), &labels);
    let terriers = found("*terrier");
    assert!(terriers.contains(&"Yorkshire terrier".to_owned()));
    // WordNet knows it as the Boston terrier.
    assert!(terriers.contains(&"Boston bull".to_owned()));
    assert!(!terriers.contains(&"tabby".to_owned()));
    assert_eq!(found("golden?retriever"), ["golden retriever"]);
    // Above the classes whole words count: a dog is a domesticated animal.
    let cats = found("*cat*");
    assert!(cats.contains(&"tabby".to_owned()) && cats.contains(&"catamaran".to_owned()));
    assert!(!cats.contains(&"Chihuahua".to_owned()));
    assert!(query(&["veh*"], &labels).is_err());
    let instruments = query(&["n03800933"], &labels);
    assert_eq!(query(&["musical*"], &labels), instruments);
    // Everything is an object, but that is no answer to what a picture shows.
    assert!(query(&["*object"], &labels).is_err());
}

#[test]
fn a_word_that_means_no_class_is_answered_with_the_nearest() {
    let labels = Labels::imagenet();
    let error = |word: &str| query(&["dog", word], &labels).expect_err("no class");
    assert!(error("golden retreiver").ends_with("did you mean golden retriever?"));
    assert!(error("vehicel").contains("vehicle"), "{}", error("vehicel"));
    assert!(
        error("tree").contains("is in WordNet, but none"),
        "{}",
        error("tree")
    );
    assert!(
        error("qqqqqqqq").contains("`*qqqqqqqq*`"),
        "{}",
        error("qqqqqqqq")
    );
    assert!(error("n99999999").contains("is no class of ImageNet"));
    assert!(error(" ").contains("empty"));
}

#[test]
fn classes_of_ones_own_have_names_and_nothing_above() {
    let labels = Labels::named(["star", "tea set, service", "umbrella"].map(str::to_owned));
    let found = |word: &str| query(&[word], &labels);
    assert_eq!(found("Star"), Ok(vec![0]));
    assert_eq!(found("*e*"), Ok(vec![1, 2]));
    assert_eq!(found("service"), Ok(vec![1]));
    let error = found("umbrela").expect_err("no class");
    assert_eq!(
        error,
        "no class of the model is called `umbrela`; did you mean umbrella?"
    );
    assert!(!found("dog").expect_err("no class").contains("WordNet"));
    let error = Hierarchy::of(&labels).err().expect("an error").to_string();
    assert!(error.starts_with("0 of the model's 3 classes"), "{error}");
    let some = Labels::named(["n02123045", "sofa"].map(str::to_owned));
    let error = Hierarchy::of(&some).err().expect("an error").to_string();
    assert!(error.starts_with("1 of the model's 2 classes"), "{error}");
}

#[test]
fn folders_named_by_wnid_have_a_hierarchy_of_their_own() {
    let wnids = ["n02123045", "n02123159", "n02099601"].map(str::to_owned);
    let names = BTreeMap::from([(wnids[0].clone(), "Tigerkatze".to_owned())]);
    let hierarchy = Hierarchy::of(&Labels::described(wnids.into(), &names)).expect("WordNet's");
    let answer = |probabilities: &[f32], p| hierarchy.sure(probabilities, p).label;
    assert_eq!(answer(&[0.6, 0.3, 0.1], 0.5), "Tigerkatze");
    assert_eq!(answer(&[0.6, 0.3, 0.1], 0.8), "domestic cat");
    // Cats and dogs.
    assert_eq!(answer(&[0.5, 0.0, 0.5], 0.8), "domestic animal");
}
