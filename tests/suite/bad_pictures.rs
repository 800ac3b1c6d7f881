//! Pictures that are cut short, dishonest, or no pictures: an error for each that is wrong, never
//! another answer, and never the end of the run.

use effnet::error::ErrorKind;
use effnet::picture::decode::{Limits, Reading, decode};

use crate::corpus::damaged;
#[cfg(not(feature = "heic"))]
use crate::corpus::unsupported;
use crate::decoding::whole;
use crate::environment::{Environment, exif, fixture, repository};
use crate::formats::{entry, file, formats};
use crate::random::Random;

/// What is cut at every byte.
const CUT: [&str; 84] = [
    "baseline-420.jpg",
    "progressive-420.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "restarts.jpg",
    "rgb-8.png",
    "rgba-16-interlaced.png",
    "palette-4.png",
    "animated.png",
    "palette-256.gif",
    "interlaced.gif",
    "animated.gif",
    "lossless.webp",
    "lossy.webp",
    "lossy-alpha.webp",
    "animated.webp",
    "rgb-raw.tiff",
    "rgb-tiff_lzw.tiff",
    "rgb-tiff_adobe_deflate.tiff",
    "rgb-24.bmp",
    "palette-8-runs.bmp",
    "palette-4-runs-too-long.bmp",
    "os2-palette-8.bmp",
    "palette-4.dib",
    "arithmetic.jpg",
    "rgb.ico",
    "rgba.cur",
    "screen-1x1.gif",
    "animated-lossy-alpha.webp",
    "bigtiff-little.tiff",
    "palette-4.tiff",
    "grey-jpeg.tiff",
    "ycbcr-jpeg.tiff",
    "old-jpeg-2.tiff",
    "ycbcr-22.tiff",
    "group3-1d.tiff",
    "group3-2d.tiff",
    "group4-fill-2.tiff",
    "tiff_ccitt-fill-1.tiff",
    "tiles-planes-deflate.tiff",
    "strips-planes-packbits.tiff",
    "tiles-lzma.tiff",
    "rgb-zstd-pillow.tiff",
    "rgb-webp.tiff",
    "float-little-3.tiff",
    "signed-16-big.tiff",
    "cmyk-16-little.tiff",
    "lab.tiff",
    "rgb.qoi",
    "palette-raw-down.tga",
    "runs-2.tga",
    "fifteen-runs.tga",
    "palette-16-part.tga",
    "565.dds",
    "palette.dds",
    "dxt5-pillow.dds",
    "dxgi-bc6h.dds",
    "dxgi-bc7.dds",
    "rgb-1.sgi",
    "rgba-2-runs.sgi",
    "raw.icns",
    "runs.icns",
    "png.icns",
    "jpeg-2000.icns",
    "cmyk.psd",
    "rgba-packed.psd",
    "palette-packed.psd",
    "rgb.jp2",
    "la.j2k",
    "layers.jp2",
    "tiles.jp2",
    "odd-420.avif",
    "alpha.avif",
    "alpha-multiplied.avif",
    "animated.avif",
    "animated-alpha-12.avif",
    "xmp-6.avif",
    "lossless.jxl",
    "lossless-alpha.jxl",
    "lossless-container.jxl",
    "xyb.jxl",
    "xyb-container.jxl",
    "xyb-grey.jxl",
    "jpeg.jxl",
];

#[test]
fn a_picture_cut_at_any_byte_is_an_error_or_whole() {
    for name in CUT {
        let file = file(name);
        let picture = whole(&file).expect("a picture");
        for length in 0..file.len() {
            // What is behind the last pixel is not missed.
            if let Ok(cut) = whole(&file[..length]) {
                assert_eq!(cut, picture, "{name} cut at {length} of {}", file.len());
            }
        }
        assert!(whole(&file[..file.len() / 5]).is_err(), "{name}");
    }
}

#[test]
fn a_jpeg_2000_without_one_of_its_tiles_is_an_error() {
    let file = file("tiles.jp2");
    let is_part = |at: &usize| file[*at..].starts_with(b"\xff\x90\0\x0a");
    let parts: Vec<usize> = (0..file.len()).filter(is_part).collect();
    assert!(parts.len() >= 6, "{parts:?}");
    let end = file.len() - 2;
    let ends = parts[1..].iter().chain([&end]);
    for (start, end) in parts.iter().zip(ends) {
        // The box of the codes goes to the end of the file then.
        let mut without = [&file[..*start], &file[*end..]].concat();
        let codes = without.windows(4).position(|name| name == b"jp2c");
        let length = codes.expect("the codes") - 4;
        without[length..length + 4].fill(0);
        let error = whole(&without).expect_err("an error");
        assert!(error.message.contains("truncated"), "{error}");
    }
}

#[test]
fn a_jpeg_that_was_cut_and_closed_again_is_no_grey_picture() {
    for name in ["scene-1022x767.jpg", "text-401x301.jpg"] {
        let file = std::fs::read(fixture("pictures").join(name)).expect("a picture");
        let picture = whole(&file).expect("a picture");
        let scan = file.windows(2).position(|pair| pair == [0xff, 0xda]);
        let scan = scan.expect("a scan") + 14;
        for part in 0..=12 {
            let end = scan + (file.len() - scan) * part / 16;
            let error = whole(&[&file[..end], b"\xff\xd9"].concat()).expect_err("an error");
            assert!(error.message.contains("truncated"), "{name}: {error}");
        }
        // A frame that claims more rows than there are.
        let frame = file.windows(2).position(|pair| pair == [0xff, 0xc0]);
        let rows = frame.expect("a frame") + 5;
        let mut longer = file.clone();
        let twice = 2 * picture.height as u16;
        longer[rows..rows + 2].copy_from_slice(&twice.to_be_bytes());
        let error = whole(&longer).expect_err("an error");
        assert!(error.message.contains("truncated"), "{name}: {error}");
        // What libjpeg only remarks on is no reason: bytes between markers, and after the end.
        let frame = frame.expect("a frame");
        let padded = [&file[..frame], b"\0\0\0", &file[frame..], b"\0\0"].concat();
        assert_eq!(whole(&padded).expect("a picture"), picture, "{name}");
    }
}

/// Photographs' kinds: without restart markers and with them, in colour and grey.
fn with_one_scan() -> Vec<(String, Vec<u8>)> {
    let mut jpegs: Vec<_> = ["scene-1022x767.jpg", "text-401x301.jpg"]
        .map(|name| {
            let file = std::fs::read(fixture("pictures").join(name)).expect("a picture");
            (name.to_owned(), file)
        })
        .into();
    for name in ["baseline-420.jpg", "grey.jpg", "restarts.jpg", "cmyk.jpg"] {
        jpegs.push((name.to_owned(), file(name)));
    }
    jpegs
}

/// Where the codes of the first scan start.
fn first_codes(jpeg: &[u8]) -> usize {
    let scan = jpeg.windows(2).position(|pair| pair == [0xff, 0xda]);
    let scan = scan.expect("a scan");
    scan + 2 + usize::from(u16::from_be_bytes([jpeg[scan + 2], jpeg[scan + 3]]))
}

#[test]
fn a_jpeg_that_was_cut_and_is_followed_by_another_picture_is_an_error() {
    let other = file("baseline-444.jpg");
    let page = b"\xff\xe2\0\x10MPF\0II*\0\x08\0\0\0\0\0";
    for (name, whole_file) in with_one_scan() {
        let start = first_codes(&whole_file);
        for part in 0..12 {
            let end = start + (whole_file.len() - start) * part / 16;
            let cut = &whole_file[..end];
            for behind in [&other, &other[2..], &[page, &other[..]].concat()] {
                let error = whole(&[cut, behind].concat()).expect_err(&name);
                assert_eq!(error.kind, ErrorKind::Decode, "{name}: {error}");
            }
            // What a file system leaves of a file: zeros to the end of its last block.
            let error = whole(&[cut, &[0; 100_000]].concat()).expect_err(&name);
            assert!(error.message.contains("truncated"), "{name}: {error}");
        }
    }
}

#[test]
fn a_progressive_jpeg_that_was_cut_and_is_followed_by_another_picture_is_an_error() {
    let other = file("baseline-444.jpg");
    let progressive = file("progressive-420.jpg");
    let start = first_codes(&progressive);
    for end in (start..progressive.len() - 2).step_by(7) {
        for behind in [&other[..], &[0; 3000]] {
            assert!(
                whole(&[&progressive[..end], behind].concat()).is_err(),
                "{end}"
            );
        }
    }
}

#[test]
fn a_jpeg_with_all_its_rows_needs_no_end_marker() {
    for (name, whole_file) in with_one_scan() {
        let picture = whole(&whole_file).expect("a picture");
        let open = whole_file.strip_suffix(b"\xff\xd9").expect("its end");
        // Nothing, a file system's zeros, a telephone's trailer, segments, and a camera's preview.
        let trailer = b"\0\0\x01\x0aImage_UTC_Data1700000000000SEFHk\0\0\0SEFT";
        let preview = file("baseline-444.jpg");
        for behind in [
            &[][..],
            &[0; 70_000],
            trailer,
            b"\xff\xe3\0\x04ab\xff\xd9",
            &preview,
        ] {
            let padded = [open, behind].concat();
            assert_eq!(whole(&padded).expect(&name), picture, "{name}");
        }
    }
}

#[test]
fn damage_between_restart_markers_costs_no_more_than_the_part_between_them() {
    let mut jpeg = file("restarts.jpg");
    let start = first_codes(&jpeg);
    // A code that is like a marker which there is not.
    jpeg[start + 3..start + 5].copy_from_slice(&[0xff, 0x37]);
    assert!(whole(&jpeg).is_ok());
}

#[test]
fn a_decoder_that_panics_costs_one_picture() {
    let file = file("baseline-420.jpg");
    for panic in [|| panic!("a text"), || panic!("a number, {}", 1)] {
        let panicking = |_| panic();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| {}));
        let error = decode(
            &file,
            Limits::default(),
            Reading {
                scale: &panicking,
                ..Reading::WHOLE
            },
        )
        .expect_err("an error");
        std::panic::set_hook(hook);
        assert_eq!(error.kind, ErrorKind::Decode);
        assert!(error.message.contains("damaged (a "), "{error}");
    }
    assert!(!effnet::picture::decode::is_guarded());
    assert!(whole(&file).is_ok());
}

#[test]
fn what_the_decoder_of_jpeg_gives_up_on_is_told_without_a_word_of_a_bug() {
    let environment = Environment::new();
    let mut wide = file("baseline-444.jpg");
    let frame = wide.windows(2).position(|pair| pair == [0xff, 0xc0]);
    let frame = frame.expect("a frame");
    // A component sampled five times, which libjpeg leaves by a jump and Rust by unwinding.
    wide[frame + 11] = 0x55;
    environment.write("wide.jpg", wide);
    environment.copy(&repository("assets/pictures/star.jpg"), "star.jpg");
    let run = environment.run([
        "classify",
        "--variant=demo",
        "--jsonl",
        "wide.jpg",
        "star.jpg",
    ]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.labels(), ["(failed)", "star"]);
    assert_eq!(run.records()[0]["error"]["kind"], "decode");
    assert!(!run.stderr.contains("bug"), "{}", run.stderr);
}

fn big_endian(width: u32, height: u32) -> Vec<u8> {
    [width.to_be_bytes(), height.to_be_bytes()].concat()
}

/// Small files that claim to be large; and a name for each.
fn bombs() -> Vec<(String, Vec<u8>)> {
    let mut bombs = Vec::new();
    let mut add = |name: &str, bytes: Vec<u8>| bombs.push((name.to_owned(), bytes));
    for (width, height) in [
        (100_000, 100_000),
        (1_500_000, 1),
        (1, 100_000_000),
        (13_000, 13_000),
        (u32::MAX >> 1, u32::MAX >> 1),
    ] {
        let name = |ending: &str| format!("{width}x{height}.{ending}");
        let mut png = file("rgba-16.png");
        png[16..24].copy_from_slice(&big_endian(width, height));
        let check = crc32(&png[12..29]);
        png[29..33].copy_from_slice(&check.to_be_bytes());
        add(&name("png"), png);
        let mut qoi = file("rgb.qoi");
        qoi[4..12].copy_from_slice(&big_endian(width, height));
        add(&name("qoi"), qoi);
        let mut bmp = file("rgb-24.bmp");
        bmp[18..22].copy_from_slice(&width.to_le_bytes());
        bmp[22..26].copy_from_slice(&height.to_le_bytes());
        add(&name("bmp"), bmp);
        let ppm = format!("P6\n{width} {height}\n255\nabc");
        add(&name("ppm"), ppm.into_bytes());
        let mut tiff = file("rgb-raw.tiff");
        set_tag(&mut tiff, 256, width);
        set_tag(&mut tiff, 257, height);
        add(&name("tiff"), tiff);
        let mut dds = file("dxgi-bc1.dds");
        dds[12..16].copy_from_slice(&height.to_le_bytes());
        dds[16..20].copy_from_slice(&width.to_le_bytes());
        add(&name("dds"), dds);
        let mut psd = file("rgb-packed.psd");
        psd[14..22].copy_from_slice(&big_endian(height, width));
        add(&name("psd"), psd);
        // The picture and one tile of its size.
        let mut codes = file("rgb.j2k");
        codes[8..16].copy_from_slice(&big_endian(width, height));
        codes[24..32].copy_from_slice(&big_endian(width, height));
        add(&name("j2k"), codes.clone());
        // The same in tiles of a pixel, and of 32 x 32, of which only the first is there.
        for side in [1, 32] {
            codes[24..32].copy_from_slice(&big_endian(side, side));
            add(&name(&format!("{side}.j2k")), codes.clone());
        }
    }
    for name in [
        "baseline-444.jpg",
        "progressive-444.jpg",
        "cmyk-progressive.jpg",
    ] {
        for side in [13_000, 65_500_u16] {
            let mut jpeg = file(name);
            let frame = jpeg
                .windows(2)
                .position(|pair| pair[0] == 0xff && matches!(pair[1], 0xc0..=0xc2));
            let size = frame.expect("a frame") + 5;
            jpeg[size..size + 2].copy_from_slice(&side.to_be_bytes());
            jpeg[size + 2..size + 4].copy_from_slice(&side.to_be_bytes());
            add(&format!("{side}-{name}"), jpeg);
        }
    }
    for name in ["rgb-1.sgi", "rgb-1-runs.sgi"] {
        let mut sgi = file(name);
        sgi[6..10].copy_from_slice(&[0x30; 4]);
        add(&format!("large-{name}"), sgi);
    }
    for name in ["rgb-raw-up.tga", "rgb-rle-up.tga"] {
        let mut tga = file(name);
        tga[12..16].copy_from_slice(&[0x30; 4]);
        add(&format!("large-{name}"), tga);
    }
    let mut gif = file("palette-256.gif");
    gif[6..10].copy_from_slice(&[0xff; 4]);
    add("screen.gif", gif.clone());
    let frame = gif.iter().rposition(|byte| *byte == b',');
    let frame = frame.expect("a frame");
    gif[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    add("frame.gif", gif);
    let mut webp = file("lossless.webp");
    webp[21..25].copy_from_slice(&[0xff; 4]);
    add("large.webp", webp);
    add("text.png", text_bomb());
    bombs
}

/// Sets a short or long value of a little-endian TIFF's directory, as a long.
fn set_tag(tiff: &mut [u8], tag: u16, value: u32) {
    let entry = entry(tiff, tag).expect("the tag");
    tiff[entry + 2..entry + 8].copy_from_slice(&[4, 0, 1, 0, 0, 0]);
    tiff[entry + 8..entry + 12].copy_from_slice(&value.to_le_bytes());
}

/// PNG's check (its specification, annex D).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            crc >> 1 ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1))
        })
    })
}

/// A good picture with a remark that is one byte, 300 million times.
fn text_bomb() -> Vec<u8> {
    let good = file("rgb-8.png");
    let mut chunk = b"zTXtComment\0\0\x78\x01".to_vec();
    // Deflate's fixed code: a literal, then copies of 258 bytes from one byte back.
    let mut bits: Vec<bool> = vec![true, true, false];
    bits.extend((0..8).rev().map(|bit| (0x30 + 0x61) >> bit & 1 == 1));
    for _ in 0..1_170_000 {
        bits.extend((0..8).rev().map(|bit| 0b1100_0101 >> bit & 1 == 1));
        bits.extend([false; 5]);
    }
    bits.extend([false; 7]);
    for byte in bits.chunks(8) {
        let byte = byte.iter().enumerate();
        chunk.push(byte.fold(0, |sum, (bit, set)| sum | u8::from(*set) << bit));
    }
    chunk.extend([0; 4]);
    let length = (chunk.len() - 4) as u32;
    let check = crc32(&chunk);
    [
        &good[..33],
        &length.to_be_bytes(),
        &chunk,
        &check.to_be_bytes(),
        &good[33..],
    ]
    .concat()
}

#[test]
fn a_small_file_that_claims_to_be_large_is_refused() {
    for (name, bytes) in bombs() {
        match whole(&bytes) {
            // The remark is not read, and the screen around a frame is nothing much.
            Ok(picture) if name == "text.png" => {
                assert_eq!(picture, whole(&file("rgb-8.png")).expect("a picture"));
            }
            Ok(picture) => panic!("{name} is {} x {}", picture.width, picture.height),
            Err(e) if ["100000x100000.png", "1500000x1.png"].contains(&&*name) => {
                assert_eq!(e.kind, ErrorKind::Limit, "{name}: {e}");
            }
            Err(_) => {}
        }
    }
}

#[test]
fn parts_of_a_tiff_that_claim_the_same_bytes_again_and_again_are_refused() {
    let count = 30_000_u32;
    let arrays = 8 + 2 + 10 * 12 + 4;
    let length = arrays + count * 8;
    let entries = [
        (256, 4, 1, 1),
        (257, 4, 1, count),
        (258, 3, 1, 8),
        (259, 3, 1, 32773),
        (262, 3, 1, 1),
        (266, 3, 1, 2),
        (273, 4, count, arrays),
        (277, 3, 1, 1),
        (278, 4, 1, 1),
        (279, 4, count, arrays + count * 4),
    ];
    let mut tiff = b"II*\0\x08\0\0\0\x0a\0".to_vec();
    for (tag, kind, count, value) in entries {
        tiff.extend([tag as u8, (tag >> 8) as u8, kind, 0]);
        tiff.extend(u32::to_le_bytes(count));
        tiff.extend(u32::to_le_bytes(value));
    }
    tiff.extend([0; 4]);
    tiff.extend([0; 4].repeat(count as usize));
    tiff.extend(length.to_le_bytes().repeat(count as usize));
    let error = whole(&tiff).expect_err("an error");
    assert!(error.message.contains("the same bytes"), "{error}");
}

#[test]
fn a_chunk_that_claims_more_than_its_file_is_not_set_aside() {
    let mut webp = file("orientation-6.webp");
    assert!(whole(&webp).is_ok());
    let chunk = webp.windows(4).position(|name| name == b"EXIF");
    let length = chunk.expect("an EXIF chunk") + 4;
    for claim in [0xffff_ff00, 0x7fff_ffff, 5000_u32] {
        webp[length..length + 4].copy_from_slice(&claim.to_le_bytes());
        let error = whole(&webp).expect_err("an error");
        assert!(error.message.contains("truncated"), "{error}");
    }
}

/// Peak memory of a run that waits for more paths.
#[cfg(target_os = "linux")]
fn peak_megabytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("its status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("a number") / 1024
}

#[cfg(target_os = "linux")]
#[test]
fn bad_pictures_take_no_more_than_400_megabytes_with_b0() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let environment = Environment::new();
    environment.model("b0", "efficientnet_b0", 1000);
    let mut bad = bombs();
    let mut random = Random(1);
    for format in formats() {
        let half = &format.file[..format.file.len() / 2];
        bad.push((format!("half-{}", format.name), half.to_vec()));
        let damaged = damaged(&format.file, &mut random);
        bad.push((format!("damaged-{}", format.name), damaged));
    }
    let mut list: Vec<String> = Vec::new();
    for (name, bytes) in bad {
        environment.write(&name, bytes);
        list.push(name);
    }
    list.push("/dev/zero".to_owned());
    let mut child = environment
        .command()
        .args(["classify", "--model", "b0", "--jsonl", "--files-from", "-"])
        .args(["--threads", "2"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a run");
    let mut stdin = child.stdin.take().expect("its input");
    let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
    writeln!(stdin, "{}", list.join("\n")).expect("a written list");
    let (mut line, mut failed) = (String::new(), 0);
    for name in &list {
        line.clear();
        stdout.read_line(&mut line).expect("a record");
        let record: serde_json::Value = serde_json::from_str(&line).expect("a record");
        assert_eq!(record["path"], **name);
        failed += usize::from(!record["error"].is_null());
    }
    let peak = peak_megabytes(child.id());
    drop(stdin);
    assert_eq!(child.wait().expect("an end").code(), Some(1));
    println!("{} pictures, {failed} failed, {peak} MB", list.len());
    assert!(failed > 150, "only {failed} failed");
    assert!(peak <= 400, "{peak} MB");
}

#[test]
fn what_has_two_faces_is_what_its_first_bytes_say() {
    let jpeg = file("baseline-420.jpg");
    let picture = whole(&jpeg).expect("a picture");
    let archive = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let page = b"<html><script>alert(1)</script><svg></svg></html>";
    for behind in [&archive[..], page, &file("rgb-8.png"), &[0; 1000]] {
        let both = whole(&[&jpeg, behind].concat()).expect("a picture");
        assert_eq!(both, picture);
    }
    // A page within a JPEG's comment.
    let length = (page.len() as u16 + 2).to_be_bytes();
    let comment = [&jpeg[..2], b"\xff\xfe", &length, page, &jpeg[2..]].concat();
    assert_eq!(whole(&comment).expect("a picture"), picture);
    for before in [&archive[..], page, b"%PDF-1.4\n", b"\n"] {
        let error = whole(&[before, &jpeg].concat()).expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Unsupported);
    }
    let name = b"BM is how a bitmap begins, and this text".to_vec();
    assert!(whole(&name).is_err());
}

#[cfg(not(feature = "heic"))]
#[test]
fn a_format_that_is_not_read_is_named() {
    let names = [
        "HEIC",
        "camera RAW without a preview",
        "a video",
        "PDF",
        "a large Photoshop file",
        "camera RAW without a preview",
        "SVG",
        "not a picture",
    ];
    let unsupported = unsupported();
    assert_eq!(unsupported.len(), names.len());
    for (bytes, name) in unsupported.iter().zip(names) {
        let error = whole(bytes).expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Unsupported, "{name}");
        assert!(error.message.starts_with(name), "{name}: {error}");
        let helps = ["convert it first", "supported format ("];
        assert!(helps.iter().any(|help| error.message.contains(help)));
    }
}

#[cfg(not(feature = "heic"))]
#[test]
fn a_format_without_a_decoder_is_named_by_its_brands_marks_words_or_fields() {
    let mut pcx = vec![0; 128];
    pcx[..4].copy_from_slice(&[10, 5, 1, 8]);
    let files: [(&[u8], &str); 26] = [
        (b"II\x1a\0\0\0HEAPCCDR", "Canon's older RAW (CRW)"),
        (b"\0MRM\0\0\x1d\x38", "Minolta's RAW (MRW)"),
        (b"FOVb\0\0\x02\0", "Sigma's RAW (X3F)"),
        (b"Pf\n12 12\n-1.0\n", "PFM"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf", "HEIC"),
        // A brand behind the first box is none.
        (b"\0\0\0\x14ftypmp42\0\0\0\0isomavif", "a video"),
        (b"DDS \x20\0\0\0", "DDS"),
        (b"\0\0\0\0\0\0\0\x04\0\0\0\x04", "McIDAS"),
        (b"\xac\0\0\0\x11\xaf\x02\0\x40\x01\xc8\0", "FLI"),
        (b"\xac\0\0\0\x12\xaf\x02\0\x40\x01\xc8\0", "FLI"),
        (b"Image type: RGB image\r\nName: star\r\n", "IM"),
        (b"*remark\nwidth 256\nheight 10\npixel n8\n\x0c", "IM"),
        (b"\x76\x2f\x31\x01\x02\0\0\0", "OpenEXR"),
        (b"#?RADIANCE\n", "Radiance HDR"),
        (b"gimp xcf file", "GIMP"),
        (b"SIMPLE  =                    T", "FITS"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"II\xbc\x01", "JPEG XR"),
        (b"AT&TFORM", "DjVu"),
        (b"<!DOCTYPE html><html><svg/>", "a web page"),
        (b"\xef\xbb\xbf\n <HTML lang=en>", "a web page"),
        (b"#define star_width 16\n#define star_height 16\n", "XBM"),
        (b"/* XPM */\nstatic char *star[] = {", "XPM"),
        (b"<?xml version=\"1.0\"?>\n<svg/>", "SVG"),
        (&pcx, "PCX"),
    ];
    for (bytes, name) in files {
        let error = whole(bytes).expect_err("no picture");
        assert_eq!(error.kind, ErrorKind::Unsupported, "{name}");
        assert!(error.message.starts_with(name), "{name}: {error}");
        assert!(error.message.contains("convert it first"), "{error}");
    }
}

#[test]
fn an_orientation_that_there_is_not_turns_nothing() {
    let plain = file("baseline-420.jpg");
    let picture = whole(&plain).expect("a picture");
    for orientation in [0, 9, 255] {
        let exif = exif(orientation);
        let length = (exif.len() as u16 + 2).to_be_bytes();
        for cut in [0, 10, 20] {
            // Whole, and with its end overwritten.
            let mut block = exif.clone();
            let end = block.len() - cut..;
            block[end].fill(0xff);
            let turned = [&plain[..2], b"\xff\xe1", &length, &block, &plain[2..]].concat();
            assert_eq!(whole(&turned).expect("a picture"), picture);
        }
    }
}

#[test]
fn no_damage_makes_a_picture_larger_than_the_limits() {
    let limits = Limits {
        max_pixels: 1000,
        max_bytes: 1 << 20,
    };
    let mut random = Random(7);
    for format in formats() {
        for _ in 0..20 {
            let damaged = damaged(&format.file, &mut random);
            if let Ok(picture) = decode(&damaged, limits, Reading::WHOLE) {
                assert!(picture.width * picture.height <= 1000, "{}", format.name);
            }
        }
    }
}
