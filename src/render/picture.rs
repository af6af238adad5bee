//! A file somebody sent, as one picture that is safe to look at: JPEG, no larger than a screen needs, and
//! nothing of what the original says about itself (place, camera, thumbnails).
//!
//! The decoders read whatever strangers send. They run in a process of their own with bounded time and
//! memory: [`crate::commands::picture`].

use std::io::Cursor;
use std::sync::Arc;

use hayro::hayro_interpret::InterpreterSettings;
use hayro::hayro_interpret::font::FontData;
use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::page::Page;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::{RenderCache, RenderSettings};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, Rgb, RgbImage, imageops,
};
use thiserror::Error;
use tiff::decoder::{Decoder, DecodingResult};
use tiff::{ColorType, TiffError};

use crate::domain::file_type::FileType;

/// Pages that are shown; the others are in the original.
pub const PAGES: usize = 12;

/// Width of a page, pixels: small print of a scanned A4 sheet can be read.
const WIDTH: u32 = 1_240;
/// Height at most, pixels.
const HEIGHT: u32 = 3 * WIDTH;
/// Between two pages, pixels.
const GAP: u32 = 16;
const GAP_COLOUR: Rgb<u8> = Rgb([0x80, 0x80, 0x80]);
/// Pixels a side that an original may have.
const MAX_SIDE: u32 = 30_000;
/// Bytes a decoder may take for one original.
const MAX_DECODED: u64 = 512 * 1024 * 1024;
const QUALITY: u8 = 80;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum PictureError {
    /// Nothing of this type can be shown.
    #[error("files of this type are not shown")]
    Kind,
    /// No page could be read.
    #[error("nothing in the file can be shown")]
    Nothing,
    /// A photo cannot be decoded, or is too large.
    #[error(transparent)]
    Image(#[from] image::ImageError),
    /// A TIFF cannot be decoded, or is too large.
    #[error(transparent)]
    Tiff(#[from] TiffError),
}

/// The first [`PAGES`] pages of a file, one below the other, as JPEG.
///
/// # Errors
/// Says why nothing can be shown.
pub fn jpeg(file: Vec<u8>, file_type: FileType) -> Result<Vec<u8>, PictureError> {
    let pages = match file_type {
        FileType::Pdf => pdf(file)?,
        FileType::Jpeg => vec![photo(&file, ImageFormat::Jpeg)?],
        FileType::Png => vec![photo(&file, ImageFormat::Png)?],
        FileType::Webp => vec![photo(&file, ImageFormat::WebP)?],
        FileType::Tiff => scan(&file)?,
        FileType::Heic | FileType::Eml | FileType::Msg | FileType::Txt | FileType::P7m => {
            return Err(PictureError::Kind);
        }
    };
    let all = below_each_other(&pages)?;
    let mut out = Vec::new();
    all.write_with_encoder(JpegEncoder::new_with_quality(&mut out, QUALITY))?;
    Ok(out)
}

/// A photo, upright, on white.
fn photo(file: &[u8], format: ImageFormat) -> Result<RgbImage, PictureError> {
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let upright = decoder.orientation()?;
    let mut photo = fitted(DynamicImage::from_decoder(decoder)?);
    photo.apply_orientation(upright);
    Ok(on_white(photo))
}

/// The pages of a scan.
fn scan(file: &[u8]) -> Result<Vec<RgbImage>, PictureError> {
    let mut limits = tiff::decoder::Limits::default();
    limits.decoding_buffer_size = usize::try_from(MAX_DECODED).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new(Cursor::new(file))?.with_limits(limits);
    let mut pages = Vec::new();
    loop {
        let (width, height) = decoder.dimensions()?;
        let colours = decoder.colortype()?;
        let page = match (colours, decoder.read_image()?) {
            (ColorType::Gray(1), DecodingResult::U8(rows)) => bits(width, height, &rows),
            (ColorType::Gray(8), DecodingResult::U8(bytes)) => {
                image::GrayImage::from_raw(width, height, bytes).map(DynamicImage::from)
            }
            (ColorType::RGB(8), DecodingResult::U8(bytes)) => {
                RgbImage::from_raw(width, height, bytes).map(DynamicImage::from)
            }
            (ColorType::RGBA(8), DecodingResult::U8(bytes)) => {
                image::RgbaImage::from_raw(width, height, bytes).map(DynamicImage::from)
            }
            _ => None,
        };
        pages.extend(page.map(|page| on_white(fitted(page))));
        if pages.len() == PAGES || !decoder.more_images() {
            break;
        }
        decoder.next_image()?;
    }
    Ok(pages)
}

/// A page of one bit a pixel, rows padded to whole bytes; 1 is white once the reader has inverted it.
fn bits(width: u32, height: u32, rows: &[u8]) -> Option<DynamicImage> {
    let row_bytes = usize::try_from(width.div_ceil(8)).ok()?;
    let row_pixels = usize::try_from(width).ok()?;
    let mut pixels = Vec::with_capacity(rows.len().saturating_mul(8));
    for row in rows.chunks(row_bytes.max(1)) {
        let row = row
            .iter()
            .flat_map(|byte| (0..8).map(move |bit| byte & (0x80 >> bit) != 0));
        pixels.extend(row.take(row_pixels).map(|lit| if lit { 255 } else { 0 }));
    }
    image::GrayImage::from_raw(width, height, pixels).map(DynamicImage::from)
}

/// The pages of a PDF; one that cannot be drawn is left out.
fn pdf(file: Vec<u8>) -> Result<Vec<RgbImage>, PictureError> {
    let pdf = Pdf::new(file).map_err(|_| PictureError::Nothing)?;
    let settings = InterpreterSettings {
        font_resolver: Arc::new(|_| font()),
        ..InterpreterSettings::default()
    };
    let cache = RenderCache::new();
    let pages = pdf.pages().iter().take(PAGES);
    let drawn = pages.filter_map(|page| draw(page, &cache, &settings));
    Ok(drawn.collect())
}

fn draw<'a>(
    page: &'a Page<'a>,
    cache: &RenderCache<'a>,
    settings: &InterpreterSettings,
) -> Option<RgbImage> {
    let (width, height) = page.render_dimensions();
    let scale = (1_240.0 / width).min(3_720.0 / height);
    let drawn = hayro::render(
        page,
        cache,
        settings,
        &RenderSettings {
            x_scale: scale,
            y_scale: scale,
            bg_color: WHITE,
            ..RenderSettings::default()
        },
    );
    let (width, height) = (drawn.width(), drawn.height());
    let mut pixels = Vec::with_capacity(drawn.data().len().saturating_mul(3));
    for at in drawn.data() {
        pixels.extend_from_slice(&[at.r, at.g, at.b]);
    }
    RgbImage::from_raw(width.into(), height.into(), pixels)
        .filter(|page| page.width() > 0 && page.height() > 0)
}

/// For text whose font the file does not bring along.
fn font() -> Option<(FontData, u32)> {
    let bytes: &'static [u8] = typst_assets::fonts().next()?;
    Some((Arc::new(bytes), 0))
}

/// No larger than a page, in its own proportions.
fn fitted(picture: DynamicImage) -> DynamicImage {
    if picture.width() <= WIDTH && picture.height() <= HEIGHT {
        return picture;
    }
    picture.resize(WIDTH, HEIGHT, FilterType::Triangle)
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let mut sheet = DynamicImage::from(RgbImage::from_pixel(
        picture.width(),
        picture.height(),
        Rgb([255; 3]),
    ));
    imageops::overlay(&mut sheet, &picture, 0, 0);
    sheet.into_rgb8()
}

/// Rows are copied whole: pixel by pixel takes seconds in a debug build.
fn below_each_other(pages: &[RgbImage]) -> Result<RgbImage, PictureError> {
    let width = pages.iter().map(RgbImage::width).max();
    let width = width.ok_or(PictureError::Nothing)?;
    let gap = RgbImage::from_pixel(width, GAP, GAP_COLOUR);
    let (mut all, mut height) = (Vec::new(), 0);
    for (place, page) in pages.iter().enumerate() {
        if place > 0 {
            all.extend_from_slice(gap.as_raw());
            height += GAP;
        }
        let beside = RgbImage::from_pixel(width - page.width(), 1, GAP_COLOUR);
        let row_bytes = 3 * usize::try_from(page.width()).unwrap_or(usize::MAX);
        for row in page.as_raw().chunks_exact(row_bytes) {
            all.extend_from_slice(row);
            all.extend_from_slice(beside.as_raw());
        }
        height += page.height();
    }
    RgbImage::from_raw(width, height, all).ok_or(PictureError::Nothing)
}

#[cfg(test)]
mod tests;
