//! Bars side by side, as whole numbers for an SVG: what is drawn beside a table that says the same.

/// Height of the tallest bar.
pub const HEIGHT: u64 = 120;
/// Width of a step, its gap included.
const STEP: u64 = 20;
/// Gap between steps.
const GAP: u64 = 4;

/// A bar of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Left edge.
    pub x: u64,
    /// Upper edge; 0 is the top.
    pub y: u64,
    /// Width.
    pub width: u64,
    /// Height; 0 for nothing, at least 1 for something.
    pub height: u64,
    /// Which of the series, from 0.
    pub series: usize,
}

/// Steps with a bar for each series.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chart {
    /// Width of all steps.
    pub width: u64,
    /// The bars, step by step.
    pub bars: Vec<Bar>,
    /// The value of a bar of full [`HEIGHT`].
    pub top: u64,
}

impl Chart {
    /// Draws steps of `N` values each, all on one scale.
    pub fn new<const N: usize>(steps: &[[u64; N]]) -> Self {
        let top = steps.iter().flatten().copied().max().unwrap_or(0);
        let series = u64::try_from(N.max(1)).unwrap_or(1);
        let width = (STEP - GAP) / series;
        let mut bars = Vec::with_capacity(steps.len() * N);
        let mut left = 0;
        for step in steps {
            let mut x = left;
            for (series, value) in step.iter().enumerate() {
                let height = scaled(*value, top, HEIGHT);
                bars.push(Bar {
                    x,
                    y: HEIGHT - height,
                    width,
                    height,
                    series,
                });
                x += width;
            }
            left += STEP;
        }
        Self {
            width: left,
            bars,
            top,
        }
    }
}

/// A value on a scale from 0 to `full` for `top`; what is not 0 is at least 1.
pub fn scaled(value: u64, top: u64, full: u64) -> u64 {
    if value == 0 || top == 0 {
        return 0;
    }
    (value.saturating_mul(full) / top).clamp(1, full)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tallest_bar_is_as_high_as_the_chart_and_the_smallest_is_seen() {
        let chart = Chart::new(&[[1, 0], [1_000_000, 500_000]]);
        let heights: Vec<u64> = chart.bars.iter().map(|bar| bar.height).collect();
        assert_eq!(heights, [1, 0, HEIGHT, HEIGHT / 2]);
        assert_eq!(chart.top, 1_000_000);
        assert!(
            chart
                .bars
                .iter()
                .all(|bar| bar.x + bar.width <= chart.width && bar.y + bar.height == HEIGHT)
        );
    }

    #[test]
    fn bars_of_a_chart_do_not_overlap() {
        let chart = Chart::new(&[[3, 2], [1, 4], [5, 6]]);
        for pair in chart.bars.windows(2) {
            assert!(pair[0].x + pair[0].width <= pair[1].x, "{pair:?}");
        }
    }

    #[test]
    fn nothing_draws_nothing() {
        assert_eq!(Chart::new::<2>(&[]), Chart::default());
        assert!(
            Chart::new(&[[0], [0]])
                .bars
                .iter()
                .all(|bar| bar.height == 0)
        );
    }
}
