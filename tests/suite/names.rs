//! What people type and paste for a model, and what they mean by it.

use effnet::Choice;
use effnet::checkpoint::name::{self, Name, Named};

use crate::environment::{Environment, Run, repository};
use crate::hub_server::StandIn;

fn named(variant: &'static str, weights: Option<&str>, revision: Option<&str>) -> Name {
    Name::Variant(Named {
        variant,
        weights: weights.map(str::to_owned),
        revision: revision.map(str::to_owned),
    })
}

fn hub(repo: &str, revision: Option<&str>) -> Name {
    Name::Hub(repo.to_owned(), revision.map(str::to_owned))
}

const NOISY: &str = "timm/tf_efficientnet_b0.ns_jft_in1k";
const MIRROR: &str = "https://mirror.example/hub";

#[track_caller]
fn means(text: &str, expected: Name) {
    assert_eq!(name::model(text, Some(MIRROR)), Ok(expected), "{text}");
}

#[test]
fn a_variant_is_known_in_every_librarys_spelling() {
    for (text, variant) in [
        ("b0", "b0"),
        ("B0", "b0"),
        (" b7 ", "b7"),
        ("efficientnet_b0", "b0"),
        ("efficientnet-b0", "b0"),
        ("EfficientNet-B4", "b4"),
        ("EfficientNetB7", "b7"),
        ("tf_efficientnet_b0", "b0"),
        ("tf_efficientnetv2_s", "v2-s"),
        ("efficientnetv2_rw_s", "v2-rw-s"),
        ("effnetv2-s", "v2-s"),
        ("EfficientNetV2S", "v2-s"),
        ("efficientnet_v2_s", "v2-s"),
        ("v2s", "v2-s"),
        ("V2_XL", "v2-xl"),
        ("efficientnet_lite0", "lite0"),
        ("EfficientNet-Lite4", "lite4"),
        ("EfficientNet-EdgeTPU-S", "es"),
        ("efficientnet_b1_pruned", "b1-pruned"),
        ("test_efficientnet", "test"),
        ("DEMO", "demo"),
    ] {
        means(text, named(variant, None, None));
    }
}

#[test]
fn a_name_can_say_which_weights_are_meant() {
    for (text, variant, weights) in [
        ("tf_efficientnet_b0.ns_jft_in1k", "b0", "ns_jft_in1k"),
        ("tf_efficientnet_b0.ns", "b0", "ns_jft_in1k"),
        ("TF_EfficientNet_B0.NS_JFT_in1k", "b0", "ns_jft_in1k"),
        ("b0.ra4", "b0", "ra4_e3600_r224_in1k"),
        ("tf_efficientnetv2_m.in21k", "v2-m", "in21k"),
        // timm's names of before its tags.
        ("tf_efficientnet_b7_ns", "b7", "ns_jft_in1k"),
        ("tf_efficientnet_l2_ns_475", "l2", "ns_jft_in1k_475"),
        ("tf_efficientnetv2_l_in21ft1k", "v2-l", "in21k_ft_in1k"),
        // TensorFlow's are not the most accurate of these, and pad otherwise.
        ("tf_efficientnet_es", "es", "in1k"),
        ("tf_efficientnet_lite0", "lite0", "in1k"),
    ] {
        means(text, named(variant, Some(weights), None));
    }
    for (text, part) in [
        ("b0.nothing", "ns_jft_in1k"),
        ("tf_efficientnet_b0.ra_in1k", "no tf_ ones"),
        ("demo.ns", "only its own"),
    ] {
        let message = name::variant(text).expect_err(text);
        assert!(message.contains(part), "{text}: {message}");
    }
}

#[test]
fn an_address_of_the_hub_means_its_repository_at_its_revision() {
    for site in [
        "https://huggingface.co",
        "http://huggingface.co",
        "https://www.huggingface.co",
        "huggingface.co",
        "https://hf.co",
        "hf.co",
        MIRROR,
    ] {
        let of = |end: &str| format!("{site}/{NOISY}{end}");
        for end in ["", "/", "?library=timm", "#model-details", "/?not=1"] {
            means(&of(end), hub(NOISY, None));
        }
        for (end, revision) in [
            ("/tree/main", "main"),
            ("/tree/main/", "main"),
            ("/tree/v1.0/onnx", "v1.0"),
            ("/tree/refs%2Fpr%2F1", "refs/pr/1"),
            ("/blob/0123abc/config.json", "0123abc"),
            ("/resolve/main/model.safetensors?download=true", "main"),
            ("/commit/0123abc", "0123abc"),
        ] {
            means(&of(end), hub(NOISY, Some(revision)));
        }
    }
    let secret = Some("https://me:secret@mirror.example/hub/");
    let pasted = format!("{MIRROR}/{NOISY}");
    assert_eq!(name::model(&pasted, secret), Ok(hub(NOISY, None)));
    for text in [
        "https://example.org/timm/x",
        "https://huggingface.co/datasets/imagenet-1k",
        "https://huggingface.co/google",
        "https://huggingface.co",
        "hf-hub:nobody",
        "hf-hub:a/b/c",
    ] {
        let message = name::model(text, Some(MIRROR)).expect_err(text);
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn an_id_of_the_hub_may_have_a_mark_before_it_and_a_revision_behind() {
    means(
        "google/efficientnet-b3",
        hub("google/efficientnet-b3", None),
    );
    means(
        "google/efficientnet-b3/",
        hub("google/efficientnet-b3", None),
    );
    means("a/b@v1", hub("a/b", Some("v1")));
    for mark in ["hf-hub:", "hf_hub:"] {
        means(&format!("{mark}{NOISY}"), hub(NOISY, None));
        means(&format!("{mark}{NOISY}@main"), hub(NOISY, Some("main")));
    }
    means("b0@v1", named("b0", None, Some("v1")));
}

#[test]
fn what_can_only_be_a_path_is_one() {
    for text in [
        "./b0",
        "../b0",
        "/b0",
        "~/b0",
        ".",
        "..",
        "models/a/b",
        "b0.safetensors",
        "a/b.pth",
    ] {
        means(text, Name::Path);
    }
}

#[test]
fn a_wrong_variant_is_answered_in_one_line_with_the_nearest() {
    let environment = Environment::new();
    for (name, parts) in [
        (
            "b9",
            &["did you mean b8, b7 or b6?", "effnet models --all"][..],
        ),
        ("efficientnet_b9", &["did you mean b8, b7 or b6?"]),
        ("lite5", &["did you mean lite4, lite3 or lite2?"]),
        ("v2-sx", &["v2-s"]),
        (
            "resnet50",
            &["`resnet50` is no EfficientNet", "effnet models --all"],
        ),
        ("efficientnet_cc_b0_4e", &["CondConv"]),
        ("", &["an empty name"]),
    ] {
        for arguments in [
            &["classify", "--variant", name, "x.jpg"][..],
            &["bench", "--variant", name],
            &["bench", name],
            &["models", name],
            &["info", name],
            &["download", name],
        ] {
            let run = environment.run(arguments);
            assert_eq!(run.code, Some(2), "{arguments:?}");
            assert_eq!(
                run.stderr.lines().count(),
                1,
                "{arguments:?}: {}",
                run.stderr
            );
            assert!(run.stderr.len() < 250, "{}", run.stderr);
            for part in parts {
                assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
            }
        }
    }
}

fn demo_of(environment: &Environment, arguments: &[&str]) -> Run {
    let star = repository("assets/pictures/star.jpg");
    let star = star.to_str().expect("UTF-8");
    environment.run([&["classify", star, "-k", "1"], arguments].concat())
}

#[test]
fn a_variant_can_be_named_wherever_a_model_can() {
    let environment = Environment::new();
    for arguments in [
        &["--model", "demo"][..],
        &["--variant", "Demo"],
        &["--model", "effnet_demo"],
    ] {
        let run = demo_of(&environment, arguments);
        assert!(run.stdout.contains("star"), "{arguments:?}: {}", run.stderr);
    }
    for name in ["b4", "B4", "EfficientNet-B4", "tf_efficientnet_b4"] {
        let info = environment.run(["info", name]);
        assert!(
            info.stdout.starts_with("timm/tf_efficientnet_b4.ns"),
            "{}",
            info.stderr
        );
        let models = environment.run(["models", name]);
        let lines = models
            .stdout
            .lines()
            .skip(1)
            .take_while(|line| !line.is_empty());
        assert_eq!(
            lines.filter(|line| !line.starts_with("b4 ")).count(),
            0,
            "{name}"
        );
        let offline = environment.run(["classify", "-", "--model", name, "--offline"]);
        assert_eq!(offline.code, Some(2));
    }
    let bench = environment.run(["bench", "DEMO", "--runs", "1"]);
    assert!(bench.stdout.starts_with("demo on"), "{}", bench.stderr);
    let tagged = environment.run([
        "info",
        "--variant",
        &format!("https://hf.co/{}", NOISY.replace("ns_jft", "aa")),
    ]);
    assert!(
        tagged.stdout.starts_with("timm/tf_efficientnet_b0.aa_in1k"),
        "{}",
        tagged.stderr
    );
}

#[test]
fn two_names_that_contradict_each_other_are_an_error() {
    let environment = Environment::new();
    for (arguments, part) in [
        (&["--model", "b0", "--variant", "b4"][..], "contradicts"),
        (&["--model", "b0.ns", "--weights", "aa"], "contradicts"),
        (&["--model", "a/b@v1", "--revision", "v2"], "contradicts"),
        (&["--variant", "b0@v1", "--revision", "v2"], "contradicts"),
        (&["--variant", "demo", "--revision", "v2"], "built in"),
    ] {
        let run = demo_of(&environment, arguments);
        assert_eq!(run.code, Some(2), "{arguments:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
        assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
    }
    let agreeing = Choice {
        weights: Some("ns".to_owned()),
        variant: Some("b0".to_owned()),
        ..Choice::named("tf_efficientnet_b0.ns_jft_in1k")
    };
    let settled = agreeing.settled().expect("one model");
    assert_eq!(settled.variant.as_deref(), Some("b0"));
    assert_eq!(settled.weights.as_deref(), Some("ns_jft_in1k"));
    assert_eq!(settled.model, None);
}

#[test]
fn nobody_asks_the_hub_for_a_folder_that_is_not_here() {
    let server = StandIn::new(&[]);
    let environment = Environment::new();
    environment.copy(&repository("assets/pictures/star.jpg"), "star.jpg");
    environment.copy(
        &repository("assets/demo/config.json"),
        "models/flowers/config.json",
    );
    for (name, part) in [
        ("models/flower", "did you mean models/flowers?"),
        ("models/other", "hf-hub:models/other"),
        ("./models/flowres", "did you mean ./models/flowers?"),
        ("modles/flowers/last", "nor a folder modles/flowers"),
        ("/nowhere/at/all", "nor a folder /nowhere/at"),
        ("~/flowers", "a shell replaces ~"),
        (
            "flowers.safetensors",
            "there is no file or folder flowers.safetensors",
        ),
        ("model", "did you mean models?"),
    ] {
        for arguments in [
            &["classify", "star.jpg", "--model", name][..],
            &["info", name],
            &["download", name],
        ] {
            let mut command = environment.command();
            command
                .env("HF_ENDPOINT", server.url())
                .env("HF_HUB_OFFLINE", "0");
            let run = Run::of(command.args(arguments).output().expect("a run"));
            assert_eq!(run.code, Some(2), "{arguments:?}");
            assert_eq!(
                run.stderr.lines().count(),
                1,
                "{arguments:?}: {}",
                run.stderr
            );
            assert!(run.stderr.contains(part), "{arguments:?}: {}", run.stderr);
        }
    }
    assert_eq!(server.requests().len(), 0);
}

#[test]
fn a_folder_that_is_a_model_is_meant_before_a_variant_of_its_name() {
    let environment = Environment::new();
    std::fs::create_dir(environment.path("b4")).expect("a folder");
    let info = environment.run(["info", "b4"]);
    assert!(
        info.stdout.starts_with("timm/tf_efficientnet_b4"),
        "{}",
        info.stderr
    );
    environment.copy(&repository("assets/demo/config.json"), "b4/config.json");
    environment.copy(
        &repository("assets/demo/model.safetensors"),
        "b4/model.safetensors",
    );
    let run = demo_of(&environment, &["--model", "b4"]);
    assert!(run.stdout.contains("star"), "{}", run.stderr);
    for path in ["b4", "b4/model.safetensors"] {
        let run = demo_of(&environment, &["--model", path, "--revision", "main"]);
        assert_eq!(run.code, Some(2));
        assert!(
            run.stderr.contains("--revision goes with"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_pasted_address_is_downloaded_from_the_hub_in_use() {
    let server = StandIn::new(&[(&format!("{NOISY}/model.safetensors"), b"weights")]);
    for name in [
        format!("https://huggingface.co/{NOISY}"),
        format!("{}/{NOISY}/tree/main", server.url()),
        format!("hf-hub:{NOISY}"),
        "tf_efficientnet_b0.ns_jft_in1k".to_owned(),
    ] {
        let environment = Environment::new();
        let mut command = environment.command();
        command
            .env("HF_ENDPOINT", server.url())
            .env("HF_HUB_OFFLINE", "0");
        let run = Run::of(command.args(["download", &name]).output().expect("a run"));
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let stored = std::fs::read(run.stdout.trim_end()).expect("the file");
        assert_eq!(stored, b"weights");
    }
    let demo = Environment::new().run(["download", "demo"]);
    assert_eq!((demo.code, &*demo.stdout), (Some(0), ""));
    assert!(demo.stderr.contains("demo is built in"), "{}", demo.stderr);
}
