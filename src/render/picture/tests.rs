//! Pictures are looked at as pixels, and searched for what the original said of itself.

use std::io::Cursor;

use image::{GrayImage, Luma, Rgba, RgbaImage};
use tiff::encoder::{TiffEncoder, colortype};

use super::*;

const SECRET: &[u8] = b"45.4642 N 9.1900 E, owner Anna Bianchi";

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn shown(bytes: &[u8]) -> RgbImage {
    assert!(bytes.starts_with(b"\xff\xd8\xff"), "a JPEG");
    image::load_from_memory(bytes).unwrap().into_rgb8()
}

fn size(bytes: &[u8]) -> (u32, u32) {
    shown(bytes).dimensions()
}

/// A photo that says how it was held (orientation 6: a quarter turn to the right) and where it was taken.
fn photo_with_exif(width: u32, height: u32) -> Vec<u8> {
    let plain = encoded(&RgbImage::new(width, height).into(), ImageFormat::Jpeg);
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
    tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
    tiff.extend(b"\x01\x0e\0\x02\0\0\0");
    tiff.push(u8::try_from(SECRET.len()).unwrap());
    tiff.extend(b"\0\0\0\x26\0\0\0\0");
    tiff.extend(SECRET);
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend(tiff);
    let length = u16::try_from(exif.len() + 2).unwrap();
    let mut photo = b"\xff\xd8\xff\xe1".to_vec();
    photo.extend(length.to_be_bytes());
    photo.extend(exif);
    photo.extend(&plain[2..]);
    photo
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn a_photo_stands_upright_and_says_nothing_of_place_and_owner() {
    let photo = photo_with_exif(300, 100);
    assert!(holds(&photo, SECRET));
    let picture = jpeg(photo, FileType::Jpeg).unwrap();
    assert_eq!(size(&picture), (100, 300));
    assert!(!holds(&picture, SECRET) && !holds(&picture, b"Exif"));
}

#[test]
fn a_large_photo_is_no_larger_than_a_page() {
    let large = RgbImage::from_pixel(4_000, 3_000, Rgb([200, 10, 10]));
    let picture = jpeg(encoded(&large.into(), ImageFormat::Jpeg), FileType::Jpeg).unwrap();
    assert_eq!(size(&picture), (WIDTH, 930));
}

#[test]
fn what_is_clear_in_a_picture_is_white() {
    let clear = RgbaImage::from_pixel(10, 10, Rgba([0, 0, 0, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let file_type = match format {
            ImageFormat::Png => FileType::Png,
            _ => FileType::Webp,
        };
        let picture = jpeg(encoded(&clear.clone().into(), format), file_type).unwrap();
        assert_eq!(shown(&picture).get_pixel(5, 5), &Rgb([255; 3]));
    }
}

fn scan_of(pages: u32) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut out).unwrap();
    for page in 0..pages {
        let shade = u8::try_from(page * 10).unwrap();
        let sheet = GrayImage::from_pixel(40, 60, Luma([shade]));
        encoder
            .write_image::<colortype::Gray8>(40, 60, &sheet)
            .unwrap();
    }
    out.into_inner()
}

#[test]
fn the_pages_of_a_scan_stand_one_below_the_other() {
    let picture = jpeg(scan_of(3), FileType::Tiff).unwrap();
    assert_eq!(size(&picture), (40, 3 * 60 + 2 * GAP));
    let third = shown(&picture).get_pixel(20, 60 * 2 + GAP * 2 + 30).0[0];
    assert!((15..=25).contains(&third), "{third}");
    let many = jpeg(scan_of(20), FileType::Tiff).unwrap();
    let pages = u32::try_from(PAGES).unwrap();
    assert_eq!(size(&many).1, pages * 60 + (pages - 1) * GAP);
}

#[test]
fn a_page_of_one_bit_is_black_where_the_bit_is_not_set() {
    let page = bits(10, 2, &[0b1000_0000, 0, 0xff, 0xff])
        .unwrap()
        .to_luma8();
    assert_eq!(page.get_pixel(0, 0).0, [255]);
    assert_eq!(page.get_pixel(9, 0).0, [0]);
    assert_eq!(page.get_pixel(9, 1).0, [255]);
}

/// Two pages of A4 whose font the file does not bring along.
const PDF: &str = "%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Count 2/Kids[3 0 R 3 0 R]/MediaBox[0 0 595 842]>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>> endobj
4 0 obj <</Length 52>> stream
BT /F1 48 Tf 72 720 Td (Ricevuta di pagamento) Tj ET
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R>>
";

#[test]
fn a_pdf_is_drawn_page_by_page() {
    let picture = shown(&jpeg(PDF.into(), FileType::Pdf).unwrap());
    assert_eq!(picture.width(), WIDTH);
    let page = (picture.height() - GAP) / 2;
    assert!((1_750..=1_756).contains(&page), "{page}");
    for top in [0, page + GAP] {
        let sheet = imageops::crop_imm(&picture, 0, top, WIDTH, page).to_image();
        let ink = sheet.pixels().filter(|pixel| pixel.0[0] < 100).count();
        assert!(ink > 5_000, "{ink} dark pixels: text is drawn");
    }
}

#[test]
fn what_cannot_be_shown_is_an_error() {
    let mut vast = encoded(&RgbImage::new(1, 1).into(), ImageFormat::Png);
    vast[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    assert!(jpeg(vast, FileType::Png).is_err(), "too wide");
    let photo = photo_with_exif(300, 100);
    assert!(jpeg(photo[..200].to_vec(), FileType::Jpeg).is_err());
    assert!(jpeg(b"%PDF-1.7 nothing".to_vec(), FileType::Pdf).is_err());
    assert!(jpeg(b"II*\0\xff\xff\xff\xff".to_vec(), FileType::Tiff).is_err());
    assert!(jpeg(b"From: a@b".to_vec(), FileType::Eml).is_err());
}
